"""Ask XLA for the rows of the GPU's ledger: ``python -m benchmarks.xla.measure``. Needs no GPU.

Saves after each row and goes on where it was stopped; a row that fails is recorded with its reason.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cnncalc
from benchmarks import recorded
from benchmarks.xla.rows import GpuRow, rows
from cnncalc.errors import CnncalcError
from cnncalc.measuring.xla.asking import ask_xla
from cnncalc.measuring.xla.job import XlaBuffer

MEASURED = Path(__file__).parent / "measured.json"

load = partial(recorded.load, MEASURED)
save = partial(recorded.save, MEASURED)


def main() -> None:
    """Ask for what is not yet there."""
    done = load()
    for row in rows():
        if row.id not in done:
            started = time.monotonic()
            done = load() | {row.id: record(row)}
            save(done)
            print(f"{time.monotonic() - started:6.1f} s  {row.id}", flush=True)


def record(row: GpuRow) -> dict[str, Any]:
    """The row's settings, and XLA's plan or why there is none."""
    head = {"gpu": row.gpu, "row": row.row._asdict(), "date": datetime.now(UTC).date().isoformat()}
    settings = row.row.settings() | {"inference_batch_size": row.row.batch_size}
    try:
        found = ask_xla(cnncalc.estimate(row.row.build(), **settings), row.gpu, row.row.mode)
    except CnncalcError as error:
        return {**head, "failed": str(error)}
    plan = found.plan._asdict()
    buffers = plan.pop("buffers")
    return {
        **head,
        **plan,
        "alive_bytes": sum(buffer.bytes for buffer in buffers if buffer.kind == "temporary"),
        "kernel_copies_bytes": kernel_copies_bytes(buffers),
        "versions": found.versions,
    }


def kernel_copies_bytes(buffers: tuple[XlaBuffer, ...]) -> int:
    """Temporaries that are a layer's kernel in another layout, padded, or cast. A cast bias counts too."""
    layers = {item.layer for item in buffers if item.kind == "argument" and item.operation.endswith("kernel")}
    return sum(
        item.bytes
        for item in buffers
        if item.kind == "temporary"
        and item.layer in layers
        and item.operation.endswith(("kernel", "convert_element_type"))
        and "backward of" not in item.operation
    )


if __name__ == "__main__":
    main()
