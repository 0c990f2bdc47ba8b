"""The order of a prediction's steps that needs the most memory: what is at stake.

The peak of an order is that of one of its steps. So for each step the sets of others are searched
that may have run before it: all that lead to it, none that follow it, and of those beside it any
that hold together. The search goes on from the set that might still lead to the highest peak. What a set
might lead to is bounded by chains, each step in the one of its first reader: of each chain what
raises it most can have run. A step counts what it makes, less what it surely frees: that which all
other readers have read, or must have read by then.

The search begins with the better of the model's order and one that always takes the step that leaves
most, and no set is looked at that cannot lead above the peak known; so where the search ends the answer
is exact. Where it is cut off, what the sets that remain might lead to is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.memory.flow import Flow
from cnncalc.memory.segment import Segment, Way, in_model_order, joined, places_in
from cnncalc.memory.sizes import Sizes
from cnncalc.tensors import Policy


class WorstOrder(NamedTuple):
    """Nodes in order, the peak of the ideal prediction in it, and how far it is from the worst.

    ``exact``: no order needs more. ``upper_bound_bytes``: none needs more than that.
    """

    order: tuple[int, ...]
    peak_bytes: int
    exact: bool
    upper_bound_bytes: int


class _Set(NamedTuple):
    """Steps that have run before one of a segment, in a heap: those that might lead to most first.

    ``less``: the negative of what the step may need once others have run besides.
    """

    less: int
    left: int
    segment: int
    place: int
    done: int
    alive: int


def worst_order(graph: Graph, batch_size: int, default_policy: Policy, limit: int = 200_000) -> WorstOrder:
    """The order of :func:`cnncalc.memory.ideal.prediction` with the highest peak.

    ``limit``: how many steps are tried before the search is cut off.
    """
    sizes = Sizes(graph, batch_size, default_policy)
    segments, ways = in_model_order(Flow(sizes), sizes.all_parameters)
    for number, segment in enumerate(segments):
        greedy = segment.greedily(lambda peak, during, after: (-after,), limit)
        ways[number] = max(ways[number], greedy, key=lambda one: one.peak)
    search = _Search([_Around(segment) for segment in segments], max((way.peak for way in ways), default=0))
    bound = search.run(limit)
    if search.found:
        ways[search.found.segment] = search.way(search.found)
    peak = max((way.peak for way in ways), default=sizes.all_parameters)  # behind the step it may be higher
    return WorstOrder(joined(segments, ways), peak, bound <= peak, max(bound, peak))


def may_need_more(segment: Segment, known: int, limit: int = 10_000) -> bool:
    """Whether some order of a segment needs more than ``known`` bytes, or none could be shown not to."""
    return _Search([_Around(segment)], known).run(limit) > known


class _Around:
    """Which steps of a segment may have run before each: ``before`` must have, ``after`` cannot.

    ``alive``: the bytes once those before it have run, and no others.
    """

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.before = [0] * len(segment.steps)
        self.after = [0] * len(segment.steps)
        self.alive = [segment.alive] * len(segment.steps)
        for place, needed in enumerate(segment.needs):
            for other in places_in(needed):
                self.before[place] |= self.before[other] | 1 << other
            self.alive[place] = self._alive(place)
        for place in reversed(range(len(segment.steps))):
            for other in segment.follow[place]:
                self.after[place] |= self.after[other] | 1 << other
        self.chains = list(_chains(segment))

    def _alive(self, place: int) -> int:
        """On from the step in front of it that has most before it."""
        most = max(
            places_in(self.segment.needs[place]), key=lambda one: self.before[one].bit_count(), default=None
        )
        if most is None:
            return self.segment.alive
        done = self.before[most]
        alive = self.segment.run(most, done, self.alive[most])[1]
        done |= 1 << most
        for other in places_in(self.before[place] & ~done):
            alive = self.segment.run(other, done, alive)[1]
            done |= 1 << other
        return alive

    def at_once(self) -> int:
        """The bytes of all that its steps ever make or read."""
        flow, steps = self.segment.flow, self.segment.steps
        images = {storage for index in steps for storage in flow.reads[index] if flow.loaded[storage]}
        made = sum(flow.made[index] for index in steps)
        return self.segment.alive + made + sum(flow.sizes[image] for image in images)

    def beside(self, place: int, done: int) -> int:
        """The steps that may run before it or after it, and have not."""
        return self.segment.whole & ~(self.before[place] | self.after[place] | 1 << place | done)

    def room(self, beside: int, done: int) -> int:
        """What steps beside it can add to what is alive, and no less."""
        return sum(self._highest(chain, beside, done) for chain in self.chains)

    def _highest(self, chain: int, beside: int, done: int) -> int:
        total = highest = 0
        for place in places_in(chain & beside):
            total += self.segment.run(place, done | self.before[place], 0)[1]
            highest = max(highest, total)
        return highest


def _chains(segment: Segment) -> Iterator[int]:
    """All steps in chains, each a set: a step, the first that follows it and is in no other chain, ..."""
    free = segment.whole
    for start in range(len(segment.steps)):
        chain, place = 0, start if free >> start & 1 else None
        while place is not None:
            chain |= 1 << place
            free &= ~(1 << place)
            place = next((other for other in segment.follow[place] if free >> other & 1), None)
        if chain:
            yield chain


class _Search:
    """Best first, over the steps of all segments. ``known``: the highest peak so far, that of ``found``."""

    def __init__(self, all_around: list[_Around], known: int) -> None:
        self.all_around = all_around
        self.known = known
        self.found: _Set | None = None
        self.heap: list[_Set] = []
        self.seen: set[tuple[int, int, int]] = set()
        self.tried = 0

    def run(self, limit: int) -> int:
        """Search; no order needs more than the answer."""
        for number, around in enumerate(self.all_around):
            for place, done in enumerate(around.before):
                if self.tried > limit:
                    return max(self.known, *(one.at_once() for one in self.all_around))
                self._push(number, place, done, around.alive[place])
        while self.heap and self.tried < limit:
            state = heappop(self.heap)
            if -state.less <= self.known:
                return self.known
            self._go_on(state)
        return max(self.known, -self.heap[0].less) if self.heap else self.known

    def _push(self, number: int, place: int, done: int, alive: int) -> None:
        if (number, place, done) in self.seen:
            return
        self.seen.add((number, place, done))
        around = self.all_around[number]
        needed = around.segment.run(place, done, alive)[0]
        beside = around.beside(place, done)
        self.tried += beside.bit_count()
        state = _Set(-needed - around.room(beside, done), beside.bit_count(), number, place, done, alive)
        if needed > self.known:
            self.known, self.found = needed, state
        if -state.less > self.known:
            heappush(self.heap, state)

    def _go_on(self, state: _Set) -> None:
        """One step more has run before it."""
        around = self.all_around[state.segment]
        for other in places_in(around.beside(state.place, state.done)):
            if not around.segment.needs[other] & ~state.done:
                alive = around.segment.run(other, state.done, state.alive)[1]
                self._push(state.segment, state.place, state.done | 1 << other, alive)

    def way(self, state: _Set) -> Way:
        """The set, the step, and then the others."""
        segment = self.all_around[state.segment].segment
        rest = segment.whole & ~(state.done | 1 << state.place)
        return segment.walk((*places_in(state.done), state.place, *places_in(rest)))[0]
