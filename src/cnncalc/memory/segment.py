"""A stretch of steps that can run in several orders: what each step needs after which others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cnncalc.memory.flow import Flow


class Way(NamedTuple):
    """Places of a segment in order, and their peak."""

    places: tuple[int, ...]
    peak: int


class Segment:
    """Steps by their place in the stretch; sets of them are bit masks.

    ``alive``: bytes before any of them has run. What a step needs, and what it leaves, follow from
    the set of those that have run before it.
    """

    def __init__(self, flow: Flow, steps: range, alive: int) -> None:
        self.flow = flow
        self.steps = steps
        self.alive = alive
        self.whole = (1 << len(steps)) - 1
        self.needs = [0] * len(steps)
        self.follow: list[list[int]] = [[] for _ in steps]
        self.readers: dict[int, int] = {}
        self.places = [flow.places(index) for index in steps]
        for place, index in enumerate(steps):
            self._link(place, index)

    def _link(self, place: int, index: int) -> None:
        first = len(self.flow.graph.inputs) + self.steps.start
        for value in dict.fromkeys(self.flow.graph.nodes[index].inputs):
            if value >= first:
                self.needs[place] |= 1 << (value - first)
                self.follow[value - first].append(place)
        for storage in self.flow.reads[index]:
            self.readers[storage] = self.readers.get(storage, 0) | 1 << place

    def ready(self) -> int:
        """The steps that can run first."""
        return sum(1 << place for place, needed in enumerate(self.needs) if not needed)

    def ready_after(self, place: int, done: int, ready: int) -> int:
        """The steps that can run once that one has, with which ``done`` have."""
        ready &= ~(1 << place)
        for other in self.follow[place]:
            if not self.needs[other] & ~done:
                ready |= 1 << other
        return ready

    def run(self, place: int, done: int, alive: int) -> tuple[int, int]:
        """Bytes during the step and after it, where ``done`` have run and ``alive`` bytes are there."""
        flow, index = self.flow, self.steps[place]
        others = ~(done | 1 << place)
        last = []
        for storage in flow.reads[index]:
            if flow.loaded[storage] and not self._is_loaded(storage, done):
                alive += flow.sizes[storage]
            if not self.readers[storage] & others and not self._outlasts(storage):
                last.append(storage)
        made = flow.made[index]
        during = alive if any(storage in last for storage in self.places[place]) else alive + made
        unread = made if flow.unread[index] else 0
        return during, alive + made - unread - sum(flow.sizes[storage] for storage in last)

    def walk(self, places: Iterable[int]) -> tuple[Way, int]:
        """The peak of an order, and the bytes that it leaves."""
        done, alive, peak, walked = 0, self.alive, 0, []
        for place in places:
            during, alive = self.run(place, done, alive)
            done |= 1 << place
            peak = max(peak, during)
            walked.append(place)
        return Way(tuple(walked), peak), alive

    def greedily(self, cost: Callable[[int, int, int], tuple[int, ...]], limit: int) -> Way:
        """Always the step that costs least, by the peak so far and the bytes during it and after it.

        The model's order where more than ``limit`` steps would have to be looked at.
        """
        done, alive, peak, ready = 0, self.alive, 0, self.ready()
        places: list[int] = []
        while ready:
            limit -= ready.bit_count()
            if limit < 0:
                return self.walk(range(len(self.steps)))[0]
            tried = [(place, *self.run(place, done, alive)) for place in places_in(ready)]
            place, during, alive = min(tried, key=lambda one: (*cost(peak, *one[1:]), one[0]))
            peak = max(peak, during)
            places.append(place)
            done |= 1 << place
            ready = self.ready_after(place, done, ready)
        return Way(tuple(places), peak)

    def _is_loaded(self, storage: int, done: int) -> bool:
        return bool(self.readers[storage] & done) or self.flow.readers[storage][0] < self.steps.start

    def _outlasts(self, storage: int) -> bool:
        """Whether the storage is alive when all of them have run."""
        return self.flow.stays[storage] or self.flow.readers[storage][-1] >= self.steps.stop

    def least(self) -> int:
        """No order needs less: what is alive throughout, and the largest single step."""
        made = {self.flow.home[index] for index in self.steps if self.flow.made[index]}
        before = [s for s in self.readers if s not in made and self._is_there(s)]
        passing = sum(self.flow.sizes[s] for s in before if not self._outlasts(s))
        throughout = {s for s in before if self._outlasts(s)}
        return self.alive - passing + max(self._step(place, throughout) for place in range(len(self.steps)))

    def _is_there(self, storage: int) -> bool:
        return not self.flow.loaded[storage] or self._is_loaded(storage, 0)

    def _step(self, place: int, throughout: set[int]) -> int:
        index = self.steps[place]
        read = sum(self.flow.sizes[s] for s in self.flow.reads[index] if s not in throughout)
        return read + (0 if self.places[place] else self.flow.made[index])


def in_model_order(flow: Flow, parameters: int) -> tuple[list[Segment], list[Way]]:
    """All segments of a run that begins with the parameters, and the model's order in each."""
    segments, ways, alive = [], [], parameters
    for steps in flow.segments():
        segments.append(Segment(flow, steps, alive))
        way, alive = segments[-1].walk(range(len(steps)))
        ways.append(way)
    return segments, ways


def joined(segments: list[Segment], ways: list[Way]) -> tuple[int, ...]:
    """The steps of a whole run."""
    pairs = zip(segments, ways, strict=True)
    return tuple(segment.steps[place] for segment, way in pairs for place in way.places)


def places_in(mask: int) -> Iterator[int]:
    """
    >>> list(places_in(0b1101))
    [0, 2, 3]
    """
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
