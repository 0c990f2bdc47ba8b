"""keras.ops.einsum on TensorFlow: products of matrices for common equations, tf.einsum for the others.

Source: keras/src/backend/tensorflow/numpy.py, einsum.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.layers.arranging import transposed
from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape

LETTERS = "abcdefghijklmnopqrstuvwxyz"

ORDERS = {
    "ab,bc->ac": (0, 1),
    "ab,cb->ac": (1, 0),
    "abc,cd->abd": (0, 1),
    "abc,dc->abd": (1, 0),
    "abc,cde->abde": (0, 1, 2),
    "abc,dce->abde": (1, 0, 2),
    "abc,dec->abde": (2, 0, 1),
    "abcd,cde->abe": (0, 1, 2),
    "abcd,ced->abe": (0, 2, 1),
    "abcd,ecd->abe": (1, 2, 0),
}
"""Equations of a tensor and a kernel that become tf.matmul, and the order of the kernel's axes for it."""


def einsum(tape: Tape, equation: str, x: Value, kernel: Value) -> Value:
    """A sum of products of a tensor and a kernel."""
    given = equation.partition(",")[0]
    front = len(x.shape) - len(given.removeprefix("...")) if given.startswith("...") else 0
    equation = plain(equation, len(x.shape))
    if front or equation not in ORDERS:
        y = tape.einsum(equation, x, kernel)
        tape.ops[-1].attributes = (front,) if front else ()
        return y
    matrix = transposed(tape, kernel, ORDERS[equation])
    summed = len(set(equation.partition(",")[0]) - set(equation.partition("->")[2]))
    rows = x.shape[: len(x.shape) - summed]
    columns = matrix.shape[summed:]
    matrix = tape.view(matrix, (prod(matrix.shape[:summed]), prod(columns)))
    x = tape.view(x, (*rows, matrix.shape[0]))
    kind = "MatMul" if len(x.shape) == 2 else "BatchMatMul"
    return tape.view(tape.op(kind, (x, matrix), (*rows, matrix.shape[1])), (*rows, *columns))


def plain(equation: str, rank: int) -> str:
    """The equation with letters in the order of their appearance, and letters for what ``...`` stands for.

    >>> plain("xyz,zk->xyk", 3), plain("...x,xy->...y", 3)
    ('abc,cd->abd', 'abc,cd->abd')
    """
    given = equation.partition(",")[0].replace("...", "")
    more = "".join(chr(ord("0") + number) for number in range(rank - len(given)))
    names: dict[str, str] = {}
    for axis in equation.replace("...", more):
        if axis not in ",->":
            names.setdefault(axis, LETTERS[len(names)])
    return "".join(names.get(axis, axis) for axis in equation.replace("...", more))
