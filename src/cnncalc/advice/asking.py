"""What is asked: where the model should fit, for what, by which rule, under which settings."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.advice.budget import Budget
from cnncalc.advice.needs import BATCH, MODES, Mode
from cnncalc.advice.room import Range, as_given, budget_in, ratios_on, reserve
from cnncalc.advice.sharing import Sharing, room
from cnncalc.devices import Device, load_device
from cnncalc.errors import CnncalcError, nearest
from cnncalc.estimation import Estimate, estimate
from cnncalc.model import Model

MICROCONTROLLER = "microcontroller"


class Place(NamedTuple):
    """Where a model should fit and what for: a budget, and the device that it is of."""

    budget: Budget
    mode: Mode
    rule: str
    device: Device | None = None
    reserve: Range | None = None
    sharing: Sharing = Sharing()


def place(
    budget_bytes: int | None,
    device: str | Device | None,
    reserve_bytes: int | None,
    sharing: Sharing,
    mode: str | None,
    rule: str | None,
) -> Place:
    """The budget, or what the device leaves, with the mode and the rule that suit it.

    Raises CnncalcError for both or neither, and for settings of TensorFlow where there is no GPU.
    """
    if (budget_bytes is None) == (device is None):
        raise CnncalcError("fit in what? Say either a budget, such as 8GiB, or a device.")
    sharing.check()
    if budget_bytes is not None:
        if reserve_bytes is not None or sharing != Sharing():
            raise CnncalcError("a reserve, processes and TensorFlow's settings are of a device, no budget.")
        return Place(Budget(budget_bytes), _mode(mode or "training"), rule or "tensorflow")
    found = device if isinstance(device, Device) else load_device(str(device))
    return _on(found, reserve_bytes, sharing, mode, rule)


def _on(
    device: Device, reserve_bytes: int | None, sharing: Sharing, mode: str | None, rule: str | None
) -> Place:
    small = device.kind == MICROCONTROLLER
    asked = _mode(mode or ("inference" if small else "training"))
    by = rule or ("ideal" if small else "tensorflow")
    if device.kind != "gpu" and sharing != Sharing():
        raise CnncalcError(f"{device.name} is no GPU: processes and TensorFlow's settings are for GPUs.")
    taken = as_given(reserve_bytes) if reserve_bytes is not None else room(device, sharing, reserve(device))
    return Place(budget_in(device, taken, ratios_on(device, asked, by)), asked, by, device, taken, sharing)


def settled(
    model: Model | str | PathLike[str],
    *,
    batch_size: int | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    dtype: str | None = None,
    mode: str = "training",
) -> Estimate:
    """The estimate of the run asked about; its settings have the loss, so that no remedy chooses another."""
    batch: dict[str, Any] = {BATCH[_mode(mode)]: batch_size}
    return estimate(model, optimizer=optimizer, loss=loss, dtype=dtype, **batch)


def _mode(name: str) -> Mode:
    if name not in MODES:
        raise CnncalcError(f'no mode "{name[:60]}".{nearest(name, MODES)} There are {", ".join(MODES)}.')
    return MODES[name]
