"""Optimizers as operations: what each adds for one weight, once its gradient is there.

Sources: keras/src/optimizers/*.py and keras/src/backend/tensorflow/optimizer.py, with what Grappler
leaves: scalars are
multiplied first, a division by a square root is a product with ``Rsqrt``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.runtimes.tensorflow.ops import Value, Variable
from cnncalc.runtimes.tensorflow.tape import UPDATE, Tape
from cnncalc.settings import OptimizerSpec


class UnknownOptimizer(Exception):  # noqa: N818  (caught by the planner, which says so)
    """An optimizer, or options of one, without a rule."""


class Update:
    """The update of one weight: its gradient, and the slots that it needs."""

    def __init__(
        self, tape: Tape, spec: OptimizerSpec, weight: Variable, gradient: Value, rate: Variable
    ) -> None:
        self.tape = tape
        self.spec = spec
        self.weight = weight
        self.gradient = gradient
        self.rate = rate
        self.slots: dict[str, Variable] = {}

    def option(self, name: str) -> Any:
        return self.spec.value(name)

    def slot(self, name: str) -> Variable:
        """The slot of that name, made when first asked for."""
        weight = self.weight
        made = Variable(weight.owner, "slots", weight.shape, weight.item, trainable=False)
        return self.slots.setdefault(name, made)

    def read(self, slot: str) -> Value:
        return self.tape.read(self.slot(slot))

    def by_rate(self, x: Value) -> Value:
        """The product with the learning rate, which is read once per weight."""
        return self.tape.op("Mul", (x, self.tape.read(self.rate)), x.shape)

    def scaled(self, x: Value) -> Value:
        return self.tape.unary("Scale", x)


def _sgd(update: Update) -> None:
    tape = update.tape
    if not update.option("momentum"):
        tape.write("AssignSub", update.weight, update.by_rate(update.gradient))
        return
    kept = update.scaled(update.read("momentum"))
    step = update.by_rate(update.gradient)
    tape.write("Assign", update.slot("momentum"), tape.binary("Sub", kept, step))
    if not update.option("nesterov"):
        tape.write("AssignSub", update.weight, update.read("momentum"))
        return
    ahead = update.scaled(update.read("momentum"))
    tape.write("AssignSub", update.weight, tape.binary("Sub", ahead, step))


def _rmsprop(update: Update) -> None:
    tape, gradient = update.tape, update.gradient
    kept = update.scaled(update.read("velocity"))
    square = update.scaled(tape.unary("Square", gradient))
    tape.write("Assign", update.slot("velocity"), tape.binary("AddV2", kept, square))
    denominator = update.read("velocity")
    if update.option("centered"):
        mean = tape.binary("AddV2", update.scaled(update.read("average_gradient")), update.scaled(gradient))
        tape.write("Assign", update.slot("average_gradient"), mean)
        denominator = tape.binary("Sub", denominator, tape.unary("Square", update.read("average_gradient")))
    step = update.by_rate(gradient)
    increment = tape.binary("Mul", step, tape.unary("Rsqrt", tape.unary("Shift", denominator)))
    if not update.option("momentum"):
        tape.write("AssignSub", update.weight, increment)
        return
    moved = tape.binary("AddV2", update.scaled(update.read("momentum")), increment)
    tape.write("Assign", update.slot("momentum"), moved)
    tape.write("AssignSub", update.weight, update.read("momentum"))


def _moments(update: Update) -> None:
    """The two moving averages of Adam, in place."""
    tape, gradient = update.tape, update.gradient
    first = update.scaled(tape.binary("Sub", gradient, update.read("momentum")))
    tape.write("AssignSub", update.slot("momentum"), first)
    second = tape.binary("Sub", tape.unary("Square", gradient), update.read("velocity"))
    tape.write("AssignSub", update.slot("velocity"), update.scaled(second))


def _adam(update: Update) -> None:
    tape = update.tape
    _moments(update)
    name = "velocity"
    if update.option("amsgrad"):
        largest = tape.binary("Maximum", update.read("velocity_hat"), update.read("velocity"))
        tape.write("Assign", update.slot("velocity_hat"), largest)
        name = "velocity_hat"
    numerator = update.by_rate(update.read("momentum"))
    denominator = tape.unary("Shift", tape.unary("Sqrt", update.read(name)))
    tape.write("AssignSub", update.weight, tape.binary("RealDiv", numerator, denominator))


RULES: dict[str, Callable[[Update], None]] = {
    "SGD": _sgd,
    "RMSprop": _rmsprop,
    "Adam": _adam,
    "AdamW": _adam,
}

WITHOUT_RULE = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps")


def updated(tape: Tape, spec: OptimizerSpec, weights: list[tuple[Variable, Value]]) -> None:
    """Append the update of each trained weight by its gradient. Raises UnknownOptimizer without a rule."""
    rule = RULES.get(spec.name)
    if rule is None:
        raise UnknownOptimizer(spec.name)
    unknown = [option for option in WITHOUT_RULE if spec.value(option)]
    if unknown:
        raise UnknownOptimizer(f"{spec.name} with {' and '.join(unknown)}")
    tape.phase = UPDATE
    rate = Variable("optimizer", "slots", (), 4, trainable=False)
    if spec.value("weight_decay"):
        _decay(tape, spec, weights, rate)
    for weight, gradient in weights:
        tape.owner = weight.owner
        rule(Update(tape, spec, weight, gradient, rate))


def _decay(tape: Tape, spec: OptimizerSpec, weights: list[tuple[Variable, Value]], rate: Variable) -> None:
    """All weights shrink before any is updated (base_optimizer.py, _apply_weight_decay)."""
    for weight, _ in weights:
        tape.owner = weight.owner
        product = tape.op("Mul", (tape.read(weight), tape.read(rate)), weight.shape, weight.item)
        tape.write("AssignSub", weight, product)
