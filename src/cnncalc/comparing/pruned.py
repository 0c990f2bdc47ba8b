"""What weights with many zeros take: kept dense, as compressed rows, and as a bitmap with values.

Pruned are the weights of two axes or more, the kernels, all to the same share of zeros (rounded down to
whole values); biases and the weights of normalisation stay dense, and are in every sum. Each kernel is a
matrix with one row for each index of its last axis, which for Conv2D and Dense is a filter or a unit.

* Dense: every value.
* CSR (compressed sparse rows): each value that is not zero with the number of its column (int32), and
  for each row where it begins (int32), one more for the end.
* Bitmap: one bit for each value, rounded up to bytes for each kernel, and the values that are not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.graph import Graph, Node
from cnncalc.tensors import Weight, policy

INDEX_BYTES = 4
"""Bytes of an int32: a column's number, or where a row begins."""

LARGEST_INDEX = 2**31 - 1


class Storage(NamedTuple):
    """Bytes of all weights in each form, and the share of zeros from which each takes no more than dense.

    A break-even is None where the form takes more even when all values are zero. ``dtype`` is what the
    weights are kept in: ``float32``, or what the model says.
    """

    dtype: str
    dense_bytes: int
    csr_bytes: int
    bitmap_bytes: int
    csr_break_even: Fraction | None
    bitmap_break_even: Fraction | None


class Pruned(NamedTuple):
    """A model's weights pruned: ``values`` of them in kernels, ``kept`` of these not zero."""

    sparsity: Fraction
    values: int
    kept: int
    storages: tuple[Storage, ...]


class _Kernel(NamedTuple):
    """One weight: how many values it has, how many rows and zeros, bytes of a value; rows 0: stays dense."""

    size: int
    rows: int
    zeros: int
    item: int

    @property
    def kept(self) -> int:
        return self.size - self.zeros


def pruned(graph: Graph, dtype: str, sparsity: Fraction) -> Pruned:
    """The weights of a model in ``dtype`` with that share of each kernel zero, in float32 and in its own.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Dense
    >>> graph = Sequential([Dense(units=10, use_bias=False)], input=(20,)).graph
    >>> pruned(graph, "float32", Fraction("0.9")).storages[0][:4]
    ('float32', 800, 204, 105)
    >>> 200 * 4, 20 * (4 + 4) + 11 * 4, 200 // 8 + 20 * 4
    (800, 204, 105)
    """
    if not 0 <= sparsity <= 1:
        raise CnncalcError(f"pruned={float(sparsity):g}: the share of zeros is a number from 0 to 1.")
    own = [_kernel(node, weight, dtype, sparsity) for node in graph.nodes for weight in node.weights]
    if not any(kernel.rows for kernel in own):
        raise CnncalcError(f"{graph.name} has no kernel to prune.")
    single = [kernel._replace(item=policy("float32").variable_bytes) for kernel in own]
    storages = (_storage("float32", single), *([] if own == single else [_storage(dtype, own)]))
    kernels = [kernel for kernel in own if kernel.rows]
    return Pruned(sparsity, sum(k.size for k in kernels), sum(k.kept for k in kernels), storages)


def _kernel(node: Node, weight: Weight, dtype: str, sparsity: Fraction) -> _Kernel:
    item = policy(node.dtype or dtype).variable_bytes
    if len(weight.shape) < 2:
        return _Kernel(weight.size, 0, 0, item)
    kernel = _Kernel(weight.size, weight.shape[-1], floor(sparsity * weight.size), item)
    if kernel.kept > LARGEST_INDEX:
        raise CnncalcError(f"{node.owner}: {kernel.kept:,} values are more than CSR counts with int32.")
    return kernel


def _storage(dtype: str, weights: Sequence[_Kernel]) -> Storage:
    kernels = [weight for weight in weights if weight.rows]
    rest = sum(weight.item * weight.size for weight in weights if not weight.rows)
    pointers = sum(INDEX_BYTES * (kernel.rows + 1) for kernel in kernels)
    bits = sum(-(-kernel.size // 8) for kernel in kernels)
    return Storage(
        dtype,
        rest + sum(kernel.item * kernel.size for kernel in kernels),
        rest + pointers + sum((kernel.item + INDEX_BYTES) * kernel.kept for kernel in kernels),
        rest + bits + sum(kernel.item * kernel.kept for kernel in kernels),
        _break_even(kernels, INDEX_BYTES, pointers),
        _break_even(kernels, 0, bits),
    )


def _break_even(kernels: Sequence[_Kernel], index: int, fixed: int) -> Fraction | None:
    """The share of zeros at which ``fixed`` bytes and ``index`` more for each value that is kept pay."""
    dense = sum(kernel.item * kernel.size for kernel in kernels)
    full = sum((kernel.item + index) * kernel.size for kernel in kernels)
    return 1 - Fraction(dense - fixed, full) if dense >= fixed else None
