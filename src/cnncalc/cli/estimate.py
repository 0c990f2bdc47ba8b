"""``cnncalc estimate``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import options
from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.estimation import Estimate


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
    gpu: options.Gpu = None,
    ask_xla: Annotated[
        bool, typer.Option("--ask-xla", help="Ask XLA's compiler what it plans for --gpu (the xla extra).")
    ] = False,
    timeout: options.Timeout = None,
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
    if ask_xla:
        found = _with_xla(found, options.required_gpu(gpu), timeout)
    elif gpu or timeout:
        raise CnncalcError("--gpu and --timeout go with --ask-xla; else nothing is computed for a GPU.")
    if output in (Format.table, Format.markdown):
        from cnncalc.report import table

        markdown = output is Format.markdown
        options.show(
            table.to_markdown(found) if markdown else table.to_table(found, options.terminal_width())
        )
    else:
        from cnncalc.report import data

        options.show(data.to_csv(found) if output is Format.csv else data.to_json(found) + "\n")


def _with_xla(found: Estimate, gpu: str, timeout: float | None) -> Estimate:
    from cnncalc.measuring.xla.asking import TIMEOUT_S
    from cnncalc.measuring.xla.rule import with_xla

    with options.waiting("Asking XLA") as progress:
        return with_xla(found, gpu, timeout_s=timeout or TIMEOUT_S, progress=progress)
