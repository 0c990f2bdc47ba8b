"""The forward pass of a run without waste: what holds each value, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cnncalc.errors import CnncalcError
from cnncalc.graph import Graph, Node
from cnncalc.layers.facts import NOTHING, Facts, Kept
from cnncalc.memory.plan import Draft, Role, Step
from cnncalc.memory.replay import PlanError
from cnncalc.memory.sizes import Sizes


def runs_in(order: Sequence[int] | None, graph: Graph) -> Sequence[int]:
    """The nodes in the order given, or in the model's.

    Raises CnncalcError where the order does not hold every node once.
    """
    if order is None:
        return range(len(graph.nodes))
    if sorted(order) != list(range(len(graph.nodes))):
        raise CnncalcError(f"the order does not hold each of the {len(graph.nodes)} steps once.")
    return order


def overwrites(facts: Facts) -> bool:
    """Whether the output may be written over an input of its size that no one reads any more."""
    return facts.alias == "overwrite" or facts.sharing in ("reuse", "sum")


def nothing_kept(index: int) -> Kept:
    """For prediction: backward never comes."""
    return NOTHING


class Forward:
    """Runs nodes on paper.

    ``buffer``: which one holds each value. ``uses``: how many reads of each buffer are to come; one
    for each node that keeps it, however often it does. ``held``: what each node keeps.
    """

    suffix = ""
    """What the names of the steps end with."""

    def __init__(self, sizes: Sizes, draft: Draft, keeps: Callable[[int], Kept] = nothing_kept) -> None:
        self.graph = sizes.graph
        self.sizes = sizes
        self.draft = draft
        self.keeps = keeps
        self.outputs = frozenset(self.graph.outputs)
        self.buffer: dict[int, int] = {}
        self.uses: dict[int, int] = {}
        self.held: dict[int, list[int]] = {}

    def run(self, index: int) -> None:
        """One step: load the images that it is the first to read, compute, release what is not read again."""
        node, value = self.graph.nodes[index], self.graph.value_of(index)
        values = dict.fromkeys(node.inputs)
        new = [self._load(value, node) for value in values if value not in self.buffer]
        reads = tuple(dict.fromkeys(self.buffer[value] for value in values))
        for read in values:
            self.uses[self.buffer[read]] -= 1
        kept = self.keeps(index)
        if kept.inputs:
            self._hold(index, dict.fromkeys(self.buffer[node.inputs[number]] for number in kept.inputs))
        home = self._home(node, self.sizes.values[value])
        if home is None:
            home = self._new(node.owner, "outputs", self.sizes.values[value], value)
            new.append(home)
        self._settle(value, home)
        if kept.output:
            self._hold(index, (home,))
        if kept.made:
            new += self._made(index, node, kept)
        released = tuple(buffer for buffer in dict.fromkeys((*reads, home)) if not self.uses[buffer])
        self.draft.steps.append(Step(node.owner + self.suffix, tuple(new), reads, released))

    def _load(self, value: int, node: Node) -> int:
        if value >= len(self.graph.inputs):
            raise PlanError(f'step "{node.owner}" runs before a step that it reads.')
        buffer = self._new(self.graph.inputs[value].name, "inputs", self.sizes.values[value], value)
        self._settle(value, buffer)
        return buffer

    def _new(self, name: str, role: Role, size: int, value: int) -> int:
        buffer = self.draft.add(name, role, size, value)
        self.uses[buffer] = 0
        return buffer

    def _settle(self, value: int, buffer: int) -> None:
        """Let the buffer hold the value, for all who will read it."""
        self.buffer[value] = buffer
        self.uses[buffer] += self.reads(value)

    def reads(self, value: int) -> int:
        """How often a value will be read; what the model gives stays for one more."""
        return len(self.graph.readers[value]) + (value in self.outputs)

    def _made(self, index: int, node: Node, kept: Kept) -> list[int]:
        sized = [(f"{node.owner} {made.name}", self.sizes.made(node, made)) for made in kept.made]
        made = [self._new(name, "kept", size, self.graph.value_of(index)) for name, size in sized]
        self._hold(index, made)
        return made

    def _hold(self, index: int, buffers: Iterable[int]) -> None:
        """Let the node keep them until its backward step."""
        held = self.held.setdefault(index, [])
        for buffer in buffers:
            held.append(buffer)
            self.uses[buffer] += 1
            if self.draft.buffers[buffer].role == "outputs":
                self.draft.turn(buffer, "kept")

    def _home(self, node: Node, size: int) -> int | None:
        """The buffer in which the output may stand without memory of its own."""
        if node.facts.alias == "view":
            buffer = self.buffer[node.inputs[0]]
            return buffer if self.draft.buffers[buffer].bytes == size else None
        if not overwrites(node.facts):
            return None
        given = (self.buffer[value] for value in node.inputs)
        return next((buffer for buffer in given if self._free(buffer, size)), None)

    def _free(self, buffer: int, size: int) -> bool:
        """No one reads the old value any more; the images are the user's."""
        found = self.draft.buffers[buffer]
        return not self.uses[buffer] and found.bytes == size and found.role != "inputs"
