"""The backward pass of a run without waste: gradients of values and of weights, and the update."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from cnncalc.graph import Node
from cnncalc.memory.forward import Forward, overwrites
from cnncalc.memory.learning import Learning
from cnncalc.memory.plan import Plan, Step

Way = Literal["same", "piece", "over", "new"]
"""How a gradient comes of the output's: it is the same, a piece of it, may be written over it, or new."""


class _Region:
    """Memory of a gradient: a buffer or a piece of it, and how many values' gradients it is."""

    def __init__(self, buffer: int) -> None:
        self.buffer = buffer
        self.holders = 1


class _Waiting(NamedTuple):
    """A node whose gradients of weights wait, with what they are made of."""

    node: int
    region: _Region
    held: list[int]


class Backward:
    """``gradient``: the region of each value's gradient so far. ``regions``: how many a buffer has.

    ``put_off``: gradients of weights of more than twice the size of what they are made of wait until
    the others are done. ``heavy``: whether there are any such.
    """

    def __init__(self, forward: Forward, learning: Learning, put_off: bool = False) -> None:
        self.put_off = put_off
        self.heavy = False
        self.waiting: list[_Waiting] = []
        self.forward = forward
        self.learning = learning
        self.graph = forward.graph
        self.draft = forward.draft.copy()
        self.uses = dict(forward.uses)
        self.held = dict(forward.held)
        self.values = forward.sizes.values
        self.gradient: dict[int, _Region] = {}
        self.regions: Counter[int] = Counter()
        self.of_weights: dict[int, int] = {}
        self.pending = Counter(learning.contributions)

    def plan(self, order: Sequence[int]) -> Plan:
        """The whole step: what forward has done, and all that follows."""
        self.loss()
        for index in reversed(order):
            if self.learning.needed[index]:
                self.run(index)
        self.finish()
        return self.draft.done()

    def loss(self) -> None:
        """The gradient of each output, written over it where no one reads it again."""
        found = {v: self.forward.buffer[v] for v in self.graph.outputs if v in self.forward.buffer}
        new: list[int] = []
        released: list[int] = []
        for value, buffer in found.items():
            self.uses[buffer] -= 1
            free = not self.uses[buffer]
            if self.learning.active[value]:
                taken = free and self.draft.buffers[buffer].bytes == self.values[value]
                self.gradient[value] = self.region(buffer) if taken else self._made(value, "loss", new)
                free = free and not taken
            if free:
                released.append(buffer)
        self._step("loss", new, found.values(), released)

    def run(self, index: int) -> None:
        """The steps of one node: gradients of its weights, of its inputs, and the update.

        What is kept for the weights alone is free before the gradients of the inputs are made; the
        weights are updated when these are, which read them.
        """
        region = self.gradient.pop(self.graph.value_of(index))
        held = self.held.get(index, [])
        targets = self.learning.targets(index)
        trained = self.learning.trained[index] > 0
        waits = trained and bool(targets) and self._waits(index, region, held)
        if trained and not waits:
            alone = self.graph.nodes[index].facts.kept.purpose == "weights" or not targets
            self._weights(index, [] if targets else [region], region.buffer, held, held if alone else [])
            held = [] if alone else held
        if targets:
            self._inputs(index, region, [] if waits else held, targets)
        if trained and not waits:
            self._update(index)

    def finish(self) -> None:
        """The gradients that have waited, the largest last, when least is left."""
        for node, region, held in sorted(self.waiting, key=lambda one: self.learning.trained[one.node]):
            self._weights(node, [region], region.buffer, held, held)
            self._update(node)

    def _waits(self, index: int, region: _Region, held: list[int]) -> bool:
        """Put the gradients of weights off, where that is wanted and they alone read what is kept."""
        of = sum(self.draft.buffers[buffer].bytes for buffer in (region.buffer, *held))
        alone = self.learning.contributions[self.learning.owner[index]] == 1
        light = self.graph.nodes[index].facts.kept.purpose != "weights" or not alone
        if light or self.learning.trained[index] <= 2 * of:
            return False
        self.heavy = True
        if self.put_off:
            region.holders += 1
            self.waiting.append(_Waiting(index, region, held))
        return self.put_off

    def _weights(
        self, index: int, dropped: list[_Region], gradient: int, held: list[int], done: list[int]
    ) -> None:
        """Add a node's part to the gradients of its weights; then let go of what no one else reads."""
        owner, node = self.learning.owner[index], self.graph.nodes[index]
        new = []
        if owner not in self.of_weights:
            size, value = self.learning.trained[index], self.graph.value_of(index)
            self.of_weights[owner] = self.draft.add(node.owner, "weight_gradients", size, value)
            new.append(self.of_weights[owner])
        released = [*self._let_go(done), *(buffer for region in dropped for buffer in self._drop(region))]
        reads = (gradient, *held, self.of_weights[owner])
        self._step(f"{node.owner}: gradients of weights", new, reads, released)

    def _inputs(self, index: int, region: _Region, held: list[int], targets: list[int]) -> None:
        node, value = self.graph.nodes[index], self.graph.value_of(index)
        reads = [region.buffer, *held]
        new: list[int] = []
        released: list[int] = []
        ordered = sorted(targets, key=lambda target: self._wants_room(target, value))
        for target in ordered:
            way = self._way(node, value, target)
            before = self.gradient.get(target)
            self.gradient[target] = self._added(target, region, way, target == ordered[-1], new, node.owner)
            if before:
                reads.append(before.buffer)
                released += [] if before is self.gradient[target] else self._drop(before)
        released += [*self._let_go(held), *self._drop(region)]
        self._step(f"{node.owner}: gradients of inputs", new, reads, released)

    def _wants_room(self, target: int, value: int) -> bool:
        """Those come last that may take the place of the output's gradient and have none of their own."""
        before = self.gradient.get(target)
        return (before is None or before.holders > 1) and self.values[target] == self.values[value]

    def _way(self, node: Node, value: int, target: int) -> Way:
        if node.facts.sharing == "join":
            return "piece"
        if self.values[target] != self.values[value]:
            return "new"
        if node.facts.alias == "view" or node.facts.sharing == "sum":
            return "same"
        return "over" if overwrites(node.facts) else "new"

    def _added(
        self, target: int, region: _Region, way: Way, last: bool, new: list[int], name: str
    ) -> _Region:
        """The region of a value's gradient with one part more: no copy where it can be helped."""
        before = self.gradient.get(target)
        if before and before.holders == 1:
            return before
        alone = region.holders == 1
        if way == "piece" and alone and not before:
            return self.region(region.buffer)
        if (way == "same" and not before) or (way in ("same", "over") and alone and last):
            region.holders += 1
            return region
        return self._made(target, name, new)

    def _made(self, value: int, name: str, new: list[int]) -> _Region:
        node = self.graph.node_of(value)
        buffer = self.draft.add(node.owner if node else name, "gradients", self.values[value], value)
        new.append(buffer)
        return self.region(buffer)

    def region(self, buffer: int) -> _Region:
        self.regions[buffer] += 1
        return _Region(buffer)

    def _drop(self, region: _Region) -> list[int]:
        """One holder less; the buffer, where it was the last of its regions' last."""
        region.holders -= 1
        if region.holders:
            return []
        self.regions[region.buffer] -= 1
        return [] if self.regions[region.buffer] else [region.buffer]

    def _let_go(self, held: Iterable[int]) -> list[int]:
        released = []
        for buffer in held:
            self.uses[buffer] -= 1
            if not self.uses[buffer]:
                released.append(buffer)
        return released

    def _update(self, index: int) -> None:
        """Once all parts of the gradients are there."""
        owner = self.learning.owner[index]
        self.pending[owner] -= 1
        if not self.pending[owner]:
            buffer = self.of_weights[owner]
            self._step(f"{self.graph.nodes[index].owner}: update", (), (buffer,), (buffer,))

    def _step(self, name: str, new: Iterable[int], reads: Iterable[int], released: Iterable[int]) -> None:
        made = tuple(new)
        read = tuple(buffer for buffer in dict.fromkeys(reads) if buffer not in made)
        self.draft.steps.append(Step(name, made, read, tuple(released)))
