"""``cnncalc convert``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import options


def convert(
    file: options.File,
    output: Annotated[
        str,
        typer.Argument(
            metavar="OUTPUT", help="Ends in .yaml, .json, .keras.json, .py or .keras.", show_default=False
        ),
    ],
    input_shape: options.InputShape = None,
) -> None:
    """Write a model in another format: model file, Keras JSON, Keras code, Keras archive."""
    from cnncalc.interop.converting import convert as run

    written = run(options.load(file, input_shape), output)
    typer.echo(f"{written} is written.")
