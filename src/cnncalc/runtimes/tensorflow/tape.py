"""The graph in the making: operations are appended, and gradients are added in reverse as a tape does.

Constants are no inputs: ``x * 2`` is an operation with the single input ``x``. Shapes carry the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import ne

from cnncalc.runtimes.tensorflow.einsums import einsum_sizes
from cnncalc.runtimes.tensorflow.ops import DECISIONS, FORWARD, Op, Value, Variable
from cnncalc.runtimes.tensorflow.segments import Segment
from cnncalc.tensors import Shape

FOLDED = 10 * 2**20
"""Constants of up to 10 MiB are folded when the executor is made (constant_folding.cc, kMaxConstantSize)."""

RANKED = frozenset({"Conv2D", "Conv3D", "DepthwiseConv2D", "MatMul", "MaxPool", "AvgPool"})
"""Kinds whose output has a known number of axes, of whatever input (common_shape_fns.cc)."""


class Tape:
    """Operations in the order in which they are created; ``owner`` and ``phase`` are those of the next
    ones."""

    def __init__(self, training: bool) -> None:
        self.ops: list[Op] = []
        self.training = training
        self.owner = ""
        self.phase = FORWARD
        self.segments: dict[Value, Segment] = {}
        """Those that run again, by their outputs."""
        self.second = False
        """Whether a segment runs again: weights are those that were read before, and states stay."""
        self.reads: dict[int, list[Op]] = {}
        self.writes: dict[int, Op] = {}
        self.known: dict[tuple[str, tuple[Value, ...], Shape, int], Value] = {}
        self.unshaped: set[Value] = set()
        """Tensors whose shape Grappler does not know: what follows a function compiled by XLA."""
        self.unranked: set[Value] = set()
        """Those of which it does not even know the number of axes: up to the next convolution or pooling."""
        self.rows: set[Value] = set()
        """Gradients that are rows of a table, one for each row that was looked up (IndexedSlices)."""

    def op(self, kind: str, inputs: Iterable[Value], shape: Shape, item: int = 0) -> Value:
        """Append an operation with one output; ``item`` 0: of the first input's item size.

        Of constants a constant, which costs the step nothing unless it is too large to be folded.
        """
        given = tuple(inputs)
        if given and given[0].constant and all(value.constant for value in given):
            found = constant(shape, item or given[0].item)
            if found.bytes <= FOLDED:
                return found
        made = Op(kind, self.owner, self.phase, given)
        trained = False
        for value in given:
            if value.trained:
                trained = kind not in DECISIONS
                break
        value = Value(shape, item or given[0].item, made, trained)
        made.outputs = (value,)
        made.bytes = value.bytes
        self.ops.append(made)
        if self.unshaped and kind != "Reshape" and not self.unshaped.isdisjoint(given):
            self.unshaped.add(value)
            if kind not in RANKED and not self.unranked.isdisjoint(given):
                self.unranked.add(value)
        return value

    def more(self, value: Value, shape: Shape, item: int) -> Value:
        """One more output of the operation that makes ``value``."""
        made = value.op
        if made is None:
            raise ValueError("a fed tensor has no other outputs")
        extra = Value(shape, item, made)
        made.outputs = (*made.outputs, extra)
        made.bytes = max(made.bytes, extra.bytes)
        return extra

    def unary(self, kind: str, x: Value) -> Value:
        """An operation value by value."""
        return self.op(kind, (x,), x.shape)

    def binary(self, kind: str, x: Value, y: Value) -> Value:
        """An operation on two tensors, axes of size 1 repeated; equal products are one."""
        shape = x.shape if x.shape == y.shape else broadcast(x.shape, y.shape)
        item = max(x.item, y.item)
        return self.once(kind, (x, y), shape, item) if kind == "Mul" else self.op(kind, (x, y), shape, item)

    def once(self, kind: str, inputs: tuple[Value, ...], shape: Shape, item: int = 0) -> Value:
        """The operation, which is made once for the same inputs (Grappler removes duplicates)."""
        key = (kind, inputs, shape, item)
        if key not in self.known:
            self.known[key] = self.op(kind, inputs, shape, item)
        return self.known[key]

    def view(self, x: Value, shape: Shape) -> Value:
        """Another shape of the same buffer; a view of a view is one (arithmetic_optimizer.cc,
        RemoveRedundantReshape)."""
        if x.op is None:  # fed, and so not the step's own
            return constant(shape, x.item) if x.constant else Value(shape, x.item, None)
        if x.op.kind == "Reshape" and x.op.inputs[0].op is not None and x.op.inputs[0] not in self.unshaped:
            (x,) = x.op.inputs
        return x if x.shape == shape else self.same_buffer("Reshape", x, shape)

    def same_buffer(self, kind: str, x: Value, shape: Shape) -> Value:
        """An operation whose output is its input's buffer, or lies in it."""
        value = self.op(kind, (x,), shape)
        if value.op and x.op:
            value.op.bytes = x.op.bytes
        return value

    def reduce(self, kind: str, x: Value, axes: Iterable[int], keep: bool = False) -> Value:
        """``Sum``, ``Mean``, ``Max``, ... over axes, the batch being axis 0."""
        gone = {axis % len(x.shape) for axis in axes}
        sizes = list(enumerate(x.shape))
        kept = [1 if index in gone else size for index, size in sizes if keep or index not in gone]
        found = self.op(kind, (x,), tuple(kept))
        made = self.ops[-1]
        made.attributes = tuple(sorted(gone))
        made.extra = 0 if _native(x.shape, gone) else x.bytes
        return found

    def einsum(self, equation: str, x: Value, y: Value) -> Value:
        """A sum of products of two tensors, written with a letter for each axis."""
        shape, extra = einsum_sizes(equation, x, y)
        found = self.op("Einsum", (x, y), shape)
        made = self.ops[-1]
        made.equation, made.extra = equation, extra
        return found

    def cast(self, x: Value, item: int) -> Value:
        """The tensor in a type of that size, made once; itself where it has it."""
        return x if x.item == item else self.once("Cast", (x,), x.shape, item)

    def waiting(self, x: Value, after: Iterable[Op]) -> Value:
        """The same buffer, once these operations have run."""
        value = self.same_buffer("Identity", x, x.shape)
        if value.op:
            value.op.after = tuple(after)
        return value

    def read(self, variable: Variable) -> Value:
        """A variable's own buffer, after what has written it; in a second run the same as in the first."""
        if self.second and self.reads.get(id(variable)):
            return self.reads[id(variable)][0].outputs[0]
        value = self.op("Read", (), variable.shape, variable.item)
        value.variable = variable
        value.trained = variable.trainable
        made = self.ops[-1]
        made.variable = variable
        written = self.writes.get(id(variable))
        made.after = (written,) if written else ()
        self.reads.setdefault(id(variable), []).append(made)
        return value

    def write(self, kind: str, variable: Variable, value: Value) -> None:
        """Update a variable (``Assign``, ``AssignSub``), after all that has read or written it.

        The order is that of automatic control dependencies
        (tensorflow/python/framework/auto_control_deps.py). A second run writes nothing.
        """
        if self.second:
            return
        made = Op(kind, self.owner, self.phase, (value,))
        made.variable = variable
        made.bytes = variable.bytes
        before = self.reads.pop(id(variable), [])
        written = self.writes.get(id(variable))
        made.after = (*before, written) if written else tuple(before)
        self.writes[id(variable)] = made
        self.ops.append(made)

    def clear(self) -> None:
        """Part operations and values, which hold each other: memory is free without a search for garbage."""
        for op in self.ops:
            op.outputs = ()
        self.ops = []


def constant(shape: Shape, item: int) -> Value:
    """A tensor of constants, one number where all are equal: no buffer of the step."""
    value = Value(shape, item, None)
    value.constant = True
    return value


def _native(shape: Shape, axes: set[int]) -> bool:
    """Whether a reduction needs no transposed copy: neighbouring axes of one fate taken together, at
    most three.

    tensorflow/core/kernels/reduction_ops_common.cc, ReductionHelper::Simplify.
    """
    fates = [axis in axes for axis, size in enumerate(shape) if size > 1]
    return list(map(ne, fates, fates[1:])).count(True) <= 2


def broadcast(one: Shape, other: Shape) -> Shape:
    """The shape of two tensors value by value, axes of size 1 repeated.

    >>> broadcast((8, 4, 4, 3), (3,))
    (8, 4, 4, 3)
    """
    length = max(len(one), len(other))
    one, other = (1,) * (length - len(one)) + one, (1,) * (length - len(other)) + other
    return tuple([x if y == 1 else y for x, y in zip(one, other, strict=True)])
