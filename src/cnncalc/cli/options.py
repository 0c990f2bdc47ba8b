"""The options that several commands share, and how their results are printed."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A model file (.yaml, .yml, .json).", show_default=False)
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", "-b", help="Images in a training batch.")]
InferenceBatchSize = Annotated[int | None, typer.Option(help="Images in one prediction.")]
DType = Annotated[
    str | None, typer.Option(help="float32, float16, bfloat16, float64, int8, mixed_float16, ...")
]
Optimizer = Annotated[str | None, typer.Option(help="A Keras optimizer, such as adam.")]
Loss = Annotated[str | None, typer.Option(help="A Keras loss, such as mse.")]


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
