"""The bounds on the time of a step, and what measured steps reached: as a table, Markdown, and plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from cnncalc.achieved import Achieved
from cnncalc.report.table import Grid, markdown, stacked, training_header, wrapped
from cnncalc.report.timing_words import BACKENDS, words
from cnncalc.settings import Settings
from cnncalc.timing import Bound, TimeBound
from cnncalc.units import bytes_text, count_text, percent_text, seconds_text

NONE = "-"
"""What stands where there is nothing to say."""


def to_table(found: TimeBound, settings: Settings, width: int | None = None) -> str:
    """For a terminal of ``width`` columns; None: as wide as it needs to be."""
    text = words(found)
    return f"{stacked(grid(found, settings), width)}\n\n{text if width is None else wrapped(text, width)}\n"


def to_markdown(found: TimeBound, settings: Settings) -> str:
    """A table and the words."""
    return "\n\n".join([markdown(grid(found, settings)), *words(found).splitlines()]) + "\n"


def grid(found: TimeBound, settings: Settings) -> Grid:
    """One column for the prediction and one for the training step."""
    images = settings.inference_batch_size
    header = (
        found.device.name,
        f"prediction, {images} image{'s' * (images > 1)}",
        training_header(settings),
    )
    rows = [(label, *map(text, found.bounds)) for label, text in _FIGURES]
    for device, backend in sorted({(step.device, step.backend) for step in found.measured}):
        rows += _reached(found, device, backend)
    return Grid(header[: 1 + len(found.bounds)], tuple(rows), frozenset({0}))


def _rate(images_per_s: float) -> str:
    return count_text(round(images_per_s)) if images_per_s >= 100 else f"{images_per_s:.3g}"


_FIGURES: tuple[tuple[str, Callable[[Bound], str]], ...] = (
    ("MACs", lambda bound: count_text(bound.work.all_macs)),
    ("bytes moved", lambda bound: bytes_text(bound.work.bytes)),
    ("MACs per byte", lambda bound: f"{bound.macs_per_byte:,.1f}"),
    ("  the ridge", lambda bound: f"{bound.ridge:,.1f}" if bound.ridge else NONE),
    ("time for the MACs at the peak", lambda bound: seconds_text(bound.macs_s)),
    ("time for the bytes at the peak", lambda bound: seconds_text(bound.bytes_s)),
    ("a step takes at least", lambda bound: f"{seconds_text(bound.seconds)}, {bound.binding}"),
    ("images a second at most", lambda bound: _rate(bound.images_per_s)),
)


def _reached(found: TimeBound, device: str, backend: str) -> list[tuple[str, ...]]:
    """What steps on a device with a backend reached of the bound's speed, and the times at that."""
    columns = [
        [step for step in bound.measured if (step.device, step.backend) == (device, backend)]
        for bound in found.bounds
    ]
    elsewhere = device != found.device.id
    rows = [
        (f"measured{f' on {device}' * elsewhere}, Keras on {BACKENDS[backend]}", *map(_count, columns)),
        ("  share of its own bound" if elsewhere else "  share of that speed", *map(_shares, columns)),
    ]
    if max(map(len, columns)) > 1:
        rows.append(("  the median", *map(_median, columns)))
    times = [_times(bound, steps) for bound, steps in zip(found.bounds, columns, strict=True)]
    if any(time != NONE for time in times):
        rows.append(("  at these shares", *times))
    return rows


def _count(steps: Sequence[Achieved]) -> str:
    return f"{len(steps)} step{'s' * (len(steps) != 1)}"


def _shares(steps: Sequence[Achieved]) -> str:
    return _range(percent_text, [step.share for step in steps])


def _median(steps: Sequence[Achieved]) -> str:
    return percent_text(median(step.share for step in steps)) if steps else NONE


def _times(bound: Bound, steps: Sequence[Achieved]) -> str:
    """Of steps that :attr:`Bound.comparable` has."""
    like = [step for step in steps if step in bound.comparable]
    return _range(seconds_text, [bound.seconds / step.share for step in like])


def _range(text: Callable[[float], str], values: Sequence[float]) -> str:
    if not values:
        return NONE
    low, high = text(min(values)), text(max(values))
    return low if low == high else f"{low} to {high}"


def to_data(found: TimeBound) -> dict[str, Any]:
    """As dictionaries, lists, numbers and texts."""
    rates = found.device.rates
    return {
        "device": found.device.id,
        "operations_per_s": dict(rates.operations_per_s),
        "float32_as": rates.float32_as,
        "bytes_per_s": rates.bytes_per_s,
        "sources": list(rates.sources),
        "inference": _bound(found.inference),
        "training": _bound(found.training) if found.training else None,
    }


def _bound(bound: Bound) -> dict[str, Any]:
    return {
        "batch_size": bound.batch_size,
        "macs": bound.work.all_macs,
        "macs_by_dtype": dict(bound.work.macs),
        "moved_bytes": bound.work.bytes,
        "macs_per_byte": bound.macs_per_byte,
        "ridge_macs_per_byte": bound.ridge,
        "macs_s": bound.macs_s,
        "bytes_s": bound.bytes_s,
        "bound_s": bound.seconds,
        "bound_by": bound.binding,
        "images_per_s": bound.images_per_s,
        "measured": [step._asdict() | {"share": step.share} for step in bound.measured],
    }
