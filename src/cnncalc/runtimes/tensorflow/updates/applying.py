"""How an optimizer is applied to all weights: clipping, weight decay, the updates, moving averages.

Sources: keras/src/optimizers/base_optimizer.py (``apply``), loss_scale_optimizer.py, multi_optimizer.py,
keras/src/backend/tensorflow/optimizer.py. Of steps that differ the one that updates is planned: the
last of those over
which gradients are accumulated, one with finite gradients, and none that overwrites the weights by
their averages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncalc.memory.optimizer_state import shares
from cnncalc.memory.slots import Trainable, of_one
from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.ops import UPDATE, Op, Value, Variable
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.runtimes.tensorflow.updates.update import UnknownOptimizer, Update
from cnncalc.settings import OptimizerSpec

RULES: Families[Callable[[Update], None]] = Families(
    "cnncalc.runtimes.tensorflow.updates", "scaling", "averaging", "shaping"
)
"""The rule of each optimizer for one weight; those that wrap others are in ``updated``."""

Weights = Sequence[tuple[Variable, Value]]


def updated(tape: Tape, spec: OptimizerSpec, weights: Weights) -> None:
    """Append the update of each trained weight by its gradient. Raises UnknownOptimizer without a rule."""
    tape.phase = UPDATE
    _apply(tape, spec, weights, None)


def _apply(tape: Tape, spec: OptimizerSpec, weights: Weights, pivot: Op | None) -> None:
    if spec.name == "LossScaleOptimizer":
        _require_rule_for_rows(tape, spec, weights)
        _scaled_back(tape, spec.value("inner_optimizer"), weights)
    elif spec.name == "MultiOptimizer":
        paths = [_trainable(weight).path for weight, _ in weights]
        for member, share in shares(spec.value("optimizer_map"), paths):
            _apply(tape, member, [weights[index] for index in share], pivot)
    elif (rule := RULES[spec.name]) is not None:
        _require_rule_for_rows(tape, spec, weights)
        _update(rule, _updates(tape, spec, weights, pivot))
    else:
        raise UnknownOptimizer(spec.name)


def _scaled_back(tape: Tape, inner: OptimizerSpec, weights: Weights) -> None:
    """All wait until every gradient is known to be finite; then each is divided by the scale of the loss."""
    checks = []
    for weight, gradient in weights:
        tape.owner = weight.owner
        finite = tape.op("IsFinite", (gradient,), gradient.shape, 1)
        checks.append(tape.reduce("All", finite, range(len(finite.shape))))
    pivot = tape.op("All", (tape.op("Pack", checks, (len(checks),)),), ()).op if checks else None
    scaled = []
    for weight, gradient in weights:
        tape.owner = weight.owner
        scaled.append((weight, tape.unary("Scale", _switched(tape, gradient, pivot))))
    _apply(tape, inner, scaled, pivot)


def _switched(tape: Tape, gradient: Value, pivot: Op | None) -> Value:
    """The gradient in the branch of a ``tf.cond``: the same buffer, once the predicate is there."""
    return tape.waiting(gradient, (pivot,) if pivot else ())


def _updates(tape: Tape, spec: OptimizerSpec, weights: Weights, pivot: Op | None) -> list[Update]:
    """What each weight's rule is given, with the slots that :mod:`cnncalc.memory.slots` lists."""
    rate = Variable("optimizer", "slots", (), 4, trainable=False)
    slots = _slots(spec, [weight for weight, _ in weights])
    return [
        Update(tape, spec, weight, gradient, own, rate, pivot)
        for (weight, gradient), own in zip(weights, slots, strict=True)
    ]


def _slots(spec: OptimizerSpec, weights: Sequence[Variable]) -> list[dict[str, Variable]]:
    """The slots of each weight by their names in Keras without the weight's own.

    Adafactor calls its means by the weight's name only: ``rows``, then ``columns``.
    """
    found: list[dict[str, Variable]] = [{} for _ in weights]
    for variable in of_one(spec, [_trainable(weight) for weight in weights]):
        if variable.weight is None:
            continue
        weight, own = weights[variable.weight], found[variable.weight]
        prefix = _trainable(weight).path.replace("/", "_") + "_"
        name = variable.name.removeprefix(prefix)
        if name == variable.name:
            name = "columns" if "rows" in own else "rows"
        own[name] = Variable(weight.owner, "slots", variable.shape, weight.item, trainable=False)
    return found


