"""``cnncalc check``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cnncalc.cli import options


def check(
    file: options.File,
    measure: Annotated[bool, typer.Option(help="Also run it, and compare what it allocates.")] = True,
    batch_size: options.BatchSize = None,
    inference_batch_size: options.InferenceBatchSize = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    compilations: options.Compilations = 2,
    input_shape: options.InputShape = None,
) -> None:
    """Build the model in real Keras, compare every layer, and measure its memory (needs TensorFlow).

    Where Keras builds another model nothing is measured, and the exit status is 1.
    """
    from cnncalc.interop.checking import check as run
    from cnncalc.report.check import memory_table, to_table

    model = options.load(file, input_shape)
    found = run(model)
    options.show(to_table(found, options.terminal_width()))
    if not found.agrees:
        raise typer.Exit(1)
    if measure:
        given = {
            "dtype": dtype,
            "optimizer": options.identifier(optimizer),
            "loss": options.identifier(loss),
            "compilations": compilations,
        }
        prediction = _measured(model, mode="inference", batch_size=inference_batch_size, **given)
        training = _measured(model, mode="training", batch_size=batch_size, **given)
        options.show("\n" + memory_table(prediction, training, options.terminal_width()))


def _measured(model: Any, **given: Any) -> Any:
    from cnncalc.measuring.measurement import measure

    with options.measuring(f"Measuring {given['mode']}", given["compilations"]) as progress:
        return measure(model, progress=progress, **given)
