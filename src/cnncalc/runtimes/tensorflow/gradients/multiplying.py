"""Gradients of matrix products. Sources: tensorflow/python/ops/math_grad.py, special_math_ops.py."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, reduced
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _matmul(tape: Tape, op: Op, dy: Value) -> Grads:
    x, kernel, *bias = op.inputs
    one = tape.op("MatMulInput", (kernel, dy), x.shape) if x.trained else None
    other = tape.op("MatMulFilter", (x, dy), kernel.shape) if kernel.trained else None
    rest = [tape.op("BiasAddGrad", (dy,), item.shape) if item.trained else None for item in bias]
    return (one, other, *rest)


def _batch_matmul(tape: Tape, op: Op, dy: Value) -> Grads:
    """A product for each operand, summed over the batch where the operand has none (_BatchMatMulV2)."""
    x, y = op.inputs
    one = _of_operand(tape, op, dy, 0) if x.trained else None
    return one, _of_operand(tape, op, dy, 1) if y.trained else None


def _of_operand(tape: Tape, op: Op, dy: Value, number: int) -> Value:
    """The gradient of one of two matrices, transposed where the operand is read with its axes exchanged."""
    operand, other = op.inputs[number], op.inputs[1 - number]
    swapped = number in op.attributes
    matrix = operand.shape[:-3:-1] if swapped else operand.shape[-2:]
    given = (other, dy) if number else (dy, other)
    made = reduced(
        tape, tape.op("BatchMatMul", given, (*dy.shape[:-2], *matrix)), (*operand.shape[:-2], *matrix)
    )
    return tape.op("Transpose", (made,), operand.shape) if swapped else made


def _einsum(tape: Tape, op: Op, dy: Value) -> Grads:
    """An Einsum of the gradient and the other operand for each (linalg_grad.py, _EinsumGrad)."""
    x, y = op.inputs
    given, output = op.equation.split("->")
    one, other = given.split(",")
    first = tape.einsum(f"{output},{other}->{one}", dy, y) if x.trained else None
    if not y.trained:
        return first, None
    if op.attributes:
        return first, _summed_over_front(tape, op, dy)
    return first, tape.einsum(f"{output},{one}->{other}", dy, x)


def _summed_over_front(tape: Tape, op: Op, dy: Value) -> Value:
    """A kernel's gradient beside axes ``...``: a matrix for every position, transposed, then summed."""
    x, kernel = op.inputs
    (count,) = op.attributes
    each = tape.op("Einsum", (dy, x), (*x.shape[:count], *kernel.shape))
    tape.ops[-1].extra = each.bytes
    return tape.reduce("Sum", each, range(count))


RULES: dict[str, Rule] = {
    "MatMul": _matmul,
    "BatchMatMul": _batch_matmul,
    "Einsum": _einsum,
}
