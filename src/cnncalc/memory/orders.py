"""The order of a prediction's steps that needs the least memory.

Where a step is fixed at its place in every order, the order in front of it and that behind it have
nothing to do with one another. So each stretch between two such steps is searched by itself, through
the sets of its steps that can have run: what is alive follows from the set. The search takes the set
that the lowest peak leads to, so that the first way to the end is a best one.

Two rules leave most sets out, and lose nothing. A step that needs no more than the peak so far, and
leaves no more than it found, runs at once: later it would free no more, and until then nothing else
would need less. And a stretch whose steps need no more in the model's order than some other stretch
needs in its best stays as it is.

A stretch with too many sets is not searched to the end: its order is the better of the model's and one
that always takes the step that needs least. The peak is then an upper bound; the lower one is what is
alive all through the stretch and its largest single step.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.memory.flow import Flow
from cnncalc.memory.segment import Segment, Way, in_model_order, joined, places_in
from cnncalc.memory.sizes import Sizes
from cnncalc.tensors import Policy


class BestOrder(NamedTuple):
    """Nodes in order, the peak of the ideal prediction in it, and how far it is from the best.

    ``exact``: no order needs less. ``lower_bound_bytes``: none needs less than that.
    """

    order: tuple[int, ...]
    peak_bytes: int
    exact: bool
    lower_bound_bytes: int


def best_order(graph: Graph, batch_size: int, default_policy: Policy, limit: int = 20_000) -> BestOrder:
    """The order of :func:`cnncalc.memory.ideal.prediction` with the lowest peak.

    ``limit``: how many sets of steps are looked at in a stretch before it is left as it is.
    """
    sizes = Sizes(graph, batch_size, default_policy)
    parameters = sizes.all_parameters
    segments, ways = in_model_order(Flow(sizes), parameters)
    bound = max((segment.least() for segment in segments), default=parameters)
    for number in sorted(range(len(ways)), key=lambda number: -ways[number].peak):
        if ways[number].peak > bound:
            ways[number], least = _better(segments[number], ways[number], bound, limit)
            bound = max(bound, least)
    peak = max((way.peak for way in ways), default=parameters)
    return BestOrder(joined(segments, ways), max(peak, parameters), peak <= bound, bound)


def _better(segment: Segment, way: Way, bound: int, limit: int) -> tuple[Way, int]:
    """A way with a lower peak, as far as one is found, and what no way can be below.

    A way below the bound is as good as one at the bound.
    """
    way = min(way, _careful(segment, limit), key=lambda one: one.peak)
    if way.peak <= bound:
        return way, bound
    search = _Search(segment, bound, way.peak, limit)
    found = search.way()
    if search.gave_up:
        return way, bound
    return (found, max(bound, found.peak)) if found else (way, way.peak)


def _careful(segment: Segment, limit: int) -> Way:
    """Always the step that raises the peak least; of several, that which leaves least."""
    return segment.greedily(lambda peak, during, after: (max(during, peak), after), limit)


class _Set(NamedTuple):
    """Steps that have run, in a heap: those with the lowest peak first, of these the largest set."""

    level: int
    left: int
    done: int
    alive: int
    ready: int


class _Search:
    """Best first, below a peak that is known to be possible. ``came``: the last step to each set."""

    def __init__(self, segment: Segment, bound: int, known: int, limit: int) -> None:
        self.segment = segment
        self.known = known
        self.limit = limit
        self.gave_up = False
        self.heap = [_Set(bound, len(segment.steps), 0, segment.alive, segment.ready())]
        self.came: dict[int, int] = {}
        self.levels = {0: bound}
        self.tried = 0

    def way(self) -> Way | None:
        """The best way; None where none is below the known peak, or there is too much to look at."""
        while self.heap:
            state = heappop(self.heap)
            if state.done == self.segment.whole:
                return self.segment.walk(self._back(state.done))[0]
            if state.level <= self.levels[state.done]:
                self._go_on(state)
            if len(self.levels) > self.limit or self.tried > 10 * self.limit:
                self.gave_up = True
                return None
        return None

    def _go_on(self, state: _Set) -> None:
        found = []
        for place in places_in(state.ready):
            during, after = self.segment.run(place, state.done, state.alive)
            self.tried += 1
            if during <= state.level and after <= state.alive:
                found = [(place, during, after)]
                break
            if during < self.known:
                found.append((place, during, after))
        for place, during, after in found:
            self._push(state, place, during, after)

    def _push(self, state: _Set, place: int, during: int, after: int) -> None:
        done, level = state.done | 1 << place, max(state.level, during)
        if level >= self.levels.get(done, self.known):
            return
        self.levels[done] = level
        self.came[done] = place
        ready = self.segment.ready_after(place, done, state.ready)
        heappush(self.heap, _Set(level, state.left - 1, done, after, ready))

    def _back(self, done: int) -> list[int]:
        """The steps that led to a set, from the first on."""
        places = []
        while done:
            places.append(self.came[done])
            done ^= 1 << places[-1]
        return places[::-1]
