"""The options that several commands share, and how their results are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.measuring.measurement import Progress
    from cnncalc.model import Model

File = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A model file, a Keras model (.json, .keras, .h5), or a name of the zoo.",
        show_default=False,
    ),
]
InputShape = Annotated[
    str | None, typer.Option(metavar="HxWxC", help="Sizes that a Keras model leaves open: 224x224x3.")
]
AllowUnknown = Annotated[
    bool,
    typer.Option("--allow-unknown", help="Let layers of a Keras model without a rule pass, not counted."),
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", "-b", help="Images in a training batch.")]
InferenceBatchSize = Annotated[int | None, typer.Option(help="Images in one prediction.")]
DType = Annotated[
    str | None, typer.Option(help="float32, float16, bfloat16, float64, int8, mixed_float16, ...")
]
Optimizer = Annotated[
    str | None, typer.Option(help="A Keras optimizer: adam, or '{name: SGD, momentum: 0.9}'.")
]
Compilations = Annotated[
    int, typer.Option(help="TensorFlow: fresh compilations to measure, for the order of a step may differ.")
]
Loss = Annotated[str | None, typer.Option(help="A Keras loss: mse, or '{name: Huber, delta: 0.5}'.")]
Gpu = Annotated[
    str | None, typer.Option(metavar="NAME", help="The GPU to plan for: h100, t4, rtx-3060, ..., or a file.")
]
Timeout = Annotated[float | None, typer.Option(min=1, help="Seconds that the compiler may take (600).")]


def load(file: str, input_shape: str | None, allow_unknown: bool = False) -> Model:
    """The model that a command is asked about."""
    from cnncalc.interop.loading import load as run

    return run(file, input_shape=shape(input_shape), allow_unknown=allow_unknown)


def shape(text: str | None) -> tuple[int, ...] | None:
    """What stands behind --input-shape."""
    if text is None:
        return None
    sizes = text.lower().split("x")
    if not all(size.isdigit() and int(size[:12]) > 0 for size in sizes):
        wanted = "sizes with an x between them, such as 224x224x3"
        raise CnncalcError(f'--input-shape is {wanted}, found "{text[:60]}".')
    return tuple(map(int, sizes))


def identifier(text: str | None) -> Any:
    """What stands behind --optimizer or --loss: a name, or a mapping with options."""
    if text is None or not text.lstrip().startswith("{"):
        return text
    from cnncalc.interop.marked import parse

    return parse(text, "command line")[0]


@contextmanager
def measuring(label: str, compilations: int) -> Iterator[Progress]:
    """A progress bar on standard error; what it gives is called after each compilation."""
    stream = typer.get_text_stream("stderr")
    with typer.progressbar(length=compilations, label=label, file=stream) as bar:
        yield lambda done, count: bar.update(1)


def required_gpu(gpu: str | None) -> str:
    """What stands behind --gpu, where there must be one."""
    from cnncalc.devices import xla_names

    if gpu is None:
        raise CnncalcError(f"XLA plans for a GPU: --gpu, one of {', '.join(xla_names())}, or a file.")
    return gpu


@contextmanager
def waiting(label: str) -> Iterator[Callable[[float], None]]:
    """A line on standard error that shows the seconds gone by; nothing where that is no terminal."""
    shown = sys.stderr.isatty()

    def progress(seconds: float) -> None:
        if shown:
            typer.echo(f"\r{label} {'|/-'[int(4 * seconds) % 3]} {seconds:.0f} s", err=True, nl=False)

    yield progress
    if shown:
        typer.echo("\r" + " " * (len(label) + 12) + "\r", err=True, nl=False)


def terminal_width() -> int | None:
    """Columns to fit the output in; None where it goes to a file or a pipe, or the terminal does not tell."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    if not sys.stdout.isatty():
        return None
    return os.get_terminal_size(sys.stdout.fileno()).columns or None


def typed() -> str:
    """The command as it was typed, from its name on."""
    import shlex

    return shlex.join(["cnncalc", *sys.argv[1:]])


def show(text: str) -> None:
    """Print what a renderer made, which ends its last line itself."""
    typer.echo(text, nl=False)
