"""The losses of all outputs, reduced to one number, and the gradient with which backward begins.

Sources: keras/src/losses/loss.py (``__call__``, reduce_weighted_values), keras/src/trainers/compile_utils.py.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.gradients import Grads, backward
from cnncalc.runtimes.tensorflow.losses.call import LossCall, Rule, UnknownLoss
from cnncalc.runtimes.tensorflow.ops import LOSS, Op, Value, Variable
from cnncalc.runtimes.tensorflow.tape import Tape, constant
from cnncalc.settings import LossSpec

RULES: Families[Rule] = Families(
    "cnncalc.runtimes.tensorflow.losses", "classifying", "comparing", "overlapping"
)

SPARSE = frozenset({"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"})
"""Losses whose targets are numbers of classes."""

FLOAT32 = 4
"""A loss is computed in ``floatx``, under every policy."""


def gradients(
    tape: Tape,
    spec: LossSpec,
    outputs: tuple[Value, ...],
    targets: tuple[Value, ...],
    scaled: bool = False,
) -> dict[Op, Value]:
    """Append the loss of each output and all gradients; those of reads of variables.

    ``scaled``: the loss is multiplied by a scale that is a variable (LossScaleOptimizer).
    Raises UnknownLoss without a rule.
    """
    tape.phase, tape.owner = LOSS, "loss"
    rule = _rule(spec)
    factor = tape.read(Variable("optimizer", "slots", (), FLOAT32, trainable=False)) if scaled else None
    seeds = {}
    for output, target in zip(outputs, targets, strict=True):
        given = tape.cast(output, FLOAT32)
        loss = rule(LossCall(tape, spec, given, target, _logits(given)))
        seeds[loss] = _seed(tape, loss, factor)
        tape.reduce("Sum", loss, range(len(loss.shape)))
    return backward(tape, seeds)


def _rule(spec: LossSpec) -> Rule:
    rule = RULES[spec.name]
    if rule is None:
        raise UnknownLoss(spec.name)
    if spec.value("reduction") in ("none", None):
        raise UnknownLoss(f"{spec.name} without a reduction")
    if spec.value("dtype") not in ("float32", None):
        raise UnknownLoss(f"{spec.name} in {spec.value('dtype')}")
    return rule


def _seed(tape: Tape, loss: Value, factor: Value | None) -> Value:
    """The gradient of the loss's values: a constant, or a scale that is read and repeated."""
    if factor is None:
        return constant(loss.shape, loss.item)
    return tape.op("Tile", (tape.unary("Scale", factor),), loss.shape) if loss.shape else factor


def _logits(output: Value) -> Value | None:
    """What a softmax or sigmoid was made of that gives the output itself (``_keras_logits``)."""
    op = output.op
    return op.inputs[0] if op is not None and op.kind in ("Softmax", "Sigmoid") else None


def _mean_gradient(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of the loss's mean over an axis, repeated over that axis and scaled."""
    (x,) = op.inputs
    kept = tuple(1 if axis in op.attributes else size for axis, size in enumerate(x.shape))
    return (tape.unary("Scale", tape.op("Tile", (tape.view(dy, kept),), x.shape)),)


def _softmax_crossentropy_gradient(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient that the kernel has made, scaled (nn_grad.py, _SoftmaxCrossEntropyWithLogitsGrad)."""
    made = op.outputs[1]
    each = tape.view(dy, (*dy.shape, 1))
    part = tape.unary("Scale", made) if dy.constant else tape.binary("Mul", made, each)
    return (part, *([None] * (len(op.inputs) - 1)))


def _one_minus(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.unary("Neg", dy),)


def _added(tape: Tape, op: Op, dy: Value) -> Grads:
    return tuple(dy if x.trained else None for x in op.inputs)


def _hinge(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy where x is above 0; the mask is made before the maximum."""
    mask = tape.op("GreaterEqual", op.inputs, dy.shape, 1)
    return (tape.op("SelectV2", (mask, dy), dy.shape, dy.item),)


def _log_shifted(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy / (x + 1): the sum does not wait for dy, the quotient does (_LogGrad)."""
    made = tape.unary("Reciprocal", tape.unary("Shift", op.inputs[0]))
    if made.op and dy.op:
        made.op.after = (dy.op,)
    return (tape.binary("Mul", dy, made),)


GRADIENTS = {
    "MeanOfLoss": _mean_gradient,
    "SoftmaxCrossEntropy": _softmax_crossentropy_gradient,
    "AddN": _added,
    "Hinge": _hinge,
    "OneMinus": _one_minus,
    "LogShifted": _log_shifted,
}
