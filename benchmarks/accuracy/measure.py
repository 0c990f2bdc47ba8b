"""Measure the rows of the ledger: ``python -m benchmarks.accuracy.measure [GROUP ...]``.

Saves after each row and goes on where it was stopped; a row that fails is recorded with its reason.
``--more ID ...`` adds four more compilations to these rows: to predictions whose trunks run in parallel, of
which one compilation does not tell enough.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import recorded
from benchmarks.accuracy.rows import Row, rows
from cnncalc.errors import CnncalcError
from cnncalc.measuring.measurement import Measurement, measure

MEASURED = Path(__file__).parent / "measured.json"

load = partial(recorded.load, MEASURED)
save = partial(recorded.save, MEASURED)

COMPILATIONS = {"training": 4, "inference": 1}


def main(groups: set[int]) -> None:
    """Measure what is not yet there."""
    done = load()
    for row in rows():
        if row.id not in done and (not groups or row.group in groups):
            started = time.monotonic()
            done = load() | {row.id: record(row)}
            save(done)
            print(f"{time.monotonic() - started:6.1f} s  {row.id}", flush=True)


def more(ids: set[str]) -> None:
    """Add compilations to rows that are there."""
    for row in rows():
        if row.id in ids:
            done = load()
            found = record(row, 4)
            done[row.id] = found | {"step_bytes": done[row.id]["step_bytes"] + found["step_bytes"]}
            save(done)


def record(row: Row, compilations: int | None = None) -> dict[str, Any]:
    """The row's settings, and what was measured or why it could not be."""
    count = compilations or COMPILATIONS[row.mode]
    head = {"row": row._asdict(), "date": datetime.now(UTC).date().isoformat()}
    try:
        found = measure(row.build(), mode=row.mode, compilations=count, **row.settings())
    except CnncalcError as error:
        return {**head, "failed": str(error)}
    return {**head, **figures(found)}


def figures(found: Measurement) -> dict[str, Any]:
    facts = found.facts
    return {
        "step_bytes": [run.step_bytes for run in found.runs],
        "left_bytes": max((run.left_bytes for run in found.runs), key=abs),
        "weights_bytes": facts.weights_bytes,
        "optimizer_bytes": facts.optimizer_bytes,
        "metrics_bytes": facts.metrics_bytes,
        "seeds_bytes": facts.seeds_bytes,
        "io_bytes": facts.io_bytes,
        "device": facts.device,
        "versions": facts.versions,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--more"]:
        more(set(sys.argv[2:]))
    else:
        main(set(map(int, sys.argv[1:])))
