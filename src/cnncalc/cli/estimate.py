"""``cnncalc estimate``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class Order(StrEnum):
    as_written = "as-written"
    best = "best"
    worst = "worst"


def estimate(
    file: options.File,
    batch_size: options.BatchSize = None,
    inference_batch_size: options.InferenceBatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    order: Annotated[
        Order, typer.Option(help="Of independent branches, in the ideal prediction.")
    ] = Order.as_written,
    input_shape: options.InputShape = None,
    allow_unknown: options.AllowUnknown = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """Shapes, parameters, multiply-accumulates and memory of a model."""
    from cnncalc.estimation import estimate as run

    found = run(
        options.load(file, input_shape, allow_unknown),
        batch_size=batch_size,
        inference_batch_size=inference_batch_size,
        dtype=dtype,
        optimizer=options.identifier(optimizer),
        loss=options.identifier(loss),
        order=order.value,
    )
    if output in (Format.table, Format.markdown):
        from cnncalc.report import table

        markdown = output is Format.markdown
        options.show(
            table.to_markdown(found) if markdown else table.to_table(found, options.terminal_width())
        )
    else:
        from cnncalc.report import data

        options.show(data.to_csv(found) if output is Format.csv else data.to_json(found) + "\n")
