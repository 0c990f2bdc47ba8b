"""``cnncalc distribute``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli import options


class Strategy(StrEnum):
    mirrored = "mirrored"
    parameter_server = "parameter-server"
    placement = "placement"


class Mode(StrEnum):
    inference = "inference"
    training = "training"


class Format(StrEnum):
    table = "table"
    json = "json"


def distribute(
    file: options.File,
    devices: Annotated[int, typer.Option(help="GPUs; workers of a parameter server.")] = 2,
    strategy: Annotated[Strategy, typer.Option(help="What is on which device.")] = Strategy.mirrored,
    mode: Annotated[Mode, typer.Option(help="Predict a batch, or train on it.")] = Mode.training,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", "-b", help="Images, over all devices.")
    ] = None,
    dtype: options.DType = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    servers: Annotated[int, typer.Option(help="Parameter servers.")] = 1,
    variables: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Placement: where all variables are, such as cpu:0.")
    ] = None,
    soft_placement: Annotated[
        bool, typer.Option(help="Placement: take another device where one cannot.")
    ] = True,
    device_bytes: Annotated[int | None, typer.Option(help="Placement: the room on each GPU.")] = None,
    input_shape: options.InputShape = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
) -> None:
    """What a model takes on each of several devices, and what they send each other in a step."""
    from cnncalc.distributing.strategies import distribute as run
    from cnncalc.report import distribution

    found = run(
        options.load(file, input_shape),
        devices=devices,
        strategy=strategy.value,
        mode=mode.value,
        batch_size=batch_size,
        dtype=dtype,
        optimizer=options.identifier(optimizer),
        loss=options.identifier(loss),
        servers=servers,
        variables=variables,
        soft_placement=soft_placement,
        device_bytes=device_bytes,
    )
    as_json = output is Format.json
    options.show(
        distribution.to_json(found) if as_json else distribution.to_table(found, options.terminal_width())
    )
