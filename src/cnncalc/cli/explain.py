"""``cnncalc explain``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Format(StrEnum):
    text = "text"
    markdown = "markdown"
    latex = "latex"


def explain(
    file: options.File,
    batch_size: options.BatchSize = None,
    inference_batch_size: options.InferenceBatchSize = None,
    dtype: options.DType = None,
    input_shape: options.InputShape = None,
    allow_unknown: options.AllowUnknown = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the solution.")] = Format.text,
) -> None:
    """The worked solution: every sum, layer by layer, as on a blackboard."""
    from cnncalc.estimation import estimate
    from cnncalc.report import explain as report

    found = estimate(
        options.load(file, input_shape, allow_unknown),
        batch_size=batch_size,
        inference_batch_size=inference_batch_size,
        dtype=dtype,
    )
    if output is Format.text:
        options.show(report.to_text(found, options.terminal_width()))
    else:
        options.show(report.to_markdown(found) if output is Format.markdown else report.to_latex(found))
