"""``cnncalc measure``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Mode(StrEnum):
    inference = "inference"
    training = "training"


class Format(StrEnum):
    table = "table"
    json = "json"


def measure(
    file: options.File,
    mode: Annotated[Mode, typer.Option(help="Predict a batch, or train on it.")] = Mode.training,
    batch_size: options.BatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    compilations: options.Compilations = 4,
    timeline: Annotated[bool, typer.Option("--timeline", help="Every allocation, in JSON.")] = False,
    input_shape: options.InputShape = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """What Keras on TensorFlow really allocates, beside the estimate (needs TensorFlow)."""
    from cnncalc.measuring.measurement import measure as run
    from cnncalc.report import measurement

    with options.measuring("Measuring", compilations) as progress:
        found = run(
            options.load(file, input_shape),
            mode=mode.value,
            batch_size=batch_size,
            dtype=dtype,
            optimizer=options.identifier(optimizer),
            loss=options.identifier(loss),
            compilations=compilations,
            timeline=timeline,
            progress=progress,
        )
    as_json = output is Format.json
    text = measurement.to_json(found) if as_json else measurement.to_table(found, options.terminal_width())
    options.show(text)
