"""What of a device's memory a model may use: less than the label, by the runtime's share."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.advice.budget import GPU_RATIOS, Budget, Ratios
from cnncalc.advice.needs import Mode
from cnncalc.devices import Device
from cnncalc.errors import CnncalcError
from cnncalc.units import bytes_text

MIB = 2**20


class Range(NamedTuple):
    """Bytes from low to high, with the source of both; none of it is measured here."""

    low: int
    high: int
    source: str


CONTEXT = Range(
    286 * MIB,
    1015 * MIB,
    "TensorFlow's own lines at its start, from published logs: 22,446 MiB on an RTX 3090, 9,491 MiB on an "
    "RTX 3060 that drives a display too",
)
"""What a process takes of a GPU before TensorFlow sees what is free: the driver's context, its libraries, and
a display's buffers. What the driver reports, less what TensorFlow keeps back, less what it said it had."""

KEPT_BACK = {6: 500 * MIB, 7: 1050 * MIB, 8: 1536 * MIB}
"""What TensorFlow leaves free of 2 GiB and more, by the GPU's generation (tensorflow/core/common_runtime/gpu/
gpu_device.cc, MinSystemMemory): those up to compute capability 6, 7, and 8 and later."""
KEPT_BACK_OF_LITTLE = 225 * MIB
"""What it leaves of less than 2 GiB."""


def kept_back(available: int, generation: int) -> int:
    """Bytes that TensorFlow does not take of those that are free when a process starts: none of very few.

    >>> [kept_back(size * 2**20, 7) // 2**20 for size in (15_000, 1_000, 200)]
    [1050, 225, 0]
    """
    kept = KEPT_BACK_OF_LITTLE if available < 2**31 else KEPT_BACK[min(max(generation, 6), 8)]
    return kept if kept < available else 0


def reserve(device: Device) -> Range:
    """What the runtime takes of a device; of those that are no GPU nothing is known here."""
    if device.kind != "gpu":
        return Range(0, 0, "what the system and the runtime take of it is not known here: set a reserve")
    low, high = generations(device)
    least = CONTEXT.low + kept_back(device.memory_bytes - CONTEXT.low, low)
    most = CONTEXT.high + kept_back(device.memory_bytes - CONTEXT.high, high)
    return Range(least, most, f"TensorFlow's gpu_device.cc, MinSystemMemory; {CONTEXT.source}")


def generations(device: Device) -> tuple[int, int]:
    """The GPU's generation by its compute capability; from the first to the last where that is not known."""
    if device.xla is None:
        return min(KEPT_BACK), max(KEPT_BACK)
    major = int(device.xla.compute_capability.partition(".")[0])
    return major, major


def as_given(reserve_bytes: int) -> Range:
    """The reserve that the user sets."""
    return Range(reserve_bytes, reserve_bytes, "as given")


def budget_in(device: Device, taken: Range, ratios: Ratios | None) -> Budget:
    """What is left of a device. Raises CnncalcError where that is nothing."""
    left = device.memory_bytes - taken.high
    if left <= 0:
        has, lost = bytes_text(device.memory_bytes), bytes_text(taken.high)
        raise CnncalcError(f"{device.name} has {has}: of that {lost} are taken, which leaves nothing.")
    return Budget(left, ratios, taken.high - taken.low)


def ratios_on(device: Device, mode: Mode, rule: str) -> Ratios | None:
    """The ratios are those of a GPU's compiler to the rule ``tensorflow``, which is the CPU's."""
    return GPU_RATIOS[mode] if device.kind == "gpu" and rule == "tensorflow" else None
