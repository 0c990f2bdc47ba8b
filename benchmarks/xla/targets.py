"""Which figures of a GPU change XLA's plan: each changed alone. ``python -m benchmarks.xla.targets``

Saves after each plan and goes on where it was stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cnncalc
from benchmarks.accuracy.rows import Row
from cnncalc.devices import Device, XlaTarget, load_device
from cnncalc.errors import CnncalcError
from cnncalc.measuring.xla.asking import ask_xla

RESULTS = Path(__file__).parent / "targets.json"
BASE = "h100"
ROWS = (
    Row(0, "geron_exercise", 0, 50, "SGD"),
    Row(0, "mobilenet_v1_025_96", 0, 8, "SGD"),
    Row(0, "geron_exercise", 0, 50, "SGD", "mixed_float16"),
)

OTHER_VALUES: dict[str, tuple[Any, ...]] = {
    "compute_capability": ("7.0", "7.5", "8.0", "8.6", "8.9", "10.0", "12.0"),
    "memory_bytes": (2 * 2**30, 2**30, 512 * 2**20),
}
"""What is put in the place of a figure; half of it and its double where nothing else is said here."""


class Variant(NamedTuple):
    """The first GPU with one figure changed; none, where ``figure`` is empty."""

    figure: str
    value: Any

    def device(self) -> Device:
        base = load_device(BASE)
        if not self.figure:
            return base
        if self.figure in Device.model_fields:
            return base.model_copy(update={self.figure: self.value})
        target = base.xla.model_copy(update={self.figure: self.value}) if base.xla else None
        return base.model_copy(update={"xla": target})


def variants() -> Iterator[Variant]:
    """The GPU as it is, then each figure changed."""
    yield Variant("", None)
    base = load_device(BASE)
    for figure in ("memory_bytes", *XlaTarget.model_fields):
        if figure == "sources":
            continue
        value = base.memory_bytes if figure == "memory_bytes" else getattr(base.xla, figure)
        for other in OTHER_VALUES.get(figure) or (value // 2 or value / 2, value * 2):
            yield Variant(figure, other)


def main() -> None:
    """Ask for what is not yet there."""
    for row in ROWS:
        for variant in variants():
            key = f"{row.id} | {variant.figure} {variant.value}"
            if key not in load():
                started = time.monotonic()
                RESULTS.write_text(json.dumps(load() | {key: record(row, variant)}, indent=1) + "\n")
                print(f"{time.monotonic() - started:6.1f} s  {key}", flush=True)


def load() -> dict[str, Any]:
    """What has been asked."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def record(row: Row, variant: Variant) -> dict[str, Any]:
    head = {"row": row.id, "figure": variant.figure, "value": variant.value}
    try:
        found = ask_xla(cnncalc.estimate(row.build(), **row.settings()), variant.device(), row.mode)
    except CnncalcError as error:
        return {**head, "failed": str(error)}
    return {**head, "temporary_bytes": found.plan.temporary_bytes}


if __name__ == "__main__":
    main()
