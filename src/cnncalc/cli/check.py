"""``cnncalc check``."""

from __future__ import annotations

import typer

from cnncalc.cli import options


def check(file: options.File, input_shape: options.InputShape = None) -> None:
    """Build the model in real Keras and compare every layer (needs TensorFlow)."""
    from cnncalc.interop.checking import check as run
    from cnncalc.report.check import to_table

    found = run(options.load(file, input_shape))
    options.show(to_table(found, options.terminal_width()))
    if not found.agrees:
        raise typer.Exit(1)
