"""``cnncalc fit``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli import options
from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.advice.fitting import Fit
    from cnncalc.advice.gate import Limits
    from cnncalc.model import Model


class Mode(StrEnum):
    inference = "inference"
    training = "training"


class Format(StrEnum):
    table = "table"
    json = "json"


Text = str | None


def fit(
    file: options.File,
    budget: Annotated[Text, typer.Option(help="What may be used: 8GiB, 512KiB, 4GB.")] = None,
    device: Annotated[Text, typer.Option(help="A device by name, or its file: rtx-3060.")] = None,
    reserve: Annotated[Text, typer.Option(help="What the runtime takes of the device.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="Train on a batch, or predict it.")] = None,
    batch_size: options.BatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    rule: Annotated[Text, typer.Option(help="The memory rule: tensorflow, ideal, textbook, xla.")] = None,
    processes: Annotated[int, typer.Option(help="Processes that share the GPU.")] = 1,
    memory_fraction: Annotated[
        float | None, typer.Option(help="TensorFlow limited to a part of the GPU: 0.4.")
    ] = None,
    memory_growth: Annotated[
        bool, typer.Option("--memory-growth", help="TensorFlow takes of the GPU what it needs.")
    ] = False,
    apply: Annotated[
        int | None, typer.Option(metavar="N", help="Write the model that remedy N gives.")
    ] = None,
    written: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where --apply writes to.")
    ] = None,
    gate: Annotated[bool, typer.Option("--ci", help="Exit status 1 over a limit or the budget.")] = False,
    max_parameters: Annotated[Text, typer.Option(metavar="N", help="With --ci: 25M.")] = None,
    max_macs: Annotated[Text, typer.Option(metavar="N", help="With --ci: 4.1G.")] = None,
    max_inference_memory: Annotated[Text, typer.Option(metavar="SIZE", help="With --ci.")] = None,
    max_training_memory: Annotated[Text, typer.Option(metavar="SIZE", help="With --ci.")] = None,
    input_shape: options.InputShape = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """Whether a model fits in memory, the largest batch, and what to change."""
    from cnncalc.advice.gate import Limits
    from cnncalc.units import byte_count, plain_count

    model = options.load(file, input_shape)
    run: dict[str, Any] = {
        "batch_size": batch_size,
        "dtype": dtype,
        "optimizer": options.identifier(optimizer),
        "loss": options.identifier(loss),
    }
    asked: dict[str, Any] = {
        "budget_bytes": None if budget is None else byte_count(budget),
        "device": device,
        "reserve_bytes": None if reserve is None else byte_count(reserve),
        "mode": mode and mode.value,
        "rule": rule,
        "processes": processes,
        "memory_fraction": memory_fraction,
        "memory_growth": memory_growth,
    }
    limits = Limits(
        *(None if text is None else plain_count(text) for text in (max_parameters, max_macs)),
        *(None if text is None else byte_count(text) for text in (max_inference_memory, max_training_memory)),
    )
    if gate:
        _gate(model, run, asked, limits)
        return
    from cnncalc.advice.fitting import fit as fitted

    found = fitted(model, **run, **asked)
    if apply is not None:
        _apply(found, apply, written)
    elif output is Format.json:
        from cnncalc.report.fitting_data import to_json

        options.show(to_json(found))
    else:
        from cnncalc.report.fitting import to_table

        options.show(to_table(found, options.typed(), options.terminal_width()))


def _gate(model: Model, run: dict[str, Any], asked: dict[str, Any], limits: Limits) -> None:
    """One line for each limit that is broken, and exit status 1 where there is one."""
    from cnncalc.advice.asking import settled
    from cnncalc.advice.fitting import fit as fitted
    from cnncalc.advice.gate import breaches, over_budget
    from cnncalc.report.fitting import breach_lines

    budgeted = asked["budget_bytes"] is not None or asked["device"]
    found = fitted(model, **run, **asked) if budgeted else None
    if found is None and limits == type(limits)():
        raise CnncalcError("--ci needs a limit: --max-parameters 25M, --max-training-memory 8GiB, a budget.")
    by = found.rule if found else asked["rule"] or "tensorflow"
    broken = [*breaches(settled(model, **run, mode=asked["mode"] or "training"), limits, by)]
    broken += over_budget(found) if found else []
    for line in breach_lines(broken):
        typer.echo(line)
    if broken:
        raise typer.Exit(1)


def _apply(found: Fit, number: int, file: str | None) -> None:
    from cnncalc.interop.converting import convert

    if file is None:
        raise CnncalcError("--apply writes a model: say where to with -o changed.yaml.")
    chosen = found.numbered(number)
    typer.echo(f"{convert(chosen.model, file)} is written: {chosen.description}.")
    if chosen.devices > 1:
        typer.echo(f"The batch in it is that of each of {chosen.devices} devices.")
