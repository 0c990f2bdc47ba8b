"""The kernel of tf.einsum: a product of matrices, operands and result transposed where the equation needs it.

Source: tensorflow/core/kernels/linalg/einsum_op_impl.h (ReduceOperand, ContractOperands). Each operand is
brought into the order of batch, free and contracted axes, the last two in either order, axes of one kind in
the order in which the equation names them; the product has the order batch, free axes of the first, free
axes of the second. A transposed operand, and a product that is still to be transposed, are buffers of the
kernel's own, also where only axes of size 1 move.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.ops import TRACED, Value
from cnncalc.tensors import Shape

BROADCAST, BATCH, FREE, CONTRACTED = range(4)
SWAPPED = (BROADCAST, BATCH, CONTRACTED, FREE)


def einsum_sizes(equation: str, x: Value, y: Value) -> tuple[Shape, int]:
    """The shape of the output, and the bytes of the buffers that the kernel takes beside it and that count.

    >>> einsum_sizes("ab,bc->ac", Value((512, 3), 4, None), Value((3, 512), 4, None))
    ((512, 512), 0)
    >>> einsum_sizes("ab,bc->ca", Value((512, 3), 4, None), Value((3, 512), 4, None))
    ((512, 512), 1048576)
    """
    given, output = equation.split("->")
    one, other = given.split(",")
    sizes = dict(zip(one + other, x.shape + y.shape, strict=True))
    names = {axis: number for number, axis in enumerate(sizes)}
    kinds = {axis: _kind(axis, one, other, output) for axis in sizes}
    shape = tuple(sizes[axis] for axis in output)
    order = sorted(
        output, key=lambda axis: (kinds[axis], kinds[axis] == FREE and axis not in one, names[axis])
    )
    moved = [
        x.bytes * _is_moved(one, kinds, names),
        y.bytes * _is_moved(other, kinds, names),
        x.item * prod(shape) * (order != list(output)),
    ]
    return shape, sum(size for size in moved if size >= TRACED)


def _kind(axis: str, one: str, other: str, output: str) -> int:
    """What an axis is to the product; digits stand for those of an ellipsis."""
    if axis.isdigit():
        return BROADCAST
    if axis not in output:
        return CONTRACTED
    return BATCH if axis in one and axis in other else FREE


def _is_moved(part: str, kinds: dict[str, int], names: dict[str, int]) -> bool:
    """Whether an operand has to be transposed before it is multiplied."""
    straight = [(kinds[axis], names[axis]) for axis in part]
    swapped = [(SWAPPED[kinds[axis]], names[axis]) for axis in part]
    return straight != sorted(straight) and swapped != sorted(swapped)
