"""``cnncalc estimate``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import options
from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.estimation import Estimate
    from cnncalc.timing import TimeBound


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
    gpu: Annotated[
        str | None,
        typer.Option(
            "--gpu", "--device", metavar="NAME", help="For --time or --ask-xla: h100, t4, ..., or a file."
        ),
    ] = None,
    time: Annotated[
        bool,
        typer.Option("--time", help="What a step takes at least on --gpu, and what measured steps reached."),
    ] = False,
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
    elif timeout:
        raise CnncalcError("--timeout goes with --ask-xla; nothing else has to be waited for.")
    if gpu and not (ask_xla or time):
        raise CnncalcError("--gpu goes with --time or --ask-xla; else nothing is computed for a device.")
    options.show(_printed(found, _time_bound(found, gpu, output) if time else None, output))


def _with_xla(found: Estimate, gpu: str, timeout: float | None) -> Estimate:
    from cnncalc.measuring.xla.asking import TIMEOUT_S
    from cnncalc.measuring.xla.rule import with_xla

    with options.waiting("Asking XLA") as progress:
        return with_xla(found, gpu, timeout_s=timeout or TIMEOUT_S, progress=progress)


def _time_bound(found: Estimate, gpu: str | None, output: Format) -> TimeBound:
    from cnncalc.devices import rated_names
    from cnncalc.timing import time_bound

    if gpu is None:
        known = ", ".join(rated_names())
        raise CnncalcError(f"--time needs a device: --gpu with one of {known}, or a file.")
    if output is Format.csv:
        raise CnncalcError("--format csv has one line per layer; the time of a step is in the other formats.")
    return time_bound(found, gpu)


def _printed(found: Estimate, bound: TimeBound | None, output: Format) -> str:
    if output in (Format.table, Format.markdown):
        return _table(found, bound, output is Format.markdown)
    from cnncalc.report import data

    if output is Format.csv:
        return data.to_csv(found)
    if bound is None:
        return data.to_json(found) + "\n"
    from cnncalc.report import timing

    return data.to_json(found, time=timing.to_data(bound)) + "\n"


def _table(found: Estimate, bound: TimeBound | None, markdown: bool) -> str:
    from cnncalc.report import table

    width = options.terminal_width()
    text = table.to_markdown(found) if markdown else table.to_table(found, width)
    if bound is None:
        return text
    from cnncalc.report import timing

    beside = (
        timing.to_markdown(bound, found.settings)
        if markdown
        else timing.to_table(bound, found.settings, width)
    )
    return f"{text}\n{beside}"
