"""``cnncalc data``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Format(StrEnum):
    table = "table"
    json = "json"


def data(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="Samples, a sample's shape, and a type: 50000x224x224x3:uint8.",
            show_default=False,
        ),
    ],
    batch_size: Annotated[int, typer.Option("--batch-size", "-b", help="Samples in a batch.")] = 32,
    prefetch: Annotated[int, typer.Option(help="Batches that are ready before they are asked for.")] = 1,
    shuffle: Annotated[int, typer.Option(help="Samples in the shuffle buffer.")] = 0,
    dtype: Annotated[str, typer.Option(help="The type that the model reads.")] = "float32",
    parallel_calls: Annotated[int, typer.Option(help="Samples that are cast at a time.")] = 1,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """The host's memory for a data set: all of it in RAM, or read in pieces."""
    from cnncalc.input_pipeline import data_memory
    from cnncalc.report import input_pipeline

    found = data_memory(
        dataset,
        batch_size=batch_size,
        prefetch=prefetch,
        shuffle=shuffle,
        dtype=dtype,
        parallel_calls=parallel_calls,
    )
    as_json = output is Format.json
    options.show(
        input_pipeline.to_json(found) if as_json else input_pipeline.to_table(found, options.terminal_width())
    )
