"""Measure models with and without segments: ``python -m benchmarks.checkpointing.measure``.

Saves after each row and goes on where it was stopped. Each row is measured over several compilations, for the
order in which TensorFlow runs a step is fixed in one and may differ in the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import recorded
from benchmarks.accuracy.rows import resized
from cnncalc.checkpoints import Checkpoints, checkpoint
from cnncalc.interop.loading import load
from cnncalc.layers import Conv2D
from cnncalc.measuring.measurement import measure
from cnncalc.model import Model, Sequential

MEASURED = Path(__file__).parent / "measured.json"
COMPILATIONS = 4
PIXELS = 96


class Row(NamedTuple):
    """A model at a batch size, and how many segments run again at most: 0 is the model as it is."""

    model: str
    batch_size: int
    segments: int

    @property
    def id(self) -> str:
        return f"{self.model} batch {self.batch_size} segments {self.segments}"

    def build(self) -> Model:
        if self.model == "chain":
            return chain()
        return resized(load(self.model), PIXELS)


def chain() -> Model:
    """Sixteen convolutions of one size: no weights to speak of, every output 2 MiB at batch 8."""
    layers = [
        Conv2D(filters=16, kernel_size=3, padding="same", activation="relu", name=f"conv{number}")
        for number in range(16)
    ]
    return Sequential(layers, input=(64, 64, 16), name="chain")


ROWS = {
    ("chain", 8): (0, 1, 3, 5),
    ("vgg16", 32): (0, 1, 2, 4),
    ("resnet50", 16): (0, 2, 4, 8),
    ("mobilenet_v2", 16): (0, 2, 4, 8),
}
"""Models and batch sizes, with the numbers of segments."""


def rows() -> Iterator[Row]:
    for (model, batch_size), numbers in ROWS.items():
        for segments in numbers:
            yield Row(model, batch_size, segments)


def main() -> None:
    """Measure what is not yet there."""
    for row in rows():
        done = recorded.load(MEASURED)
        if row.id not in done:
            started = time.monotonic()
            recorded.save(MEASURED, {**done, row.id: record(row)})
            print(f"{time.monotonic() - started:6.1f} s  {row.id}", flush=True)


def record(row: Row) -> dict[str, Any]:
    """The row, the segments that were chosen for it, and what was measured above variables and batch."""
    planned = plan(row)
    found = measure(
        planned.estimate.model,
        batch_size=row.batch_size,
        segments=planned.segments,
        compilations=COMPILATIONS,
    )
    return {
        "row": row._asdict(),
        "date": datetime.now(UTC).date().isoformat(),
        "segments": planned.segments,
        "step_bytes": [run.step_bytes for run in found.runs],
        "versions": found.facts.versions,
        "device": found.facts.device,
    }


def plan(row: Row) -> Checkpoints:
    """The segments with the lowest peak by the ideal rule."""
    return checkpoint(row.build(), segments=row.segments, batch_size=row.batch_size)


if __name__ == "__main__":
    main()
