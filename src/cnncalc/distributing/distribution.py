"""The answer of every strategy: what each device needs, and what goes from one to another in a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cnncalc.errors import CnncalcError, nearest
from cnncalc.footprints import Footprint
from cnncalc.model import Model
from cnncalc.settings import Settings

Mode = Literal["training", "inference"]
Kind = Literal["output", "gradient", "weights", "weight gradients"]
"""What is sent: a layer's output, its gradient, a layer's weights, their gradients."""


class Transfer(NamedTuple):
    """Bytes that go from one device to another in one step; ``what`` is the layer, or what it is of all."""

    kind: Kind
    what: str
    source: str
    target: str
    bytes: int


class Moved(NamedTuple):
    """A layer that runs on another device than it names, and why."""

    layer: str
    wanted: str
    device: str
    reason: str


class DeviceMemory(NamedTuple):
    """What one device holds and needs.

    ``batch_size`` is that of its part of the batch, 0 where it computes nothing; ``layers`` the layers that
    run there. ``footprints`` are the answers of the memory rules by name; ``rule`` is the one that counts.
    ``exchange_bytes`` is what the exchange of gradients takes beside, at the end of the step.
    """

    name: str
    batch_size: int
    layers: tuple[str, ...]
    footprints: Mapping[str, Footprint]
    rule: str
    exchange_bytes: int = 0

    @property
    def footprint(self) -> Footprint:
        """The answer of the rule that counts."""
        return self.footprints[self.rule]

    @property
    def needed_bytes(self) -> int:
        """Variables, images and targets, and the step in the order that needs most."""
        found = self.footprint
        return found.variables_bytes + found.io_bytes + found.step_high_bytes


@dataclass(frozen=True)
class Distribution:
    """A model over several devices, for one step.

    ``batch_size`` is that of all devices together. ``stays_bytes`` are the variables that other processes
    than the client's hold, and that are there when it has gone.
    """

    model: Model
    settings: Settings
    mode: Mode
    strategy: str
    batch_size: int
    devices: tuple[DeviceMemory, ...]
    transfers: tuple[Transfer, ...] = ()
    moved: tuple[Moved, ...] = ()
    stays_bytes: int = 0

    @property
    def needed_bytes(self) -> int:
        """What the device needs that needs most."""
        return max(device.needed_bytes for device in self.devices)

    @property
    def communicated_bytes(self) -> int:
        """Bytes sent in a step, over all devices."""
        return sum(transfer.bytes for transfer in self.transfers)

    def sent_bytes(self, device: str) -> int:
        """Bytes that a device sends in a step."""
        return sum(transfer.bytes for transfer in self.transfers if transfer.source == device)

    def received_bytes(self, device: str) -> int:
        """Bytes that a device receives in a step."""
        return sum(transfer.bytes for transfer in self.transfers if transfer.target == device)

    def __getitem__(self, name: str) -> DeviceMemory:
        """The device of that name. Raises CnncalcError where there is none."""
        names = [device.name for device in self.devices]
        if name not in names:
            raise CnncalcError(
                f'no device "{name[:60]}".{nearest(name, names)} There are {", ".join(names)}.'
            )
        return self.devices[names.index(name)]


BATCH: dict[Mode, str] = {"training": "batch_size", "inference": "inference_batch_size"}
"""The setting that says how many images are in a batch, by mode."""


def batch_of(settings: Settings, mode: Mode) -> int:
    """Images in a batch of that mode."""
    size: int = getattr(settings, BATCH[mode])
    return size


def parts_of(batch_size: int, count: int) -> tuple[int, ...]:
    """A batch over so many devices: parts that differ by one at most, the larger first.

    As ``tf.data`` cuts it for a strategy (``batch_sizes_for_worker`` in
    tensorflow/python/data/experimental/ops/distribute.py). Raises CnncalcError where one would have nothing.

    >>> parts_of(10, 4)
    (3, 3, 2, 2)
    """
    if batch_size < count:
        raise CnncalcError(
            f"a batch of {batch_size} leaves nothing for {count - batch_size} of {count} devices."
        )
    least, more = divmod(batch_size, count)
    return (least + 1,) * more + (least,) * (count - more)
