"""The command ``cnncalc``: one thin file per command, which parses, calls and prints."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cnncalc import __version__
from cnncalc.cli import check, convert, estimate, explain, new, schema
from cnncalc.errors import CnncalcError

app = typer.Typer(
    help="What a convolutional network costs, before anything is run.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (estimate.estimate, explain.explain, check.check, convert.convert, new.new, schema.schema):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """What a convolutional network costs, before anything is run."""


def main() -> None:
    """Run the command; an error of the library is a line or two, and exit status 2."""
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "__all__"
    )  # looking for them takes longer than an estimate
    try:
        app()
    except CnncalcError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
