"""What each block of a training step takes by itself, as a part of a plan with segments.

A block lies between two cuts. The rest of the step matters to it in four ways only: whether something in
front of it keeps its input, whether something behind it needs its output, the gradients that come from
behind, and what is put off there. So each block is run on paper by itself in each of these cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.memory.backward import Backward
from cnncalc.memory.cuts import entry, run_again
from cnncalc.memory.forward import Forward
from cnncalc.memory.learning import Learning
from cnncalc.memory.plan import Draft, Role, Step
from cnncalc.memory.recomputing import Again
from cnncalc.memory.replay import replay
from cnncalc.memory.sizes import Sizes


class Cost(NamedTuple):
    """Bytes over what is alive when the block begins, its input included.

    ``forward``, ``backward``: the most during these. ``left``: what forward leaves, with the output.
    ``runs``, ``macs``: the nodes that run again for it, and their MACs per sample. ``wants``: whether the
    block needs its input.
    """

    forward: int
    left: int
    backward: int
    runs: int
    macs: int
    wants: bool


class Behind(NamedTuple):
    """What is alive when a block's backward begins: the gradient of its output, of weights that it is one of
    several to use, by owner, and what is put off."""

    gradient: int
    weights: dict[int, int]
    put_off: int

    @property
    def bytes(self) -> int:
        return self.gradient + sum(self.weights.values()) + self.put_off


class BlockCosts:
    """The costs of blocks, worked out from the last to the first.

    ``entries``, ``entry_bytes``: each block's input. ``behind``: what comes from behind each.
    ``final``: bytes in the steps that were put off, when all else is gone. ``apart``: what is put off, all of
    it by the last block, is no memory that other blocks use.
    """

    def __init__(
        self, sizes: Sizes, learning: Learning, blocks: Sequence[range], put_off: bool = False
    ) -> None:
        self.sizes = sizes
        self.graph = sizes.graph
        self.learning = learning
        self.blocks = blocks
        self.put_off = put_off
        self.entries = [entry(self.graph, nodes) for nodes in blocks]
        self.entry_bytes = [0 if value is None else sizes.values[value] for value in self.entries]
        self.held = self._held()
        self.pending = Counter(learning.contributions)
        self.final, self.apart = 0, True
        self.behind: dict[int, Behind] = {}
        self.found: dict[tuple[int, bool, bool], Cost] = {}
        self._look_at_all()

    def cost(self, number: int, held: bool, output: bool) -> Cost:
        """Of a block that keeps what backward reads.

        ``held``: what is in front keeps what backward reads too. ``output``: what is behind needs the output.
        """
        return self.found[number, held and self.held[number], output]

    def first(self, number: int, stays: bool) -> int:
        """The most in a run that keeps nothing, over what is alive beside the block's input, with that.

        ``stays``: the input is not released.
        """
        run = Forward(self.sizes, Draft())
        give(run, self.entries[number], stays)
        for index in self.blocks[number]:
            run.run(index)
        return replay(run.draft.done()).peak.bytes

    def _held(self) -> list[bool]:
        """For each block whether something in front of it keeps its input."""
        forward = Forward(self.sizes, Draft(), self.learning.kept)
        found = [False]
        for nodes in self.blocks:
            for index in nodes:
                forward.run(index)
            kept = {buffer for index in nodes for buffer in forward.held.get(index, ())}
            found.append(forward.buffer[self.graph.value_of(nodes[-1])] in kept)
        return found[:-1]

    def _look_at_all(self) -> None:
        behind = Behind(0, {}, 0)
        for number in reversed(range(len(self.blocks))):
            self.behind[number] = behind
            last = number == len(self.blocks) - 1
            cases = [
                Alone(self, number, held, output)
                for held in {False, self.held[number]}
                for output in {True, last}
            ]
            for case in cases:
                self.found[number, case.held, case.output] = case.cost()
            behind = self._in_front(number, cases[0])

    def _in_front(self, number: int, case: Alone) -> Behind:
        """What comes from behind the block in front of this one."""
        users = (self.learning.owner[index] for index in self.blocks[number] if self.learning.needed[index])
        self.pending.subtract(owner for owner in users if owner in self.pending)
        shared = {
            owner: self.learning.trained[owner]
            for owner, left in self.pending.items()
            if 0 < left < self.learning.contributions[owner]
        }
        put_off = self.behind[number].put_off
        if case.last and self.put_off:
            put_off, self.final, self.apart = case.put_off()
        return Behind(case.gradient(), shared, put_off)


class Alone:
    """One block on paper, by itself: forward, what comes from behind, backward."""

    def __init__(self, costs: BlockCosts, number: int, held: bool, output: bool) -> None:
        self.graph, self.learning = costs.graph, costs.learning
        self.nodes, self.held, self.output = costs.blocks[number], held, output
        self.last = number == len(costs.blocks) - 1
        self.behind = costs.behind[number]
        self.size = costs.entry_bytes[number]
        self.entry = costs.entries[number]
        self.value = self.graph.value_of(self.nodes[-1])
        self.again, self.wants = run_again(self.graph, self.learning, self.nodes, output)
        again = self.nodes if self.last or self.entry is None else self.again
        self.run = Again(costs.sizes, Draft(), self.learning, self.nodes, again, self._after())
        give(self.run, self.entry, held)
        self.begun = len(self.run.draft.steps)
        self.run.run_all()
        self.there = self.run.uses.get(self.run.buffer.get(self.value, -1), 0) > 0
        self.run.draft.steps.append(Step("behind", (), (), self._output_read()))
        self.back = Backward(self.run, self.learning, costs.put_off and self.last)
        self.back.pending = costs.pending.copy()
        self.ended = len(self.back.draft.steps)
        self._backward()

    def _after(self) -> tuple[int, ...]:
        if self.last:
            return self.graph.outputs
        return (self.value,) if self.output else ()

    def _output_read(self) -> tuple[int, ...]:
        """What is behind has read the output, for the last time; what to release."""
        if self.last or not self.output:
            return ()
        home = self.run.buffer[self.value]
        self.run.uses[home] -= 1
        return () if self.run.uses[home] else (home,)

    def _backward(self) -> None:
        if self.last:
            self.back.loss()
        else:
            self._from_behind()
        for index in reversed(self.nodes):
            if self.learning.needed[index]:
                self.back.run(index)

    def _from_behind(self) -> None:
        """The gradient of the output is there, and parts of those of shared weights."""
        back = self.back
        new: list[int] = []
        if self.learning.active[self.value]:
            new.append(back.draft.add("", "gradients", self.behind.gradient))
            back.gradient[self.value] = back.region(new[0])
        for owner, size in self.behind.weights.items():
            back.of_weights[owner] = back.draft.add("", "weight_gradients", size)
            new.append(back.of_weights[owner])
        back.draft.steps.append(Step("from behind", tuple(new)))

    def cost(self) -> Cost:
        """As if the output were there after forward also where it is not needed."""
        totals = replay(self.back.draft.done()).step_bytes
        return Cost(
            max(totals[self.begun : self.ended], default=0) - self.size,
            totals[self.ended - 1] + (0 if self.there else self.run.sizes.values[self.value]) - self.size,
            max(totals[self.ended :]) + self.behind.put_off - self.size,
            len(self.again),
            sum(self.graph.nodes[index].facts.macs for index in self.again),
            self.wants,
        )

    def gradient(self) -> int:
        """Bytes of the memory in which the gradient of the block's input is."""
        region = self.back.gradient.get(self.entry) if self.entry is not None else None
        return self.back.draft.buffers[region.buffer].bytes if region else 0

    def put_off(self) -> tuple[int, int, bool]:
        """Bytes of what is put off, bytes in the steps that were, and whether no one else uses that."""
        waiting = {buffer for one in self.back.waiting for buffer in (one.region.buffer, *one.held)}
        draft = self.back.draft
        alive = _alive(draft)
        others = tuple(alive - waiting)
        region = self.back.gradient.get(self.entry) if self.entry is not None else None
        shared = {self.run.buffer.get(self.entry or 0), region.buffer if region else None}
        draft.steps.append(Step("", (), (), others))
        count = len(draft.steps)
        self.back.finish()
        totals = replay(draft.done()).step_bytes
        size = sum(draft.buffers[buffer].bytes for buffer in waiting)
        return size, max(totals[count:], default=0), not waiting & shared


def give(run: Forward, value: int | None, more: int) -> None:
    """Let a value be there before a run, to be read so many times beside the run's own."""
    if value is None:
        return
    role: Role = "inputs" if value < len(run.graph.inputs) else "outputs"
    home = run.draft.add("", role, run.sizes.values[value])
    run.buffer[value] = home
    run.uses[home] = run.reads(value) + more
    run.draft.steps.append(Step("", (home,), (), () if run.uses[home] else (home,)))


def _alive(draft: Draft) -> set[int]:
    alive: set[int] = set()
    for step in draft.steps:
        alive = (alive | set(step.allocates)) - set(step.releases)
    return alive
