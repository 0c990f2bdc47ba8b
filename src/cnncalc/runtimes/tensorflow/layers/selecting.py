"""Activations of several kernels, most of which choose between pieces by a mask of bools.

Sources: keras/src/backend/tensorflow/nn.py (sparse_plus, squareplus, soft_shrink, ...),
tensorflow/python/ops/nn_ops.py (gelu).
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
    low, middle = _mask(tape, x), _mask(tape, x)
    square = tape.unary("Scale", tape.unary("Square", tape.unary("Shift", x)))
    return select(tape, low, select(tape, middle, square, x))


def _sparse_sigmoid(tape: Tape, x: Value) -> Value:
    low, high = _mask(tape, x), _mask(tape, x)
    return select(tape, low, select(tape, high, tape.unary("Scale", tape.unary("Shift", x))))


def _squareplus(tape: Tape, x: Value) -> Value:
    root = tape.unary("Sqrt", tape.unary("Shift", tape.unary("Square", x)))
    return tape.unary("Scale", tape.binary("AddV2", x, root))


def _soft_shrink(tape: Tape, x: Value) -> Value:
    high, less = _mask(tape, x), tape.unary("Shift", x)
    low, more = _mask(tape, x), tape.unary("Shift", x)
    return select(tape, high, less, select(tape, low, more))


def _hard_shrink(tape: Tape, x: Value) -> Value:
    return select(tape, _mask(tape, tape.unary("Abs", x)), x)


def _approximate_gelu(tape: Tape, x: Value) -> Value:
    """0.5 x (1 + tanh(0.798 (x + 0.0447 x^3))).

    In training the square is the gradient's too, and stands first.
    """
    if tape.training:
        square = tape.unary("Square", x)
        half = tape.unary("Half", x)
    else:
        half = tape.unary("Half", x)
        square = tape.unary("Square", x)
    cube = tape.binary("Cube", tape.unary("Scale", square), x)
    inner = tape.unary("Tanh", tape.unary("Scale", tape.binary("AddV2", cube, x)))
    return tape.binary("Mul", tape.unary("Shift", inner), half)


FUNCTIONS: dict[str, Callable[[Tape, Value], Value]] = {
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "squareplus": _squareplus,
    "soft_shrink": _soft_shrink,
    "hard_shrink": _hard_shrink,
    "approximate_gelu": _approximate_gelu,
}
