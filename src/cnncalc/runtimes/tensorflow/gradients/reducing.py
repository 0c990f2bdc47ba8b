"""Gradients of reductions. Source: tensorflow/python/ops/math_grad.py."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, delayed
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _squared_difference(tape: Tape, op: Op, dy: Value) -> Grads:
    """2 (x - mean) dy; nothing for the mean, whose gradient ``tf.nn.moments`` stops."""
    mean, x = op.inputs
    scaled = tape.unary("Scale", dy)
    difference = delayed(tape.binary("Sub", x, mean), dy)
    return None, tape.binary("Mul", scaled, difference)


def _mean(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.unary("Scale", _spread(tape, op, dy)),)


def _sum(tape: Tape, op: Op, dy: Value) -> Grads:
    return (_spread(tape, op, dy),)


def _spread(tape: Tape, op: Op, dy: Value) -> Value:
    """A reduction's gradient, repeated over the axes that were reduced (Tile)."""
    (x,) = op.inputs
    kept = tuple(1 if axis in op.attributes else size for axis, size in enumerate(x.shape))
    small = tape.view(dy, kept)
    return small if kept == x.shape else tape.op("Tile", (small,), x.shape)


def _extreme(tape: Tape, op: Op, dy: Value) -> Grads:
    """Max, Min over axes: where the input equals the result, shared among equals (_MinOrMaxGrad)."""
    (x,) = op.inputs
    kept = tuple(1 if axis in op.attributes else size for axis, size in enumerate(x.shape))
    result, small = tape.view(op.outputs[0], kept), tape.view(dy, kept)
    same = tape.op("Equal", (result, x), x.shape, 1)
    indicators = tape.op("Cast", (same,), x.shape, x.item)
    count = tape.view(tape.reduce("Sum", indicators, op.attributes), kept)
    return (tape.binary("Mul", tape.binary("RealDiv", indicators, count), small),)


def _product(tape: Tape, op: Op, dy: Value) -> Grads:
    """The product of all the others, by two cumulative products along the axes in front (_ProdGrad)."""
    (x,) = op.inputs
    spread = _spread(tape, op, dy)
    order = [*op.attributes, *(axis for axis in range(len(x.shape)) if axis not in op.attributes)]
    moved = tape.op("Transpose", (x,), tuple(x.shape[axis] for axis in order))
    left, right = tape.op("Cumprod", (moved,), moved.shape), tape.op("Cumprod", (moved,), moved.shape)
    back = tape.op("Transpose", (tape.binary("Mul", left, right),), x.shape)
    return (tape.binary("Mul", spread, back),)


RULES: dict[str, Rule] = {
    "SquaredDifference": _squared_difference,
    "Mean": _mean,
    "Sum": _sum,
    "Max": _extreme,
    "Min": _extreme,
    "Prod": _product,
}
