"""Losses as operations: what is added behind the last layer, and the gradient with which backward begins.

Sources: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py (categorical_crossentropy,
...). A loss is a
mean, so the gradient of each value of the loss is a constant: TensorFlow tiles it to the loss's shape at the
start of the step, unless it is small enough to be folded into a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from cnncalc.runtimes.tensorflow.gradients import Grads, backward
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import LOSS, Tape
from cnncalc.settings import LossSpec

FOLDED = 10 * 2**20
"""Constants of up to 10 MiB are folded when the executor is made (constant_folding.cc, kMaxConstantSize)."""


class UnknownLoss(Exception):  # noqa: N818  (caught by the planner, which says so)
    """A loss, or options of one, without a rule."""


WITHOUT_RULE = ("from_logits", "label_smoothing", "axis", "ignore_class", "reduction")
"""Options that change the operations."""


def gradients(
    tape: Tape, spec: LossSpec, outputs: tuple[Value, ...], targets: tuple[Value, ...]
) -> dict[int, Value]:
    """Append the loss of each output and all gradients; those of reads of variables, by the read's id."""
    tape.phase, tape.owner = LOSS, "loss"
    rule = RULES.get(spec.name)
    if rule is None:
        raise UnknownLoss(spec.name)
    defaults = spec.table[spec.name]
    unknown = [
        option for option in WITHOUT_RULE if spec.options.get(option) not in (None, defaults.get(option))
    ]
    if unknown:
        raise UnknownLoss(f"{spec.name} with {' and '.join(unknown)}")
    seeds = {}
    for output, target in zip(outputs, targets, strict=True):
        loss = rule(tape, output, target)
        seeds[loss] = constant(tape, loss)
        tape.reduce("Sum", loss, range(len(loss.shape)))
    return backward(tape, seeds)


def constant(tape: Tape, loss: Value) -> Value:
    """The gradient of a mean over the loss's values: one number, as a scalar that is repeated when it
    is read."""
    return Value(loss.shape, loss.item, None)


def tiled(tape: Tape, x: Value) -> Value:
    """The constant repeated to the shape of ``x``: a buffer of the step, or a folded constant."""
    made = tape.op("Tile", (), x.shape, x.item)
    if x.bytes <= FOLDED:
        return Value(x.shape, x.item, None)
    return tape.unary("Scale", made)


def _mean_of(function: Callable[[Tape, Value, Value], Value]) -> Callable[[Tape, Value, Value], Value]:
    """The mean of a value by value loss over the last axis."""

    def rule(tape: Tape, output: Value, target: Value) -> Value:
        return tape.reduce("MeanOfLoss", function(tape, output, target), [-1])

    return rule


def _squared(tape: Tape, output: Value, target: Value) -> Value:
    return tape.unary("Square", tape.binary("Sub", target, output))


def _absolute(tape: Tape, output: Value, target: Value) -> Value:
    return tape.unary("Abs", tape.binary("Sub", target, output))


def _logits(output: Value, kind: str) -> Value | None:
    """What a softmax or sigmoid at the end was made of: Keras computes the loss from that."""
    op = output.op
    while op is not None and op.kind == "Reshape" and op.inputs:
        op = op.inputs[0].op
    return op.inputs[0] if op is not None and op.kind == kind else None


def _categorical(tape: Tape, output: Value, target: Value) -> Value:
    logits = _logits(output, "Softmax")
    if logits is None:
        return _categorical_of_probabilities(tape, output, target)
    return _softmax_crossentropy(tape, logits, (logits, target))


def _sparse(tape: Tape, output: Value, target: Value) -> Value:
    logits = _logits(output, "Softmax")
    if logits is None:
        logits = tape.unary("Log", tape.unary("MinimumConstant", tape.unary("MaximumConstant", output)))
    return _softmax_crossentropy(tape, logits, (logits, target))


def _softmax_crossentropy(tape: Tape, logits: Value, inputs: tuple[Value, ...]) -> Value:
    """One kernel that gives the loss and the gradient, the latter over the logits where it may
    (xent_op.cc)."""
    rows, classes = prod(logits.shape[:-1]), logits.shape[-1]
    matrix = tape.view(logits, (rows, classes))
    loss = tape.op("SoftmaxCrossEntropy", (matrix, *inputs[1:]), (rows,))
    tape.more(loss, (rows, classes), logits.item)
    if loss.op:
        loss.op.overwrite = range(1)
    return loss


def _categorical_of_probabilities(tape: Tape, output: Value, target: Value) -> Value:
    """-sum(target log(clip(output / sum(output))))."""
    total = tape.reduce("Sum", output, [-1], keep=True)
    share = tape.binary("RealDiv", output, total)
    clipped = tape.unary("MaximumConstant", tape.unary("MinimumConstant", share))
    product = tape.binary("Mul", target, tape.unary("Log", clipped))
    return tape.unary("Neg", tape.reduce("Sum", product, [-1]))


def _binary(tape: Tape, output: Value, target: Value) -> Value:
    logits = _logits(output, "Sigmoid")
    if logits is None:
        return _binary_of_probabilities(tape, output, target)
    return tape.reduce("MeanOfLoss", _sigmoid_crossentropy(tape, logits, target), [-1])


def _sigmoid_crossentropy(tape: Tape, logits: Value, target: Value) -> Value:
    """tensorflow/python/ops/nn_impl.py, sigmoid_cross_entropy_with_logits."""
    positive = tape.op("GreaterEqual", (logits,), logits.shape, 1)
    relu = tape.op("SelectV2", (positive, logits), logits.shape, logits.item)
    minus = tape.unary("Neg", logits)
    negative = tape.op("SelectV2", (positive, minus, logits), logits.shape, logits.item)
    linear = tape.binary("Sub", relu, tape.binary("Mul", logits, target))
    return tape.binary("AddV2", linear, tape.unary("Log1p", tape.unary("Exp", negative)))


def _binary_of_probabilities(tape: Tape, output: Value, target: Value) -> Value:
    clipped = tape.unary("MaximumConstant", tape.unary("MinimumConstant", output))
    one = tape.binary("Mul", target, tape.unary("Log", tape.unary("Shift", clipped)))
    rest = tape.unary("Log", tape.unary("Shift", tape.unary("Shift", clipped)))
    other = tape.binary("Mul", tape.unary("Shift", target), rest)
    return tape.reduce("MeanOfLoss", tape.unary("Neg", tape.binary("AddV2", one, other)), [-1])


def _mean_gradient(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of the mean in a loss is a constant."""
    return (tiled(tape, op.inputs[0]),)


def _softmax_crossentropy_gradient(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient that the kernel has already made, scaled (nn_grad.py,
    _SoftmaxCrossEntropyWithLogitsGrad)."""
    return (tape.unary("Scale", op.outputs[1]), *([None] * (len(op.inputs) - 1)))


RULES: dict[str, Callable[[Tape, Value, Value], Value]] = {
    "MeanSquaredError": _mean_of(_squared),
    "MeanAbsoluteError": _mean_of(_absolute),
    "CategoricalCrossentropy": _categorical,
    "SparseCategoricalCrossentropy": _sparse,
    "BinaryCrossentropy": _binary,
}
GRADIENTS = {"MeanOfLoss": _mean_gradient, "SoftmaxCrossEntropy": _softmax_crossentropy_gradient}
