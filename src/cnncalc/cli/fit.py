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


Size = str | None


def fit(
    file: options.File,
    budget: Annotated[Size, typer.Option(help="What may be used: 8GiB, 512KiB, 4GB.")] = None,
    mode: Annotated[Mode, typer.Option(help="Train on a batch, or predict it.")] = Mode.training,
    batch_size: options.BatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    rule: Annotated[str, typer.Option(help="The memory rule: tensorflow, ideal, textbook.")] = "tensorflow",
    apply: Annotated[
        int | None, typer.Option(metavar="N", help="Write the model that remedy N gives.")
    ] = None,
    written: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where --apply writes to.")
    ] = None,
    gate: Annotated[bool, typer.Option("--ci", help="Exit status 1 over a limit or the budget.")] = False,
    max_parameters: Annotated[Size, typer.Option(metavar="N", help="With --ci: 25M.")] = None,
    max_macs: Annotated[Size, typer.Option(metavar="N", help="With --ci: 4.1G.")] = None,
    max_inference_memory: Annotated[Size, typer.Option(metavar="SIZE", help="With --ci.")] = None,
    max_training_memory: Annotated[Size, typer.Option(metavar="SIZE", help="With --ci.")] = None,
    input_shape: options.InputShape = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """Whether a model fits in memory, the largest batch, and what to change."""
    from cnncalc.advice.gate import Limits
    from cnncalc.units import byte_count, plain_count

    model = options.load(file, input_shape)
    asked = {
        "batch_size": batch_size,
        "dtype": dtype,
        "optimizer": options.identifier(optimizer),
        "loss": options.identifier(loss),
        "mode": mode.value,
        "rule": rule,
    }
    limits = Limits(
        *(None if text is None else plain_count(text) for text in (max_parameters, max_macs)),
        *(None if text is None else byte_count(text) for text in (max_inference_memory, max_training_memory)),
    )
    budget_bytes = None if budget is None else byte_count(budget)
    if gate:
        _gate(model, asked, limits, budget_bytes)
        return
    found = _fitted(model, asked, budget_bytes)
    if apply is not None:
        _apply(found, apply, written)
    elif output is Format.json:
        from cnncalc.report.fitting_data import to_json

        options.show(to_json(found))
    else:
        from cnncalc.report.fitting import to_table

        options.show(to_table(found, options.typed(), options.terminal_width()))


def _fitted(model: Model, asked: dict[str, Any], budget_bytes: int | None) -> Fit:
    from cnncalc.advice.fitting import fit as run

    if budget_bytes is None:
        raise CnncalcError("fit what? Say --budget 8GiB.")
    return run(model, budget_bytes=budget_bytes, **asked)


def _gate(model: Model, asked: dict[str, Any], limits: Limits, budget_bytes: int | None) -> None:
    """One line for each limit that is broken, and exit status 1 where there is one."""
    from cnncalc.advice.fitting import settled
    from cnncalc.advice.gate import breaches, over_budget
    from cnncalc.report.fitting import breach_lines

    rule = asked.pop("rule")
    broken = [*breaches(settled(model, **asked), limits, rule)]
    if budget_bytes is not None:
        broken += over_budget(_fitted(model, {**asked, "rule": rule}, budget_bytes))
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
