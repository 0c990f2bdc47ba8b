"""TensorFlow's executor on paper: the order in which operations run, and the buffers that they take.

One worker, as with one inter-op thread. An operation that has become ready waits in one of two places
(tensorflow/core/common_runtime/executor.cc, ScheduleReady): cheap ones in a queue that is run at once,
the others
on a stack, but for the last of them, which runs at once where the queue is empty. Every kernel counts as
expensive at first. Operations without inputs come from outside the worker, one after the other, each
when nothing else is ready.

A buffer lives while an operation that reads it has yet to run. An element-wise operation writes over an
input of its output's size where it is the last to read it (OpKernelContext::forward_input). A variable's
buffer is the variable's: an update takes a new one where somebody still reads the old (copy on write,
training_op_helpers.h, PrepareToUpdateVariable).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

from cnncalc.memory.plan import Draft, Plan, Role, Step
from cnncalc.runtimes.tensorflow.ops import (
    CHEAP,
    FILTER_GRADIENTS,
    INPUT_GRADIENTS,
    NOTHING,
    OVERWRITES,
    TRACED,
    VIEWS,
    Op,
    Value,
    Variable,
)
from cnncalc.runtimes.tensorflow.ordering import Links

KERNEL_GRADIENTS = FILTER_GRADIENTS | INPUT_GRADIENTS

ROLES: dict[str, Role] = {
    "forward": "outputs",
    "loss": "outputs",
    "backward": "gradients",
    "update": "updates",
}


class PutOff(NamedTuple):
    """A weight gradient that could run at the end of the step, behind all of the backward pass.

    ``at`` and ``until`` are the steps of the plan between which it and its update run; put off,
    ``held_bytes`` (the layer's input and the gradient of its output) stay alive until the end.
    ``weight_bytes`` is its size, ``copied_bytes`` that of the copy that the update takes while the input
    gradient, which runs in the step ``until``, still reads the old value.
    ``end``: the step that waits for it in a segment that runs again; None where it is the end of all.
    """

    at: int
    until: int
    held_bytes: int
    weight_bytes: int
    copied_bytes: int = 0
    end: int | None = None


class Ran(NamedTuple):
    """The plan of a run in the order that is most frequent, and what could have come otherwise.

    ``drawn`` are plans of the same run from other orders of its roots.
    """

    plan: Plan
    put_off: tuple[PutOff, ...]
    drawn: tuple[Plan, ...] = ()


def run(
    ops: Sequence[Op],
    links: Links,
    variables: Sequence[Variable],
    fixed: Sequence[tuple[str, Role, int]],
    draws: int = 0,
) -> Ran:
    """The plan of running all operations. ``fixed`` are buffers that are there before: images, small
    variables.

    A variable that is updated, and is large enough to be traced, has a buffer of its own. ``draws``: how
    many other orders of the roots are run too, where trunks run in parallel. The roots, which read weights,
    lie on the executor's stack in an order that is random in each compilation: a trunk whose weights lie low
    waits for them. They are drawn with fixed seeds, so that the same model has the same answer.
    """
    ran = _Execution(ops, links, variables, fixed).ran()
    if not draws or not _parts(ops, links):
        return ran
    others = (_Execution(ops, links, variables, fixed).ran(Random(seed)) for seed in range(draws))
    return ran._replace(drawn=tuple(other.plan for other in others))


def _parts(ops: Sequence[Op], links: Links) -> bool:
    """Whether trunks part at an operation: several wait for it that are not cheap."""
    waits = zip(ops, links.before, strict=True)
    read = Counter(chain.from_iterable(before for op, before in waits if op.kind not in CHEAP))
    return any(count > 1 for count in read.values())


class _Buffer:
    """A piece of memory: its number in the plan (-1 where it is not counted) and the reads still to come."""

    __slots__ = ("bytes", "number", "owned", "reads")

    def __init__(self, number: int, size: int, owned: bool = False) -> None:
        self.number = number
        self.bytes = size
        self.reads = 0
        self.owned = owned


class _Execution:
    def __init__(
        self,
        ops: Sequence[Op],
        links: Links,
        variables: Sequence[Variable],
        fixed: Sequence[tuple[str, Role, int]],
    ) -> None:
        self.ops = ops
        self.links = links
        self.draft = Draft()
        numbers = [self.draft.add(*item) for item in fixed]
        self.buffers: dict[Value, _Buffer] = {}
        self.homes: dict[Variable, _Buffer] = {}
        for variable in variables:
            numbers.append(self.draft.add(variable.owner, "parameters", variable.bytes))
            self.homes[variable] = _Buffer(numbers[-1], variable.bytes, owned=True)
        self.draft.steps.append(Step("start", allocates=tuple(numbers)))
        self.new: list[int] = []
        self.freed: list[int] = []
        self.filters: dict[tuple[str, Value], tuple[Op, int, int]] = {}
        self.put_off: dict[Op, PutOff] = {}

    def ran(self, draw: Random | None = None) -> Ran:
        """Run until nothing is ready, from the roots in the order of creation, or one that is drawn."""
        ops, (_, before, readers, touching) = self.ops, self.links
        waiting = list(map(len, before))
        cheap = [op.kind in CHEAP for op in ops]
        stack = [number for number, count in enumerate(waiting) if not count]
        if draw is not None:
            draw.shuffle(stack)
        while stack:
            queue = [stack.pop()]
            for number in queue:  # which grows while it is read
                if touching[number]:
                    self._run(ops[number])
                last = -1
                for reader in readers[number]:
                    waiting[reader] = left = waiting[reader] - 1
                    if left:
                        continue
                    if cheap[reader]:
                        queue.append(reader)
                        continue
                    if last >= 0:
                        stack.append(last)
                    last = reader
                if last >= 0:
                    (queue if queue[-1] == number else stack).append(last)
        plan = self.draft.done()
        # One that would run at the very end holds nothing large.
        return Ran(plan, tuple(item for item in self.put_off.values() if item.at < len(plan.steps)))

    def _note(self, op: Op) -> None:
        """Remember where the two gradients of a layer run, which no rule puts in order."""
        *_, dy = op.inputs
        step = len(self.draft.steps)
        if op.kind in FILTER_GRADIENTS:
            held = sum(value.bytes for value in op.inputs if value.op is not None and value.bytes >= TRACED)
            self.filters[op.owner, dy] = (op, step, held)
        elif (op.owner, dy) in self.filters:
            before, at, held = self.filters.pop((op.owner, dy))
            weight = before.outputs[0].bytes
            old = (self.buffers[value] for value in op.inputs if value.variable and value in self.buffers)
            copied = sum(buffer.bytes for buffer in old if not buffer.owned)
            self.put_off[before] = PutOff(at, step, held, weight if weight >= TRACED else 0, copied)

    def _end(self, op: Op) -> None:
        """What this one waits for can be put off until now only."""
        for before in op.after:
            if before in self.put_off:
                self.put_off[before] = self.put_off[before]._replace(end=len(self.draft.steps))

    def _run(self, op: Op) -> None:
        kind = op.kind
        if kind in KERNEL_GRADIENTS:
            self._note(op)
        elif kind == "Identity" and op.after:
            self._end(op)
        if op.variable is not None:
            (self._read if kind == "Read" else self._update)(op, op.variable)
        elif kind in VIEWS:
            self._view(op)
        else:
            self._compute(op)
        for value in op.inputs:
            if value in self.buffers:
                self._leave(self.buffers[value])
        if self.new or self.freed:
            self.draft.steps.append(Step(op.owner, tuple(self.new), (), tuple(self.freed)))
            self.new, self.freed = [], []

    def _read(self, op: Op, variable: Variable) -> None:
        home = self.homes.get(variable)
        if home is not None:
            self._hold(home, op.outputs[0])

    def _view(self, op: Op) -> None:
        home = self.buffers.get(op.inputs[0])
        if home is not None:  # else of what is fed or not counted
            self._hold(home, op.outputs[0])

    def _hold(self, buffer: _Buffer, value: Value) -> None:
        """The value is in this buffer, which is free at once where nobody reads it."""
        buffer.reads += value.reads
        self.buffers[value] = buffer
        if not buffer.reads and not buffer.owned:
            self._free(buffer)

    def _compute(self, op: Op) -> None:
        if op.extra >= TRACED:
            self._free(self._allocate(op, op.extra))
        given = op.inputs[OVERWRITES.get(op.kind, NOTHING)]
        for value in op.outputs:
            if value.bytes < TRACED:
                continue
            buffer = self._overwritten(given, value.bytes) if given else None
            if buffer is None:
                buffer = self._allocate(op, value.bytes)
            else:
                given = ()
            self._hold(buffer, value)

    def _overwritten(self, given: tuple[Value, ...], size: int) -> _Buffer | None:
        """The buffer of that size of the first of these inputs that nobody else reads."""
        for value in given:
            buffer = self.buffers.get(value)
            if buffer and buffer.reads == 1 and not buffer.owned and buffer.bytes == size:
                return buffer
        return None

    def _allocate(self, op: Op, size: int) -> _Buffer:
        number = self.draft.add(op.owner, ROLES[op.phase], size)
        self.new.append(number)
        return _Buffer(number, size)

    def _leave(self, buffer: _Buffer) -> None:
        """One read less; the buffer is free after the last, unless a variable owns it."""
        buffer.reads -= 1
        if not buffer.reads and not buffer.owned:
            self._free(buffer)

    def _free(self, buffer: _Buffer) -> None:
        if buffer.number >= 0:
            self.freed.append(buffer.number)

    def _update(self, op: Op, variable: Variable) -> None:
        home = self.homes.get(variable)
        if home is None:
            return
        value = self.buffers.get(op.inputs[0])
        if op.kind == "Assign" and op.inputs[0].op is None:
            self._replace(variable, home, _Buffer(-1, variable.bytes))
        elif op.kind == "Assign" and value and not value.owned:
            self._replace(variable, home, value)
        elif home.reads:
            self._replace(variable, home, self._allocate(op, variable.bytes))

    def _replace(self, variable: Variable, old: _Buffer, new: _Buffer) -> None:
        """The variable has another buffer now, shared with those who read the value, or a constant's.

        The old one goes when its last reader has run.
        """
        old.owned = False
        new.owned = True
        self.homes[variable] = new
        if not old.reads:
            self._free(old)
