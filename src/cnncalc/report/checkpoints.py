"""Segments that run again: the answer in a sentence, the trade-off as a table, what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cnncalc.checkpoints import Checkpoints, Trade
from cnncalc.report.table import Grid, fitted, wrapped
from cnncalc.units import bytes_text, count_text

ROWS = 8
"""How many trades of the curve a table shows; JSON has all."""


def to_table(found: Checkpoints, file: str, width: int | None = None) -> str:
    """The sentence, the segments, the curve beside rules of thumb, and the next command."""
    text = sentence(found) if width is None else wrapped(sentence(found), width)
    grids = [fitted(grid, width) for grid in (_segments(found), _curve(found)) if grid.rows]
    runtime = [line if width is None else wrapped(line, width) for line in _runtime(found)]
    return "\n\n".join(["\n".join([text, *runtime]), *grids, _next(found, file)]) + "\n"


def sentence(found: Checkpoints) -> str:
    """What the step takes as it is, and with the segments."""
    settings = found.estimate.settings
    start = (
        f"Training {found.estimate.name} at batch {settings.batch_size} with {settings.optimizer.name} takes "
        f"{bytes_text(found.without_bytes)} without waste"
    )
    lacks = "" if found.fits else f" No choice of segments fits in {bytes_text(found.budget_bytes or 0)}."
    if not found.segments:
        return f"{start}; no layer needs to run again.{lacks}"
    count = len(found.segments)
    what = "one segment" if count == 1 else f"{count} segments"
    return (
        f"{start}, and {bytes_text(found.peak_bytes)} when {what} run{'s' * (count == 1)} again: "
        f"{bytes_text(found.without_bytes - found.peak_bytes)} less, for the MACs of "
        f"{_work(found, found.recomputed_macs)}. The peak is then in {found.peak.step}.{lacks}"
    )


def _runtime(found: Checkpoints) -> Iterator[str]:
    """What TensorFlow takes, which plans otherwise."""
    without, with_them = found.estimate.answers.get("tensorflow"), found.tensorflow
    if not found.segments or not without or not with_them or not without.training or not with_them.training:
        return
    before, after = bytes_text(without.training.total_bytes), bytes_text(with_them.training.total_bytes)
    yield f"With TensorFlow on the CPU it is about {after} instead of {before}."


def _work(found: Checkpoints, macs: int) -> str:
    """As a part of the forward pass."""
    share = macs / found.estimate.macs if found.estimate.macs else 0
    return f"{share:.1%} of a forward pass ({count_text(macs)} per image)"


def _segments(found: Checkpoints) -> Grid:
    rows = tuple((f"{names[0]} to {names[-1]}", str(len(names))) for names in found.segments)
    return Grid(("runs again", "layers"), rows, frozenset({0}))


def _curve(found: Checkpoints) -> Grid:
    """The answer, trades of the curve from the first to the last, and the rules of thumb."""
    answer = Trade("this answer", found.peak_bytes, found.recomputed_macs, found.segments)
    trades = [answer, *_some(found.curve), *found.baselines]
    header = ("", "peak", "saves", "MACs again", "of forward", "segments")
    return Grid(header, tuple(_row(found, trade) for trade in trades), frozenset({0}))


def _some(curve: tuple[Trade, ...]) -> list[Trade]:
    """From the first to the last, evenly by bytes."""
    high, low = curve[0].peak_bytes, curve[-1].peak_bytes
    wanted = [high - (high - low) * number // (ROWS - 1) for number in range(ROWS)]
    found = [next(trade for trade in curve if trade.peak_bytes <= size) for size in wanted]
    return list(dict.fromkeys(found))


def _row(found: Checkpoints, trade: Trade) -> tuple[str, ...]:
    macs = found.estimate.macs
    return (
        trade.name,
        bytes_text(trade.peak_bytes),
        f"{1 - trade.peak_bytes / found.without_bytes:.1%}",
        count_text(trade.recomputed_macs),
        f"{trade.recomputed_macs / macs:.1%}" if macs else "-",
        str(len(trade.segments)),
    )


def _next(found: Checkpoints, file: str) -> str:
    """The other question, and the model that has the segments."""
    batch = found.estimate.settings.batch_size
    budget = bytes_text((found.without_bytes + found.curve[-1].peak_bytes) // 2).replace(" ", "")
    notes = "" if found.exact else "Of the curve some trades are left out, the lowest peak is not.\n"
    return (
        f"{notes}For a budget:  cnncalc checkpoint {file} --batch-size {batch} --budget {budget}\n"
        f"The model with its segments, for estimate, measure and to_keras:  -o FILE"
    )


def _footprint(found: Checkpoints) -> dict[str, int] | None:
    """What TensorFlow takes with the segments; None without a rule."""
    training = found.tensorflow.training if found.tensorflow else None
    names = ("variables_bytes", "io_bytes", "step_low_bytes", "step_bytes", "step_high_bytes", "total_bytes")
    return {name: getattr(training, name) for name in names} if training else None


def to_json(found: Checkpoints) -> str:
    """The whole answer as JSON text."""
    data: dict[str, Any] = {
        "model": found.estimate.name,
        "settings": found.estimate.settings.model_dump(mode="json"),
        "rule": "ideal",
        "without_bytes": found.without_bytes,
        "peak_bytes": found.peak_bytes,
        "budget_bytes": found.budget_bytes,
        "fits": found.fits,
        "macs": found.estimate.macs,
        "recomputed_macs": found.recomputed_macs,
        "segments": found.segments,
        "peak": {
            "step": found.peak.step,
            "buffers": [buffer._asdict() for buffer in found.peak.buffers],
        },
        "tensorflow": _footprint(found),
        "exact": found.exact,
        "curve": [trade._asdict() for trade in found.curve],
        "baselines": [trade._asdict() for trade in found.baselines],
    }
    return json.dumps(data, indent=2) + "\n"
