"""Gradient checkpointing: layers that run again in the backward pass instead of keeping what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.checkpoints import Segments, Trade, checkpoint

TRIED = 6
"""So many trades of the curve are estimated, evenly by bytes, the least work first."""
LIMIT = 50
"""So many trades are carried along at each cut: enough for those few, in a fraction of the time."""


def segments_run_again(question: Question) -> Iterator[Remedy]:
    """The trade with the least work that fits; that which needs least where none does.

    Segments are chosen by the ideal rule; the figure is the estimate with them by the rule asked.
    """
    if question.mode == "inference":
        return
    found: list[Remedy] = []
    for trade in _spread(checkpoint(question.run.settled(), limit=LIMIT).curve):
        found += _remedy(question, trade)
        if found and found[-1].fits:
            break
    yield from sorted(found, key=lambda remedy: (not remedy.fits, remedy.needed_bytes))[:1]


def _spread(curve: Sequence[Trade]) -> list[Trade]:
    """The first trades that save a sixth of what can be saved, two sixths, ..., all of it."""
    high, low = curve[0].peak_bytes, curve[-1].peak_bytes
    most = [high - (high - low) * number // TRIED for number in range(1, TRIED + 1)]
    found = [next(trade for trade in curve if trade.peak_bytes <= size) for size in most]
    return list(dict.fromkeys(trade for trade in found if trade.segments))


def _remedy(question: Question, trade: Trade) -> Iterator[Remedy]:
    count = len(trade.segments)
    text = "one segment of layers runs" if count == 1 else f"{count} segments of layers run"
    yield from question.remedy(
        "checkpoint",
        f"gradient checkpointing: {text} again",
        checkpointed(trade.segments),
        _note(question),
        trade.recomputed_macs * question.batch_size,
    )


def _note(question: Question) -> str:
    normalised = any(node.layer.kind == "BatchNormalization" for node in question.model.graph.nodes)
    more = normalised and question.rule == "tensorflow"
    return (
        "more work, the same result" + "; TensorFlow was measured to take more (docs/checkpointing.md)" * more
    )


def checkpointed(segments: Segments) -> Change:
    """The change by which these layers run again."""

    def change(run: Run) -> Run:
        return run.changed(segments=segments)

    return change
