"""``cnncalc zoo``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cnncalc.cli import options
from cnncalc.errors import CnncalcError, nearest

app = typer.Typer(help="The architectures that come with cnncalc.", rich_markup_mode=None)


class Format(StrEnum):
    table = "table"
    json = "json"


@app.callback(invoke_without_command=True)
def zoo(
    context: typer.Context,
    output: Annotated[Format, typer.Option("--format", help="How to print the list.")] = Format.table,
) -> None:
    """List the architectures that come with cnncalc, with parameters and multiply-accumulates."""
    if context.invoked_subcommand is None:
        import json

        from cnncalc.report.zoo import to_table

        rows = list(map(_row, _names()))
        text = (
            json.dumps(rows, indent=2) + "\n"
            if output is Format.json
            else to_table(rows, options.terminal_width())
        )
        options.show(text)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Print the model file of one architecture."""
    from cnncalc import zoo as files

    text = files.text_of(name)
    if text is None:
        raise CnncalcError(f'no model "{name}" in the zoo.{nearest(name, files.names())}')
    options.show(text)


def _names() -> tuple[str, ...]:
    from cnncalc import zoo as files

    return files.names()


def _row(name: str) -> dict[str, Any]:
    from cnncalc.estimation import estimate

    found = estimate(name)
    return {"name": name, "parameters": found.parameters, "macs": found.macs, "source": found.model.source}
