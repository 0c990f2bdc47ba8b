"""A training step without waste in which segments of the model are run forward again before their backward.

A segment begins at a cut. Its first run keeps nothing but the value that it begins with. Just before its
backward those of its nodes that something kept comes of run again, and now keep what backward reads. All the
rest is as :mod:`cnncalc.memory.ideal` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.layers.facts import NOTHING, Kept
from cnncalc.memory.backward import Backward
from cnncalc.memory.cuts import entry, run_again
from cnncalc.memory.forward import Forward
from cnncalc.memory.learning import Learning
from cnncalc.memory.plan import Draft, Plan
from cnncalc.memory.replay import replay
from cnncalc.memory.sizes import Sizes, started
from cnncalc.tensors import Policy


class Segment(NamedTuple):
    """Nodes of which some run ``again``, from the value that is kept for them."""

    value: int
    nodes: range
    again: tuple[int, ...]


class First(Forward):
    """The first run. What will run again keeps nothing, but the values that segments begin with stay."""

    def __init__(self, sizes: Sizes, draft: Draft, learning: Learning, segments: Sequence[Segment]) -> None:
        super().__init__(sizes, draft, self._keeps)
        self.learning = learning
        self.begins = frozenset(segment.value for segment in segments)
        self.inside = frozenset(index for segment in segments for index in segment.nodes)

    def _keeps(self, index: int) -> Kept:
        return NOTHING if index in self.inside else self.learning.kept(index)

    def reads(self, value: int) -> int:
        return super().reads(value) + (value in self.begins)


class Again(Forward):
    """Runs nodes of a stretch again. ``after``: values that others will read than the nodes themselves."""

    suffix = " again"

    def __init__(
        self,
        sizes: Sizes,
        draft: Draft,
        learning: Learning,
        nodes: range,
        again: Sequence[int],
        after: Sequence[int] = (),
    ) -> None:
        super().__init__(sizes, draft, learning.kept)
        self.nodes = nodes
        self.again = frozenset(again)
        self.after = after

    def reads(self, value: int) -> int:
        """Nodes that do not run again read what they keep."""
        readers = (index for index in self.graph.readers[value] if index in self.nodes)
        return sum(self._reads(index, value) for index in readers) + (value in self.after)

    def _reads(self, index: int, value: int) -> bool:
        return index in self.again or value in self._kept(index)

    def _kept(self, index: int) -> set[int]:
        return {self.graph.nodes[index].inputs[number] for number in self.keeps(index).inputs}

    def run_all(self) -> None:
        for index in self.nodes:
            if index in self.again:
                self.run(index)
            else:
                self._take(index)

    def _take(self, index: int) -> None:
        """Keep what backward will read, without a run."""
        kept = self._kept(index)
        for value in kept:
            self.uses[self.buffer[value]] -= 1
        if kept:
            self._hold(index, dict.fromkeys(self.buffer[value] for value in kept))


class Recomputing(Backward):
    """Backward, in front of each segment's the run again."""

    def __init__(
        self, forward: Forward, learning: Learning, segments: Sequence[Segment], put_off: bool
    ) -> None:
        super().__init__(forward, learning, put_off)
        self.ends = {segment.nodes[-1]: segment for segment in segments}

    def run(self, index: int) -> None:
        if index in self.ends:
            self._run_again(self.ends[index])
        super().run(index)

    def _run_again(self, segment: Segment) -> None:
        """What stayed for it is read by the nodes now, and free when they have no more need of it."""
        run = Again(self.forward.sizes, self.draft, self.learning, segment.nodes, segment.again)
        home = self.forward.buffer[segment.value]
        run.uses = self.uses
        run.buffer[segment.value] = home
        self.uses[home] += run.reads(segment.value) - 1
        run.run_all()
        self.held.update(run.held)


def segments_of(graph: Graph, learning: Learning, stretches: Sequence[range]) -> list[Segment]:
    """The stretches in which something has to run again, and what."""
    found = []
    for nodes in stretches:
        value = entry(graph, nodes)
        again, _ = run_again(graph, learning, nodes, output=False)
        if again and value is not None:
            found.append(Segment(value, nodes, again))
    return found


def least(
    graph: Graph, batch_size: int, default_policy: Policy, slot_bytes: int, stretches: Sequence[range]
) -> Plan:
    """The better of the two plans: gradients of weights at once, or large ones last."""
    sizes = Sizes(graph, batch_size, default_policy)
    learning = Learning(sizes, range(len(graph.nodes)))
    plans = [training(sizes, learning, slot_bytes, stretches, put_off) for put_off in (False, True)]
    return min(plans, key=lambda plan: replay(plan).peak.bytes)


def training(
    sizes: Sizes, learning: Learning, slot_bytes: int, stretches: Sequence[range], put_off: bool = False
) -> Plan:
    """The plan of one training step with these stretches of nodes run again, each behind a cut.

    ``put_off``: large gradients of weights are made last, as :mod:`cnncalc.memory.ideal` says.
    """
    segments = segments_of(sizes.graph, learning, stretches)
    forward = First(sizes, started(sizes, slot_bytes), learning, segments)
    order = range(len(sizes.graph.nodes))
    for index in order:
        forward.run(index)
    return Recomputing(forward, learning, segments, put_off).plan(order)
