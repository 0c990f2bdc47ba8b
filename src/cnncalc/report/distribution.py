"""A model over several devices: as a table, and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cnncalc.distributing.distribution import DeviceMemory, Distribution
from cnncalc.report.table import Grid, fitted, wrapped
from cnncalc.report.words import listed
from cnncalc.units import bytes_text

SHOWN = 8
"""Transfers that a table shows, the largest."""


def to_table(found: Distribution, width: int | None = None) -> str:
    """Each device, what is sent, and the answer in words."""
    optimizer = f", {found.settings.optimizer.name}" if found.mode == "training" else ""
    batch = f"{found.mode}, batch {found.batch_size}{optimizer}"
    head = f"{found.model.name}   {found.strategy}   {batch}   {found.settings.dtype}"
    grids = [fitted(grid, width) for grid in (_devices(found), _sent(found)) if grid.rows]
    words = "\n".join(_words(found))
    return "\n\n".join([head, *grids, words if width is None else wrapped(words, width)]) + "\n"


def _devices(found: Distribution) -> Grid:
    header = ("device", "batch", "layers", "variables", "needs", "rule", "sends", "receives")
    rows = tuple(_device(found, device) for device in found.devices)
    return Grid(header, rows, frozenset({0, 5}), optional=(2, 1))


def _device(found: Distribution, device: DeviceMemory) -> tuple[str, ...]:
    return (
        device.name,
        str(device.batch_size or "-"),
        str(len(device.layers) or "-"),
        bytes_text(device.footprint.variables_bytes),
        bytes_text(device.needed_bytes),
        device.rule,
        bytes_text(found.sent_bytes(device.name)),
        bytes_text(found.received_bytes(device.name)),
    )


def _sent(found: Distribution) -> Grid:
    largest = sorted(found.transfers, key=lambda transfer: -transfer.bytes)[:SHOWN]
    rows = tuple(
        (item.what, item.kind, f"{item.source} to {item.target}", bytes_text(item.bytes)) for item in largest
    )
    return Grid(("sent in a step", "what", "way", "bytes"), rows, frozenset({0, 1, 2}))


def _words(found: Distribution) -> Iterator[str]:
    most = max(found.devices, key=lambda device: device.needed_bytes)
    sent = bytes_text(found.communicated_bytes)
    yield f"{most.name} needs most, {bytes_text(most.needed_bytes)}. In a step {sent} are sent."
    if len(found.transfers) > SHOWN:
        yield f"{len(found.transfers) - SHOWN} smaller transfers are not shown; --format json has all."
    if exchanged := most.exchange_bytes:
        yield (
            "Not in these figures: all gradients wait for the end of the step, and are gathered there in one "
            f"more buffer of {bytes_text(exchanged)} on each device."
        )
    if found.stays_bytes:
        yield (
            f"The servers hold {bytes_text(found.stays_bytes)} of variables in processes of their own, which "
            "are there when a worker has gone."
        )
    for reason in dict.fromkeys(moved.reason for moved in found.moved):
        same = [moved for moved in found.moved if moved.reason == reason]
        names = listed([moved.layer for moved in same])
        yield f"Soft placement: {names} on {same[0].device} ({reason})."


def to_json(found: Distribution) -> str:
    """The whole answer as JSON text."""
    data: dict[str, Any] = {
        "model": found.model.name,
        "strategy": found.strategy,
        "mode": found.mode,
        "batch_size": found.batch_size,
        "settings": found.settings.model_dump(mode="json"),
        "needed_bytes": found.needed_bytes,
        "communicated_bytes": found.communicated_bytes,
        "stays_bytes": found.stays_bytes,
        "devices": [_device_data(found, device) for device in found.devices],
        "transfers": [transfer._asdict() for transfer in found.transfers],
        "moved": [moved._asdict() for moved in found.moved],
    }
    return json.dumps(data, indent=2) + "\n"


def _device_data(found: Distribution, device: DeviceMemory) -> dict[str, Any]:
    footprint = device.footprint
    return {
        "name": device.name,
        "batch_size": device.batch_size,
        "layers": list(device.layers),
        "rule": device.rule,
        "needed_bytes": device.needed_bytes,
        "variables_bytes": footprint.variables_bytes,
        "io_bytes": footprint.io_bytes,
        "step_bytes": footprint.step_bytes,
        "step_low_bytes": footprint.step_low_bytes,
        "step_high_bytes": footprint.step_high_bytes,
        "total_bytes": {rule: answer.total_bytes for rule, answer in device.footprints.items()},
        "exchange_bytes": device.exchange_bytes,
        "sent_bytes": found.sent_bytes(device.name),
        "received_bytes": found.received_bytes(device.name),
    }
