"""A stretch of steps that can run in several orders: what each step needs after which others."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.memory.flow import Flow


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


def places_in(mask: int) -> Iterator[int]:
    """
    >>> list(places_in(0b1101))
    [0, 2, 3]
    """
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
