"""Gradients of what chooses between values: maximum, minimum, select. Source: math_grad.py."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, reduced
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _larger(tape: Tape, op: Op, dy: Value) -> Grads:
    """Maximum, Minimum: a mask, and SelectV2 for each operand that is trained (_MaximumMinimumGrad)."""
    x, *rest = op.inputs
    mask = tape.op("Compare", op.inputs, op.outputs[0].shape, 1)
    parts = [
        reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), item.shape)
        if item.trained
        else None
        for item in (x, *rest)
    ]
    return tuple(parts)


def _select(tape: Tape, op: Op, dy: Value) -> Grads:
    mask, *branches = op.inputs
    parts = [
        reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), item.shape)
        if item.trained
        else None
        for item in branches
    ]
    return (None, *parts)


def _clipped(tape: Tape, op: Op, dy: Value) -> Grads:
    """Maximum or minimum with a constant: a mask, and SelectV2."""
    (x,) = op.inputs
    mask = tape.op("Compare", (x,), dy.shape, 1)
    return (reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), x.shape),)


def _nothing(tape: Tape, op: Op, dy: Value) -> Grads:
    return (None,)


RULES: dict[str, Rule] = {
    "Maximum": _larger,
    "Minimum": _larger,
    "SelectV2": _select,
    "MaximumConstant": _clipped,
    "MinimumConstant": _clipped,
    "Floor": _nothing,
}
