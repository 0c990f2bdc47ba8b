"""How far the peak of a training step goes, over the orders that the executor may take.

Nothing orders a layer's weight gradient against its input gradient, and the layout pass numbers the two by
address. Where the weight gradient comes second it waits until all of the backward pass has run, and what it
reads stays alive with it. The band is that of the most frequent order and of each single layer put off so,
worked out from the timeline instead of run anew. Orders in which several layers are put off exist
and are rare.
"""

from __future__ import annotations

from itertools import accumulate

from cnncalc.memory.replay import Timeline
from cnncalc.runtimes.tensorflow.executor import PutOff


def band(timeline: Timeline, put_off: tuple[PutOff, ...], slots: bool = False) -> tuple[int, int]:
    """The lowest and the highest peak in bytes, what is fixed included.

    ``slots``: whether the optimizer has variables for each weight; an update waits where those are read late.

    >>> from cnncalc.memory.plan import Buffer, Plan, Step
    >>> from cnncalc.memory.replay import replay
    >>> buffers = tuple(Buffer("a", "outputs", size) for size in (8, 4, 8))
    >>> steps = (Step("x", (0,)), Step("dw", (1,), (0,), (0, 1)), Step("dx", (2,), (), (2,)))
    >>> put_off = PutOff(at=1, until=2, held_bytes=8, weight_bytes=4)
    >>> band(replay(Plan(buffers, steps)), (put_off,))  # x 8 + dw 4; or x 8 held + dx 8, + dw 4 at the end
    (12, 20)
    """
    alive = timeline.step_bytes
    until = list(accumulate(alive, max))
    after = list(accumulate(reversed(alive), max))[::-1]
    peaks = [timeline.peak.bytes]
    for item in put_off:
        before = until[item.at - 1] if item.at else 0
        rest = _from(after, item.until)
        peaks.append(max(before, rest + item.held_bytes, alive[-1] + item.held_bytes + item.weight_bytes))
        if slots:
            peaks.append(max(before, _from(after, item.at) + item.weight_bytes))
    return min(peaks), max(peaks)


def _from(after: list[int], step: int) -> int:
    """The most that is alive from a step on; behind the last step, where nothing counted runs, as at it."""
    return after[step] if step < len(after) else after[-1]
