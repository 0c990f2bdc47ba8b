"""Operations on tensors that reduce, join, cut or rearrange them, and products of matrices.

Sources: keras/src/ops/numpy.py, keras/src/backend/tensorflow/numpy.py (matmul, std, var, ...).
"""

from __future__ import annotations

from math import prod

from cnncalc.layers.axes import as_tuple
from cnncalc.layers.slicing import parsed
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.tensors import Shape


def _reduction(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        return call.tape.reduce(kind, call.inputs[0], as_tuple(call.layer.axis), call.layer.keepdims)

    return rule


def _variance(call: Call) -> Value:
    """tensorflow/python/ops/math_ops.py, reduce_variance: the mean of the squares of x - mean."""
    (x,), tape, axes = call.inputs, call.tape, as_tuple(call.layer.axis)
    mean = tape.reduce("Mean", x, axes, keep=True)
    square = tape.unary("Square", tape.binary("Sub", x, mean))
    return tape.reduce("Mean", square, axes, call.layer.keepdims)


def _deviation(call: Call) -> Value:
    return call.tape.unary("Sqrt", _variance(call))


def _view(call: Call) -> Value:
    return call.tape.view(call.inputs[0], call.shape)


def _concatenate(call: Call) -> Value:
    return call.tape.op("Concat", call.inputs, call.shape) if len(call.inputs) > 1 else call.inputs[0]


def _stack(call: Call) -> Value:
    if len(call.inputs) == 1:
        return _view(call)
    return call.tape.op("Pack", call.inputs, call.shape)


def transposed(tape: Tape, x: Value, order: Shape) -> Value:
    """The axes in another order; a view where only axes of size 1 move (transpose_op.cc)."""
    shape = tuple(x.shape[axis] for axis in order)
    moved = [axis for axis in order if x.shape[axis] > 1]
    return tape.view(x, shape) if moved == sorted(moved) else tape.op("Transpose", (x,), shape)


def _transpose(call: Call) -> Value:
    return transposed(call.tape, call.inputs[0], call.layer.axes)


def _pad(call: Call) -> Value:
    """A view where nothing is added (pad_op.cc)."""
    if call.shape == call.inputs[0].shape:
        return call.inputs[0]
    return call.tape.op("Pad" if call.layer.mode == "constant" else "MirrorPad", call.inputs, call.shape)


def _part(call: Call) -> Value:
    """A strided slice, a view where it takes everything (strided_slice_op.cc, is_identity)."""
    (x,) = call.inputs
    backwards = any(isinstance(entry, slice) and (entry.step or 1) < 0 for entry in parsed(call.layer.key))
    if prod(call.shape) == prod(x.shape) and not backwards:
        return call.tape.view(x, call.shape)
    return call.tape.op("StridedSlice", (x,), call.shape)


def _matmul(call: Call) -> Value:
    """tf.matmul, or a tensordot by a matrix: the rows of all axes as one matrix."""
    layer, tape = call.layer, call.tape
    if layer.x1 is not None:
        return tape.op("BatchMatMul", (_constant(call, layer.x1), *call.inputs), call.shape)
    x, *rest = call.inputs
    if rest:
        return tape.op("BatchMatMul", (x, *rest), call.shape)
    rows = tape.view(x, (prod(x.shape[:-1]), x.shape[-1]))
    product = tape.op("MatMul", (rows, _constant(call, layer.x2)), (rows.shape[0], call.shape[-1]))
    return tape.view(product, call.shape)


def product(tape: Tape, x: Value, y: Value, swapped: Shape, shape: Shape) -> Value:
    """tf.matmul of three axes or more; ``swapped`` operands have their last two axes exchanged before.

    Grappler takes such a transposition into the kernel (arithmetic_optimizer.cc, FoldTransposeIntoMatMul).
    """
    found = tape.op("BatchMatMul", (x, y), shape)
    tape.ops[-1].attributes = swapped
    return found


def _constant(call: Call, numbers: object) -> Value:
    """A constant matrix, which is not counted."""
    shape: list[int] = []
    while isinstance(numbers, list | tuple):
        shape.append(len(numbers))
        numbers = numbers[0]
    return Value(tuple(shape), call.item, None)


RULES: dict[str, Rule] = {
    **{f"ops.{kind}": _reduction(kind) for kind in ("Mean", "Max", "Min", "Sum", "Prod")},
    "ops.Var": _variance,
    "ops.Std": _deviation,
    "ops.Concatenate": _concatenate,
    "ops.Stack": _stack,
    "ops.Reshape": _view,
    "ops.Squeeze": _view,
    "ops.ExpandDims": _view,
    "ops.Transpose": _transpose,
    "ops.Pad": _pad,
    "ops.GetItem": _part,
    "ops.Matmul": _matmul,
}
