"""The kernel of tf.einsum: a product of matrices, operands and result transposed where the equation needs it.

Source: tensorflow/core/kernels/linalg/einsum_op_impl.h. Each operand is brought into the order of batch, free
and contracted axes, the last two in either order; the product has the order batch, free axes of the first,
free axes of the second. A transposed operand, and a product that is still to be transposed, are buffers of
the kernel's own.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.tensors import Shape


def einsum_sizes(equation: str, x: Value, y: Value) -> tuple[Shape, int]:
    """The shape of the output, and the bytes that the kernel takes beside it.

    >>> einsum_sizes("ab,bc->ac", Value((2, 3), 4, None), Value((3, 5), 4, None))
    ((2, 5), 0)
    >>> einsum_sizes("ab,bc->ca", Value((2, 3), 4, None), Value((3, 5), 4, None))
    ((5, 2), 40)
    """
    given, output = equation.split("->")
    one, other = given.split(",")
    sizes = dict(zip(one + other, x.shape + y.shape, strict=True))
    batch = [axis for axis in output if axis in one and axis in other]
    contracted = [axis for axis in one if axis not in output]
    own = [[axis for axis in output if axis in part and axis not in batch] for part in (one, other)]
    extra = sum(
        value.bytes
        for part, free, value in ((one, own[0], x), (other, own[1], y))
        if not _in_order(part, batch, free, contracted, sizes)
    )
    shape = tuple(sizes[axis] for axis in output)
    if not _alike([*batch, *own[0], *own[1]], output, sizes):
        extra += x.item * prod(shape)
    return shape, extra


def _in_order(
    part: str, batch: list[str], free: list[str], contracted: list[str], sizes: dict[str, int]
) -> bool:
    """Whether an operand can be multiplied as it stands."""
    orders = [*batch, *free, *contracted], [*batch, *contracted, *free]
    return any(_alike(order, part, sizes) for order in orders)


def _alike(order: list[str], found: str, sizes: dict[str, int]) -> bool:
    """Whether two orders of axes differ only in axes of size 1."""
    return [axis for axis in order if sizes[axis] > 1] == [axis for axis in found if sizes[axis] > 1]
