"""What the kernels of other types than float32 take beside: TensorFlow's own where oneDNN has none.

bfloat16 runs on oneDNN as float32 does. float16 and float64 run on TensorFlow's own kernels, float16 on a
processor without float16 arithmetic: pooling without a workspace, products of float16 matrices in float32,
gradients of convolutions by a matrix of patches for as many images as fit in a cache of 30 MiB, a size
that is written in the source. Not described: scratch that oneDNN takes for single input gradients in
bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from cnncalc.runtimes.tensorflow.ops import TRACED, Op

L2_BYTES = 256 << 10
L3_BYTES = 30 << 20
"""The caches that the source takes for granted (conv_grad_input_ops.h, conv_grad_filter_ops.cc)."""

THREADS = 2
"""Threads of one operation, on which the input gradient's scratch depends: those of the ledger's machine."""


def fitted(ops: Iterable[Op], float16: bool) -> None:
    """Set what each operation takes beside its outputs, by the type that it computes in.

    ``float16``: two bytes are float16, else bfloat16.
    """
    for op in ops:
        item = op.outputs[0].item if op.outputs else 4
        if item == 8 or (item == 2 and float16):
            RULES.get(op.kind, _nothing)(op)
        elif item == 2 and op.kind == "MatMul" and len(op.inputs) == 3:
            op.extra = _counted(4 * prod(op.outputs[0].shape) + 128)


def _nothing(op: Op) -> None:
    pass


def _counted(*pieces: int) -> int:
    return sum(piece for piece in pieces if piece >= TRACED)


def _pool(op: Op) -> None:
    op.outputs = op.outputs[:1]


def _pool_gradient(op: Op) -> None:
    """The place of each maximum, as int64 (maxpooling_op.cc, SpatialMaxPoolWithArgMaxHelper)."""
    op.inputs = op.inputs[:3]
    op.extra = _counted(8 * prod(op.inputs[1].shape))


def _product(op: Op) -> None:
    """Both factors and the product in float32 (matmul_op_impl.h)."""
    if op.outputs[0].item == 2:
        tensors = (*op.inputs[:2], op.outputs[0])
        op.extra = _counted(*(4 * prod(value.shape) for value in tensors))


def _filter(op: Op) -> None:
    op.extra = _counted(_patches(op, op.outputs[0].shape, op.inputs[1].shape, 0))


def _input(op: Op) -> None:
    kernel, dy = op.inputs
    op.extra = _counted(_patches(op, kernel.shape, dy.shape, L2_BYTES // op.outputs[0].item))


def _patches(op: Op, kernel: tuple[int, ...], dy: tuple[int, ...], enough: int) -> int:
    """Bytes of the patches: of one image where that is work ``enough`` for each thread, else of many."""
    item = op.outputs[0].item
    image, patch, filters = prod(dy[1:-1]), prod(kernel[:-1]), kernel[-1]
    work = image * patch + image * filters + patch * filters
    alone = enough and (dy[0] == 1 or work // THREADS >= enough)
    images = 1 if alone else -(-(L3_BYTES // item) // work)
    return images * image * patch * item


RULES: dict[str, Callable[[Op], None]] = {
    "MaxPool": _pool,
    "MaxPoolGrad": _pool_gradient,
    "MatMul": _product,
    "MatMulInput": _product,
    "MatMulFilter": _product,
    "Conv2DBackpropFilter": _filter,
    "Conv2DBackpropInput": _input,
}
