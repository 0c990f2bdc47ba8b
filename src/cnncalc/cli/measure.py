"""``cnncalc measure``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli import options
from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.model import Model


class Mode(StrEnum):
    inference = "inference"
    training = "training"


class Compiler(StrEnum):
    tensorflow = "tensorflow"
    xla = "xla"


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
    compiler: Annotated[
        Compiler, typer.Option(help="Run it on TensorFlow here, or ask XLA's plan for a GPU.")
    ] = Compiler.tensorflow,
    gpu: options.Gpu = None,
    timeout: options.Timeout = None,
    compilations: options.Compilations = 4,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="TensorFlow: every allocation, in JSON.")
    ] = False,
    input_shape: options.InputShape = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """What a runtime really allocates, beside the estimate: TensorFlow here, or XLA for a GPU.

    For the first TensorFlow must be installed, for the second the xla extra; a GPU need not be there.
    """
    settings: dict[str, Any] = {
        "batch_size": batch_size,
        "dtype": dtype,
        "optimizer": options.identifier(optimizer),
        "loss": options.identifier(loss),
    }
    asking = compiler is Compiler.xla
    if asking and timeline:
        raise CnncalcError("--timeline goes with TensorFlow, which runs; XLA's plan has one moment.")
    if not asking and (gpu or timeout):
        raise CnncalcError("--gpu and --timeout go with --compiler xla; TensorFlow runs on what is here.")
    model = options.load(file, input_shape)
    if asking:
        text = _asked(model, settings, mode, options.required_gpu(gpu), timeout, output)
    else:
        text = _measured(model, settings, mode, compilations, timeline, output)
    options.show(text)


def _asked(
    model: Model, settings: dict[str, Any], mode: Mode, gpu: str, timeout: float | None, output: Format
) -> str:
    from cnncalc.estimation import estimate
    from cnncalc.measuring.xla.asking import TIMEOUT_S, ask_xla
    from cnncalc.report import xla

    guess = estimate(model, inference_batch_size=settings["batch_size"], **settings)
    with options.waiting("Asking XLA") as progress:
        found = ask_xla(guess, gpu, mode.value, timeout_s=timeout or TIMEOUT_S, progress=progress)
    return xla.to_json(found) if output is Format.json else xla.to_table(found, options.terminal_width())


def _measured(
    model: Model, settings: dict[str, Any], mode: Mode, compilations: int, timeline: bool, output: Format
) -> str:
    from cnncalc.interop.keras_build import require_tensorflow
    from cnncalc.measuring.measurement import measure as run
    from cnncalc.report import measurement

    require_tensorflow()  # before a bar is begun
    with options.measuring("Measuring", compilations) as progress:
        found = run(
            model,
            mode=mode.value,
            compilations=compilations,
            timeline=timeline,
            progress=progress,
            **settings,
        )
    as_json = output is Format.json
    return measurement.to_json(found) if as_json else measurement.to_table(found, options.terminal_width())
