"""Gradient checkpointing: which segments to run again, for a budget or a number of segments, byte-optimal.

What is alive when a block runs is what the blocks in front of it have left and the block's own; so the
most that is alive behind a cut follows, over what is alive there, from the next piece (a block as it is, or a
segment of several) and from the most behind that. It grows with the latter and depends on nothing else, so
dynamic programming from the last cut to the first loses nothing: for a budget all pairs of bytes and
recomputed MACs are carried along that no other pair beats in both.

Exact within the rule of :mod:`cnncalc.memory.recomputing`: no choice of segments between these cuts needs
less. Assumed: everything that :mod:`cnncalc.memory.ideal` assumes; a segment runs again once, and all of it
that something kept comes of; where gradients of weights are put off, no layer from the first such one on is
in a segment, and none whose memory that one uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from operator import itemgetter
from typing import NamedTuple

from cnncalc.memory.backward import Backward
from cnncalc.memory.block_costs import BlockCosts
from cnncalc.memory.cuts import Stretch, blocks, joined
from cnncalc.memory.learning import Learning
from cnncalc.memory.plan import Draft, Plan
from cnncalc.memory.recomputing import First, segments_of, training
from cnncalc.memory.replay import replay
from cnncalc.memory.sizes import Sizes
from cnncalc.model import Model
from cnncalc.tensors import Policy


class Choice(NamedTuple):
    """Segments, the peak of the step with them, and the MACs per sample that run again.

    ``put_off``: large gradients of weights are made last.
    """

    peak_bytes: int
    recomputed_macs: int
    segments: tuple[Stretch, ...]
    put_off: bool


class _Move(NamedTuple):
    """One piece of the model: bytes at least, and what it adds to the most behind it; where it ends."""

    least: int
    adds: int
    macs: int
    stop: int
    segment: bool


class _Way(NamedTuple):
    """Pieces from a cut to the end: the most over what is alive at the cut."""

    level: int
    macs: int
    move: _Move | None = None
    rest: _Way | None = None


_BY_LEVEL, _BY_MACS = itemgetter(0, 1), itemgetter(1, 0)
_State = tuple[int, bool]
"""A block, and whether what is in front of it keeps what backward reads."""


class _Rest(NamedTuple):
    """The blocks of a segment from one on, when they run again and backward."""

    level: int
    runs: int
    macs: int
    wants: bool


NOTHING = _Rest(-(1 << 62), 0, 0, False)
"""Behind the last block of a segment."""


class _Moves:
    """The pieces that can begin at each block but the last: as a segment that would gain nothing."""

    def __init__(self, costs: BlockCosts) -> None:
        self.costs = costs
        count = len(costs.blocks) - 1
        self.last = count
        self.first = [(costs.first(number, True), costs.first(number, False)) for number in range(count)]
        self.rests: list[_Rest] = []
        self.moves: dict[_State, list[_Move]] = {}
        self.beside = [costs.behind[number].bytes for number in range(count)]
        for number in reversed(range(count)):
            self._at(number)

    def states(self) -> list[_State]:
        """From the last block but one to the first."""
        return list(self.moves)

    def after(self, move: _Move) -> _State:
        """Where a move leads to."""
        return move.stop, not move.segment and self.costs.held[move.stop]

    def end(self, held: bool) -> int:
        """The most of the last block."""
        cost = self.costs.cost(self.last, held, True)
        return max(cost.forward, cost.backward)

    def _at(self, number: int) -> None:
        ends = [NOTHING, *self.rests]
        for held in {False, self.costs.held[number]}:
            cost = self.costs.cost(number, held, True)
            whole = _Move(max(cost.forward, cost.backward), cost.left, 0, number + 1, False)
            self.moves[number, held] = [whole, *self._segments(number, held, ends)]
        self.rests = [self._rest(number, number + place, True, rest) for place, rest in enumerate(ends)]

    def _segments(self, number: int, held: bool, ends: Sequence[_Rest]) -> Iterator[_Move]:
        if self.costs.entries[number] is None:
            return
        size = self.costs.entry_bytes[number]
        inner = [0, *(free for _, free in self.first[number + 1 :])]
        first = self.first[number][0] - size
        for place, (most, rest) in enumerate(zip(accumulate(inner, max), ends, strict=True)):
            again = self._rest(number, number + place, held, rest)
            stop = number + place + 1
            if again.runs:
                least = max(first, most, again.level)
                yield _Move(least, self.costs.entry_bytes[stop], again.macs, stop, True)

    def _rest(self, number: int, last: int, held: bool, rest: _Rest) -> _Rest:
        """A block run again, in front of the others of a segment that ends with ``last``."""
        cost = self.costs.cost(number, held, rest.wants)
        beside = self.beside[last]
        level = max(cost.forward + beside, cost.left + rest.level, cost.backward)
        return _Rest(level, cost.runs + rest.runs, cost.macs + rest.macs, cost.wants)


def _ways(moves: _Moves, limit: int) -> tuple[list[_Way], bool]:
    """From the first cut on: the ways that no other beats in bytes and in MACs, and whether these are all."""
    exact = True
    fronts = {(moves.last, held): [_Way(moves.end(held), 0)] for held in (False, True)}
    for number, held in moves.states():
        found = (_after(move, fronts[moves.after(move)]) for move in moves.moves[number, held])
        front = _front(chain.from_iterable(found))
        exact = exact and len(front) <= limit
        fronts[number, held] = _thinned(front, limit)
    return fronts[0, False], exact


def _after(move: _Move, ways: Sequence[_Way]) -> Iterator[_Way]:
    """The move in front of ways with falling levels and rising MACs; behind the first that it hides, no more
    matter."""
    for way in ways:
        level = move.adds + way.level
        yield _Way(max(move.least, level), move.macs + way.macs, move, way)
        if level <= move.least:
            return


def _front(ways: Iterable[_Way]) -> list[_Way]:
    """Those of few MACs first, and of the others those that take less."""
    found: list[_Way] = []
    for way in sorted(ways, key=_BY_MACS):
        if not found or way.level < found[-1].level:
            found.append(way)
    return found


def _thinned(front: list[_Way], limit: int) -> list[_Way]:
    """So many of the ways at most, the first and the last among them."""
    if len(front) <= limit:
        return front
    last = len(front) - 1
    return [front[number * last // (limit - 1)] for number in range(limit)]


def _fewest(moves: _Moves, number: int) -> _Way:
    """The way of the lowest level with at most so many segments."""
    best = {(moves.last, held): [_Way(moves.end(held), 0)] * (number + 1) for held in (False, True)}
    for state in moves.states():
        best[state] = [_lowest(moves, state, best, count) for count in range(number + 1)]
    return best[0, False][number]


def _lowest(moves: _Moves, state: _State, best: dict[_State, list[_Way]], count: int) -> _Way:
    ways = (
        way
        for move in moves.moves[state]
        if count >= move.segment
        for way in _after(move, [best[moves.after(move)][count - move.segment]])
    )
    return min(ways, key=_BY_LEVEL)


class Checkpointing:
    """The choices of segments for one training step.

    ``slot_bytes`` are those of the optimizer. ``limit``: of more choices than that behind a cut some are
    left out.
    """

    def __init__(
        self,
        model: Model,
        batch_size: int,
        default_policy: Policy,
        slot_bytes: int = 0,
        limit: int = 400,
    ) -> None:
        self.graph = model.graph
        self.sizes = Sizes(self.graph, batch_size, default_policy)
        self.slot_bytes = slot_bytes
        self.learning = Learning(self.sizes, range(len(self.graph.nodes)))
        self.blocks = blocks(model)
        self.schedules = tuple(self._schedules())
        self.fronts = [_ways(schedule.moves, limit) for schedule in self.schedules]

    @property
    def exact(self) -> bool:
        """Whether no choice is missing on the curve. The one with the lowest peak never is."""
        return all(exact for _, exact in self.fronts)

    @cached_property
    def curve(self) -> tuple[Choice, ...]:
        """The choices that no other beats in bytes and in MACs, the fewest MACs first."""
        pairs = zip(self.schedules, self.fronts, strict=True)
        found = [schedule.choice(way) for schedule, (ways, _) in pairs for way in ways]
        return _best([self.chosen(()), *found])

    def within(self, budget_bytes: int) -> Choice | None:
        """The choice with the fewest MACs that fits; None if none does."""
        return next((choice for choice in self.curve if choice.peak_bytes <= budget_bytes), None)

    def with_segments(self, number: int) -> Choice:
        """A choice of at most so many segments, with the lowest peak that is possible with these."""
        found = [schedule.choice(_fewest(schedule.moves, number)) for schedule in self.schedules]
        known = [choice for choice in self.curve if len(choice.segments) <= number]
        return min([*found, *known], key=_BY_LEVEL)

    def chosen(self, stretches: Sequence[Stretch]) -> Choice:
        """Segments that are given, as a choice: the better of the two schedules."""
        nodes = [stretch.nodes for stretch in stretches]
        segments = segments_of(self.graph, self.learning, nodes)
        macs = sum(self.graph.nodes[index].facts.macs for segment in segments for index in segment.again)
        peaks = [(replay(self.plan(nodes, put_off)).peak.bytes, put_off) for put_off in (False, True)]
        peak, put_off = min(peaks)
        return Choice(peak, macs, tuple(stretches), put_off)

    def plan(self, stretches: Sequence[range], put_off: bool) -> Plan:
        """The plan of the step, to be replayed."""
        return training(self.sizes, self.learning, self.slot_bytes, stretches, put_off)

    def _schedules(self) -> Iterator[_Schedule]:
        yield _Schedule(self, self.blocks, False)
        free = self._in_front_of_put_off()
        while free is not None:
            schedule = _Schedule(self, [*free, joined(self.blocks[len(free) :])], True)
            if schedule.costs.apart or not free:
                yield schedule
                return
            free = free[:-1]

    def _in_front_of_put_off(self) -> list[Stretch] | None:
        """The blocks in front of all that is put off, but for one; None if nothing is."""
        forward = First(self.sizes, Draft(), self.learning, ())
        for index in range(len(self.graph.nodes)):
            forward.run(index)
        back = Backward(forward, self.learning, put_off=True)
        back.plan(range(len(self.graph.nodes)))
        if not back.waiting:
            return None
        begin = min(one.node for one in back.waiting)
        return [block for block in self.blocks if block.nodes.stop <= begin][:-1]


class _Schedule:
    """Gradients of weights at once, or large ones last: the pieces of the model, and what they cost."""

    def __init__(self, step: Checkpointing, blocks: Sequence[Stretch], put_off: bool) -> None:
        self.blocks = blocks
        self.put_off = put_off
        self.costs = BlockCosts(step.sizes, step.learning, [block.nodes for block in blocks], put_off)
        self.moves = _Moves(self.costs)
        graph = step.graph
        weights = sum(step.sizes.parameters(node) for node in graph.nodes if node.weights)
        self.fixed = weights + step.slot_bytes

    def choice(self, way: _Way) -> Choice:
        level = max(self.costs.entry_bytes[0] + way.level, self.costs.final)
        return Choice(self.fixed + level, way.macs, tuple(self._segments(way)), self.put_off)

    def _segments(self, way: _Way | None) -> Iterator[Stretch]:
        start = 0
        while way and way.move:
            if way.move.segment:
                yield joined(self.blocks[start : way.move.stop])
            start, way = way.move.stop, way.rest


def _best(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Those that no other beats, the fewest MACs first."""
    kept: list[Choice] = []
    for choice in sorted(choices, key=lambda one: (one.recomputed_macs, one.peak_bytes, len(one.segments))):
        if not kept or choice.peak_bytes < kept[-1].peak_bytes:
            kept.append(choice)
    return tuple(kept)
