"""``cnncalc checkpoint``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Format(StrEnum):
    table = "table"
    json = "json"


def checkpoint(
    file: options.File,
    segments: Annotated[
        int | None, typer.Option(help="At most so many segments run again.", min=0, show_default=False)
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="The peak must fit in this, as 4GiB.", show_default=False)
    ] = None,
    batch_size: options.BatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    input_shape: options.InputShape = None,
    written: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the model with its segments.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """Gradient checkpointing: which layers to run again in the backward pass, and what that saves."""
    from cnncalc.checkpoints import checkpoint as run
    from cnncalc.report import checkpoints
    from cnncalc.units import byte_count

    found = run(
        options.load(file, input_shape),
        segments=segments,
        budget_bytes=None if budget is None else byte_count(budget),
        batch_size=batch_size,
        dtype=dtype,
        optimizer=options.identifier(optimizer),
        loss=options.identifier(loss),
    )
    if written is not None:
        from cnncalc.interop.converting import convert

        typer.echo(f"{convert(found.model, written)} is written.")
        return
    as_json = output is Format.json
    text = (
        checkpoints.to_json(found) if as_json else checkpoints.to_table(found, file, options.terminal_width())
    )
    options.show(text)
