"""``distribute``: a model over several devices, by one of the strategies."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from cnncalc.distributing.distribution import Distribution, Mode
from cnncalc.distributing.mirrored import mirrored
from cnncalc.distributing.parameter_server import parameter_server
from cnncalc.distributing.placement import placement
from cnncalc.errors import CnncalcError, nearest
from cnncalc.estimation import estimate
from cnncalc.model import Model

STRATEGIES = ("mirrored", "parameter-server", "placement")
MOST = 4096
"""More devices than this are taken for a mistake."""


def distribute(
    model: Model | str | PathLike[str],
    *,
    devices: int = 2,
    strategy: str = "mirrored",
    mode: Mode = "training",
    batch_size: int | None = None,
    dtype: str | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    servers: int = 1,
    variables: str | None = None,
    soft_placement: bool = True,
    device_bytes: int | None = None,
) -> Distribution:
    """What a model takes on each of several devices, and the bytes that they exchange in a step.

    ``strategy`` is ``"mirrored"`` (a replica on each device), ``"parameter-server"`` (``servers`` hold the
    variables, ``devices`` workers compute) or ``"placement"`` (layers on devices: ``variables`` names the one
    that holds all variables; ``device_bytes`` is the room on each GPU). ``batch_size`` is that of all
    devices together, in the mode asked about. The other settings are as in :func:`cnncalc.estimate`.
    Raises :class:`cnncalc.errors.CnncalcError` for what cannot be.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Dense
    >>> found = distribute(Sequential([Dense(units=10)], input=(4,)), devices=4)
    >>> found.communicated_bytes, found.sent_bytes("gpu:0")  # 2 * 3 * 4 (4 + 1) 10, and a fourth of it
    (1200, 300)
    """
    for name, number in (("devices", devices), ("servers", servers)):
        if not 1 <= number <= MOST:
            raise CnncalcError(f"{name} must be from 1 to {MOST}, found {number}.")
    if strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise CnncalcError(
            f'no strategy "{strategy[:60]}".{nearest(strategy, STRATEGIES)} There are {known}.'
        )
    found = estimate(
        model,
        batch_size=batch_size if mode == "training" else None,
        inference_batch_size=batch_size if mode == "inference" else None,
        dtype=dtype,
        optimizer=optimizer,
        loss=loss,
    )
    if strategy == "mirrored":
        return mirrored(found.model, found.settings, mode, devices)
    if found.settings.segments and mode == "training":
        raise CnncalcError(f'the strategy "{strategy}" has no rule for segments that run again.')
    if strategy == "parameter-server":
        return parameter_server(found.model, found.settings, mode, devices, servers)
    return placement(found.model, found.settings, mode, devices, variables, soft_placement, device_bytes)