def _trainable(weight: Variable) -> Trainable:
    """The weight as the optimizer's variables are listed for it; its type decides no slot."""
    return Trainable(weight.owner.replace("/", "_"), weight.name, weight.shape)


SPARSE = frozenset({"SGD", "Adam"})
"""Optimizers with a rule for rows of a table, but not with these options."""
ON_GRADIENTS = (
    *("clipnorm", "global_clipnorm", "clipvalue", "gradient_accumulation_steps", "weight_decay", "use_ema"),
)


def _require_rule_for_rows(tape: Tape, spec: OptimizerSpec, weights: Weights) -> None:
    tables = [weight.owner for weight, gradient in weights if gradient in tape.rows]
    if tables and (spec.name not in SPARSE or any(spec.value(name) for name in ON_GRADIENTS)):
        raise UnknownOptimizer(f'{spec.name}, with these options, for the rows of "{tables[0]}"')


def _update(rule: Callable[[Update], None], updates: Sequence[Update]) -> None:
    """``apply``: every part for all weights before the next part."""
    _each(updates, _accumulate)
    _clip(updates)
    _each(updates, _decay)
    _each(updates, rule)
    _each(updates, _reset)
    _each(updates, _average)


def _each(updates: Sequence[Update], part: Callable[[Update], None]) -> None:
    for update in updates:
        update.tape.owner = update.weight.owner
        part(update)


def _accumulate(update: Update) -> None:
    """The gradient's mean over the steps, with what the steps before have added up."""
    if "gradient_accumulator" in update.slots:
        total = update.tape.binary("AddV2", update.gradient, update.read("gradient_accumulator"))
        update.gradient = total if update.spec.name == "SGD" else update.scaled(total)


def _reset(update: Update) -> None:
    """Zeros, which Grappler folds into a constant whose buffer the variable shares."""
    if "gradient_accumulator" in update.slots:
        weight = update.weight
        update.assign("gradient_accumulator", Value(weight.shape, weight.item, None))


def _clip(updates: Sequence[Update]) -> None:
    """``clipnorm``, ``global_clipnorm`` or ``clipvalue``."""
    if not updates:
        return
    update, *_ = updates
    if update.option("clipnorm"):
        _each(updates, _clip_norm)
    elif update.option("global_clipnorm"):
        norms = [one.total("Sum", one.tape.unary("Square", one.gradient)) for one in updates]
        for one in updates:
            one.gradient = one.by(one.gradient, *norms)
    elif update.option("clipvalue"):
        _each(updates, _clip_value)


def _clip_norm(update: Update) -> None:
    """tf.clip_by_norm: g c / max(norm, c)."""
    gradient = update.gradient
    square = update.tape.unary("Square", gradient)
    scaled = update.scaled(gradient)
    update.gradient = update.by(scaled, update.total("Sum", square), kind="RealDiv")


def _clip_value(update: Update) -> None:
    tape = update.tape
    update.gradient = tape.unary("MaximumConstant", tape.unary("MinimumConstant", update.gradient))


def _decay(update: Update) -> None:
    """The weight shrinks before any weight is updated; in a new buffer with Muon."""
    tape, spec = update.tape, update.spec
    adams = spec.name == "Muon" and "velocity" in update.slots
    if spec.value("adam_weight_decay" if adams else "weight_decay") is None:
        return
    part = update.by_rate(update.read_weight())
    if spec.name == "Muon":
        tape.write("Assign", update.weight, tape.binary("Sub", update.read_weight(), part))
    else:
        update.step(part)


def _average(update: Update) -> None:
    """``use_ema``: the average of the weights, in a new buffer."""
    if "average" in update.slots:
        kept = update.scaled(update.read("average"))
        update.assign("average", update.tape.binary("AddV2", kept, update.scaled(update.read_weight())))
