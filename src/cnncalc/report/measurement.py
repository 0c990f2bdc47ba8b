"""A measurement beside its estimate: as a table, and as plain data."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.measuring.measurement import Measurement
from cnncalc.report.table import Grid, fitted
from cnncalc.units import bytes_text


def to_table(found: Measurement, width: int | None = None) -> str:
    """What was measured, what was estimated, and the buffers that were alive at the peak."""
    facts = found.facts
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    head = f"{found.estimate.name}   {found.mode}, batch {found.batch_size}   {versions}, {facts.device}"
    grids = [fitted(_figures(found), width), fitted(_buffers(found), width)]
    return "\n\n".join([head, *grids, _words(found)]) + "\n"


def _figures(found: Measurement) -> Grid:
    guess = found.estimated
    rows = [
        ("variables", found.variables_bytes, guess and guess.variables_bytes),
        ("images and targets", found.facts.io_bytes, guess and guess.io_bytes),
        ("step, lowest", found.low_bytes, guess and guess.step_low_bytes),
        ("step, typical", found.modes_bytes[0], guess and guess.step_bytes),
        ("step, highest", found.high_bytes, guess and guess.step_high_bytes),
    ]
    cells = tuple((name, f"{size:,}", "-" if other is None else f"{other:,}") for name, size, other in rows)
    return Grid(("bytes", "measured", "estimated"), cells, frozenset({0}))


def _buffers(found: Measurement) -> Grid:
    """The largest buffers at the peak of the first run that took the typical value."""
    run = next(run for run in found.runs if run.step_bytes == found.modes_bytes[0])
    largest = sorted(run.buffers, key=lambda buffer: -buffer[1])[:12]
    cells = tuple((op or "(no name)", f"{size:,}", shape) for op, size, shape in largest)
    return Grid(("alive at the peak", "bytes", "shape"), cells, frozenset({0, 2}), optional=(2,))


def _words(found: Measurement) -> str:
    runs = ", ".join(bytes_text(run.step_bytes) for run in found.runs)
    allocator = max((run.allocator_bytes or 0 for run in found.runs), default=0)
    resident = bytes_text(found.facts.resident_bytes)
    chunks = bytes_text(allocator)
    return (
        f"Steps of {len(found.runs)} compilations: {runs}. The allocator's own peak, in whole chunks "
        f"and with all variables: {chunks}. The process had {resident} resident at most."
    )


def to_json(found: Measurement) -> str:
    """The whole measurement as JSON text."""
    guess = found.estimated
    data: dict[str, Any] = {
        "model": found.estimate.name,
        "mode": found.mode,
        "batch_size": found.batch_size,
        "step_low_bytes": found.low_bytes,
        "step_median_bytes": found.median_bytes,
        "step_high_bytes": found.high_bytes,
        "variables_bytes": found.variables_bytes,
        "estimated_step_bytes": guess.step_bytes if guess else None,
        "runs": [run._asdict() for run in found.runs],
        "facts": found.facts._asdict(),
    }
    return json.dumps(data, indent=2) + "\n"
