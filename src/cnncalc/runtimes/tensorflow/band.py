"""How far the peak of a training step goes, over the orders that the executor may take.

Nothing orders a layer's weight gradient against its input gradient, and the layout pass numbers the two by
address. Where the weight gradient comes second it waits until all of the backward pass has run, and what it
reads stays alive with it. The band is worked out from the timeline instead of run anew. Its high side is that
of each single layer put off so; its low side also that of up to ``TOGETHER`` layers, those that run at the
peak: put off, they run when little else is alive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from cnncalc.memory.replay import Timeline
from cnncalc.runtimes.tensorflow.executor import PutOff

TOGETHER = 3
"""A network's dense layers, or a block's convolutions, are often put off together, of which two or three are
large (docs/memory.md, "Why two runs differ")."""


def band(timeline: Timeline, put_off: tuple[PutOff, ...], slots: bool = False) -> tuple[int, int]:
    """The lowest and the highest peak in bytes, what is fixed included.

    ``slots``: whether the optimizer has variables for each weight; an update waits where those are read late.

    >>> from cnncalc.memory.plan import Buffer, Plan, Step
    >>> from cnncalc.memory.replay import replay
    >>> buffers = tuple(Buffer("a", "outputs", size) for size in (8, 4, 8))
    >>> steps = (Step("x", (0,)), Step("dw", (1,), (0,), (0, 1)), Step("dx", (2,), (), (2,)))
    >>> put_off = PutOff(at=1, until=2, held_bytes=8, weight_bytes=4)
    >>> band(replay(Plan(buffers, steps)), (put_off,))  # x 8 + dw 4; or x 8 held + dx 8, + dw 4 at the end
    (12, 16)
    """
    end = _left(timeline, -1)
    alive = (*timeline.step_bytes, end)
    until = list(accumulate(alive, max))
    after = list(accumulate(reversed(alive), max))[::-1]
    alone = [timeline.peak.bytes]
    for item in put_off:
        before = until[item.at - 1] if item.at else 0
        alone.append(max(before, _alone(timeline, (alive, after), end, item)))
        if slots:
            alone.append(max(before, after[item.at] + item.weight_bytes))
    free = [item for item in put_off if item.end is None]
    return min([*alone, *_together(alive, end, free)]), max(alone)


def _left(timeline: Timeline, step: int) -> int:
    """What is alive when a step has run."""
    plan = timeline.plan
    return timeline.step_bytes[step] - sum(plan.buffers[number].bytes for number in plan.steps[step].releases)


def _alone(timeline: Timeline, alive: tuple[Sequence[int], Sequence[int]], end: int, item: PutOff) -> int:
    """The most from the gradient of the layer's input on, with the layer put off to its end."""
    each, after = alive
    first, behind = each[item.until] - item.copied_bytes, item.until + 1
    if item.end is None:
        rest, last, then = after[behind : behind + 1], end, 0
    else:
        rest, last, then = each[behind : item.end], _left(timeline, item.end - 1), after[item.end]
    return max(max([first, *rest]) + item.held_bytes, last + item.held_bytes + item.weight_bytes, then)


def _together(alive: Sequence[int], end: int, put_off: Sequence[PutOff]) -> Iterator[int]:
    """The peaks with one, two, ... layers put off, in turn the one of which a gradient runs at the peak."""
    chosen: list[PutOff] = []
    for _ in range(TOGETHER):
        peak = max(_stretches(alive, end, chosen))
        here = [item for item in put_off if item.at <= peak.step < item.until and item not in chosen]
        if not here:
            return
        chosen = sorted([*chosen, here[0]])
        yield max(_stretches(alive, end, chosen)).bytes


class _Most(NamedTuple):
    """The most that is alive in a stretch of steps, and the first step at which it is."""

    bytes: int
    step: int


def _stretches(alive: Sequence[int], end: int, chosen: Sequence[PutOff]) -> Iterator[_Most]:
    """The most in each stretch between the layers put off, at the gradients behind, and in theirs at the end.

    The one that was put off last runs first at the end: it is on top of the executor's stack.
    """
    start = held = 0
    for item in chosen:
        yield _most(alive, start, item.at, held)
        held += item.held_bytes
        start = item.until + 1
        yield _Most(alive[item.until] - item.copied_bytes + held, item.until)
    yield _most(alive, start, len(alive), held)
    for item in reversed(chosen):
        yield _Most(end + held + item.weight_bytes, len(alive))
        held -= item.held_bytes


def _most(alive: Sequence[int], start: int, stop: int, held: int) -> _Most:
    if start >= stop:
        return _Most(0, start)
    most = max(alive[start:stop])
    return _Most(most + held, alive.index(most, start))
