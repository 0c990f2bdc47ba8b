"""The command ``cnncalc``: one thin file per command, which parses, calls and prints."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from cnncalc import __version__
from cnncalc.collector import spare_a_command
from cnncalc.errors import CnncalcError

COMMANDS = (
    "estimate",
    "explain",
    "compare",
    "fit",
    "distribute",
    "data",
    "checkpoint",
    "check",
    "measure",
    "convert",
    "new",
    "schema",
)
"""Each is a function in the file of its name; in the order of the help."""
GROUPS = ("zoo",)
"""Each is an ``app`` in the file of its name."""


def app(*wanted: str) -> typer.Typer:
    """The program with these commands, or with all: a command that runs needs no other."""
    found = typer.Typer(
        help="What a convolutional network costs, before anything is run.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    found.callback()(_options)
    for name in COMMANDS:
        if not wanted or name in wanted:
            found.command()(getattr(import_module(f"cnncalc.cli.{name}"), name))
    for name in GROUPS:
        if not wanted or name in wanted:
            found.add_typer(import_module(f"cnncalc.cli.{name}").app, name=name)
    return found


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """What a convolutional network costs, before anything is run."""


def main() -> None:
    """Run the command; an error of the library is a line or two, and exit status 2."""
    spare_a_command()
    # Looking for pydantic's plugins takes longer than an estimate.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    typed = sys.argv[1] if len(sys.argv) > 1 else ""
    program = app(typed) if typed in (*COMMANDS, *GROUPS) else app()
    try:
        program()
    except CnncalcError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
