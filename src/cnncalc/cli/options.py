"""The options that several commands share, and how their results are printed."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A model file (.yaml, .yml, .json).", show_default=False)
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", "-b", help="Images in a training batch.")]
InferenceBatchSize = Annotated[int | None, typer.Option(help="Images in one prediction.")]
DType = Annotated[
    str | None, typer.Option(help="float32, float16, bfloat16, float64, int8, mixed_float16, ...")
]
Optimizer = Annotated[
    str | None, typer.Option(help="A Keras optimizer: adam, or '{name: SGD, momentum: 0.9}'.")
]
Loss = Annotated[str | None, typer.Option(help="A Keras loss: mse, or '{name: Huber, delta: 0.5}'.")]


def identifier(text: str | None) -> Any:
    """What stands behind --optimizer or --loss: a name, or a mapping with options."""
    if text is None or not text.lstrip().startswith("{"):
        return text
    from cnncalc.interop.marked import parse

    return parse(text, "command line")[0]


def terminal_width() -> int | None:
    """Columns to fit the output in; None where it goes to a file or a pipe, which has room."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    if not sys.stdout.isatty():
        return None
    return os.get_terminal_size(sys.stdout.fileno()).columns


def show(text: str) -> None:
    """Print what a renderer made, which ends its last line itself."""
    typer.echo(text, nl=False)
