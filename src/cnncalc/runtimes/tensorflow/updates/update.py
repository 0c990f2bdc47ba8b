"""What the rule of an optimizer is given for one weight: its gradient, its slots, and words to write
the rule with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.runtimes.tensorflow.ops import TRACED, Op, Value, Variable
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.settings import OptimizerSpec


class UnknownOptimizer(Exception):  # noqa: N818  (caught by the planner, which says so)
    """An optimizer, or options of one, without a rule."""


class Update:
    """The update of one weight. ``pivot``: what the branch of a ``tf.cond`` waits for, where the
    update is in one."""

    __slots__ = ("gradient", "pivot", "rate", "slots", "spec", "tape", "weight")

    def __init__(
        self,
        tape: Tape,
        spec: OptimizerSpec,
        weight: Variable,
        gradient: Value,
        slots: Mapping[str, Variable],
        rate: Variable,
        pivot: Op | None = None,
    ) -> None:
        self.tape = tape
        self.spec = spec
        self.weight = weight
        self.gradient = gradient
        self.slots = slots
        self.rate = rate
        self.pivot = pivot

    @property
    def is_sparse(self) -> bool:
        """Whether the gradient is rows of a table."""
        return self.gradient in self.tape.rows

    def dense(self, x: Value) -> Value:
        """Rows of a table, added up in a tensor of its size (indexed_slices.py, to a tensor)."""
        return self.tape.op("UnsortedSegmentSum", (x,), self.weight.shape) if self.is_sparse else x

    def option(self, name: str) -> Any:
        return self.spec.value(name)

    def read(self, slot: str) -> Value:
        return self._reading(self.slots[slot])

    def read_weight(self) -> Value:
        """The weight's value: in the traces never before the layer has read it."""
        before = tuple(self.tape.reads.get(id(self.weight), ()))
        value = self._reading(self.weight)
        if value.op is not None:
            value.op.after = (*value.op.after, *before)
        return value

    def _reading(self, variable: Variable) -> Value:
        value = self.tape.read(variable)
        if self.pivot is not None and value.op is not None:
            value.op.after = (*value.op.after, self.pivot)
        return value

    def by_rate(self, x: Value, kind: str = "Mul") -> Value:
        """The product with the learning rate, which is read once per weight.

        Of a weight that is not counted the tensor itself: no operation that is counted waits for the product.
        Not so in a branch, where the reads of the rate are among the ends of the graph.
        """
        if self.weight.bytes < TRACED and self.pivot is None:
            return x
        return self.tape.op(kind, (x, self._reading(self.rate)), x.shape)

    def by(self, x: Value, *scalars: Value, kind: str = "Mul") -> Value:
        """The product with a scalar that waits for these."""
        return self.tape.op(kind, (x, *scalars), x.shape)

    def scaled(self, x: Value) -> Value:
        """The product with, or the quotient by, a scalar that is there."""
        return self.tape.unary("Scale", x)

    def shifted(self, x: Value) -> Value:
        return self.tape.unary("Shift", x)

    def total(self, kind: str, x: Value) -> Value:
        """A reduction over all axes."""
        return self.tape.reduce(kind, x, range(len(x.shape)))

    def assign(self, slot: str, value: Value) -> None:
        """The slot takes the value's buffer."""
        self.tape.write("Assign", self.slots[slot], value)

    def add(self, slot: str, value: Value) -> None:
        """Add to or subtract from the slot, in its own buffer where nobody else holds that."""
        self.tape.write("AssignSub", self.slots[slot], value)

    def step(self, value: Value) -> None:
        """Subtract from or add to the weight."""
        self.tape.write("AssignSub", self.weight, value)

    def scatter(self, rows: Value) -> None:
        """Subtract from rows of the weight, in place; whoever reads the weight gets a copy for that.

        tensorflow/core/kernels/resource_variable_ops.cc (ResourceScatterUpdateOp, ReadVariableOp with
        ``copy_on_read_mode``).
        """
        tape = self.tape
        copies = [_copied(tape, read) for read in tape.reads.get(id(self.weight), ())]
        tape.write("AssignSub", self.weight, rows)
        tape.ops[-1].after += tuple(copies)


def _copied(tape: Tape, read: Op) -> Op:
    """Put a copy between a variable's read and those who have read it."""
    (value,) = read.outputs
    source = Value(value.shape, value.item, read, value.trained)
    copy = Op("Copy", read.owner, read.phase, (source,))
    copy.bytes = value.bytes
    read.outputs, copy.outputs, value.op = (source,), (value,), copy
    tape.ops.insert(tape.ops.index(read) + 1, copy)
    return copy
