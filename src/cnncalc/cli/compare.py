"""``cnncalc compare``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Format(StrEnum):
    table = "table"
    json = "json"
    markdown = "markdown"


Files = Annotated[
    list[str],
    typer.Argument(metavar="MODEL...", help="Model files, names of the zoo.", show_default=False),
]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        help="Beside each model: dense, max-pooling or pruned=0.9. May be given several times.",
        show_default=False,
    ),
]


def compare(
    files: Files,
    with_: With = None,
    batch_size: options.BatchSize = None,
    inference_batch_size: options.InferenceBatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """What several models cost, side by side; or one model beside what it could have been."""
    from cnncalc.comparing.comparison import compare as run

    found = run(
        files,
        with_=with_ or (),
        batch_size=batch_size,
        inference_batch_size=inference_batch_size,
        dtype=dtype,
        optimizer=options.identifier(optimizer),
        loss=options.identifier(loss),
    )
    if output is Format.json:
        from cnncalc.report.comparison_data import to_json

        options.show(to_json(found) + "\n")
        return
    from cnncalc.report import comparison

    markdown = output is Format.markdown
    options.show(
        comparison.to_markdown(found) if markdown else comparison.to_table(found, options.terminal_width())
    )
