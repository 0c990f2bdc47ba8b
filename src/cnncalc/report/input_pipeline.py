"""The memory of a data set: as a table, and as plain data."""

from __future__ import annotations

import json
from dataclasses import asdict

from cnncalc.input_pipeline import IN_USE, MAKING, DataMemory
from cnncalc.report.table import Grid, fitted, wrapped
from cnncalc.units import bytes_text, shape_text

FIGURES = (
    "sample_bytes",
    "dataset_bytes",
    "cast_dataset_bytes",
    "batch_bytes",
    "shuffle_bytes",
    "cast_bytes",
    "prefetch_bytes",
    "pipeline_bytes",
    "in_memory_bytes",
)


def to_table(found: DataMemory, width: int | None = None) -> str:
    """What the pipeline holds, line by line, and the answer in words."""
    head = f"{found.samples:,} samples of {shape_text(found.shape)}, {found.data_type}"
    words = (
        f"The whole set takes {bytes_text(found.dataset_bytes)} in RAM, and as {found.dtype} "
        f"{bytes_text(found.cast_dataset_bytes)}. "
        f"Read in pieces it takes {bytes_text(found.pipeline_bytes)}; "
        "tf.data's options autotune and map_and_batch_fusion, on by default, may take more."
    )
    text = words if width is None else wrapped(words, width)
    return "\n\n".join([head, fitted(_grid(found), width), text]) + "\n"


def _grid(found: DataMemory) -> Grid:
    in_use, making = IN_USE * found.batch_bytes, MAKING * found.batch_bytes
    rows = (
        (
            "shuffle buffer",
            f"{min(found.shuffle, found.samples):,} samples, {found.data_type}",
            found.shuffle_bytes,
        ),
        ("cast", f"{found.parallel_calls:,} at a time, before and after", found.cast_bytes),
        ("batches in the making", f"{MAKING} of {found.batch_size:,}, {found.dtype}", making),
        ("prefetched", f"{found.prefetch:,} of {found.batch_size:,}, {found.dtype}", found.prefetch_bytes),
        ("in use", f"{IN_USE} of {found.batch_size:,}, {found.dtype}", in_use),
        ("together", "", found.pipeline_bytes),
    )
    cells = tuple((name, what, bytes_text(size)) for name, what, size in rows)
    return Grid(("the input pipeline", "holds", "bytes"), cells, frozenset({0, 1}))


def to_json(found: DataMemory) -> str:
    """The whole answer as JSON text."""
    return json.dumps(asdict(found) | {name: getattr(found, name) for name in FIGURES}, indent=2) + "\n"
