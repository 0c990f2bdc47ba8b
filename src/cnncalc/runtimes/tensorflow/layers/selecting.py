"""Activations of several kernels, most of which choose between pieces by a mask of bools.

Sources: keras/src/backend/tensorflow/nn.py (sparse_plus, squareplus, soft_shrink, ...), tensorflow/python/ops/nn_ops.py
(gelu).
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _mask(tape: Tape, x: Value) -> Value:
    """A comparison of each value with a constant."""
    return tape.op("Greater", (x,), x.shape, 1)


def select(tape: Tape, mask: Value, *branches: Value) -> Value:
    """tf.where with one branch, or two, that are no constants."""
    return tape.op("SelectV2", (mask, *branches), branches[0].shape, branches[0].item)


def _sparse_plus(tape: Tape, x: Value) -> Value:
    square = tape.unary("Scale", tape.unary("Square", tape.unary("Shift", x)))
    inner = select(tape, _mask(tape, x), square, x)
    return select(tape, _mask(tape, x), inner)


def _sparse_sigmoid(tape: Tape, x: Value) -> Value:
    inner = select(tape, _mask(tape, x), tape.unary("Scale", tape.unary("Shift", x)))
    return select(tape, _mask(tape, x), inner)


def _squareplus(tape: Tape, x: Value) -> Value:
    root = tape.unary("Sqrt", tape.unary("Shift", tape.unary("Square", x)))
    return tape.unary("Scale", tape.binary("AddV2", x, root))


def _soft_shrink(tape: Tape, x: Value) -> Value:
    inner = select(tape, _mask(tape, x), tape.unary("Shift", x))
    return select(tape, _mask(tape, x), tape.unary("Shift", x), inner)


def _hard_shrink(tape: Tape, x: Value) -> Value:
    return select(tape, _mask(tape, tape.unary("Abs", x)), x)


def _approximate_gelu(tape: Tape, x: Value) -> Value:
    """0.5 x (1 + tanh(0.798 (x + 0.0447 x^3)))."""
    cube = tape.unary("Scale", tape.binary("Mul", x, tape.unary("Square", x)))
    inner = tape.unary("Tanh", tape.unary("Scale", tape.binary("AddV2", x, cube)))
    return tape.binary("Mul", tape.unary("Half", x), tape.unary("Shift", inner))


FUNCTIONS: dict[str, Callable[[Tape, Value], Value]] = {
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "squareplus": _squareplus,
    "soft_shrink": _soft_shrink,
    "hard_shrink": _hard_shrink,
    "approximate_gelu": _approximate_gelu,
}
