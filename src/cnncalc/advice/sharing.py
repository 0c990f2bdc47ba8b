"""How TensorFlow shares a GPU among processes: by default, by a fraction, or by growth.

Source: tensorflow/core/common_runtime/gpu/gpu_device.cc. By default a process takes nearly all that is free
when it starts; with a limit it takes that; with growth it takes what it needs and gives nothing back.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.advice.budget import Budget, Verdict
from cnncalc.advice.needs import Need
from cnncalc.advice.room import CONTEXT, Range, generations, kept_back
from cnncalc.devices import Device
from cnncalc.errors import CnncalcError

MOST = 64
"""More processes on one GPU are taken for a mistake."""


class Sharing(NamedTuple):
    """How many processes share a GPU, and TensorFlow's setting in each: a fraction, growth, its default."""

    processes: int = 1
    memory_fraction: float | None = None
    memory_growth: bool = False

    def check(self) -> None:
        """Raise CnncalcError for what cannot be."""
        if not 1 <= self.processes <= MOST:
            raise CnncalcError(f"processes must be from 1 to {MOST}, found {self.processes}.")
        if self.memory_fraction is not None and not 0 < self.memory_fraction <= 1:
            raise CnncalcError(
                f"memory_fraction must be above 0 and at most 1, found {self.memory_fraction}."
            )
        if self.memory_fraction is not None and self.memory_growth:
            raise CnncalcError("a process is given a fraction, or grows: not both.")


class Process(NamedTuple):
    """One process: the bytes that it gets for its tensors, at least, and whether the model fits in them."""

    number: int
    pool_bytes: int
    verdict: Verdict


def limit(device: Device, fraction: float) -> int:
    """The bytes of a process that is limited to a fraction of the device: whole MiB, as TensorFlow takes."""
    return int(fraction * device.memory_bytes) // 2**20 * 2**20


def room(device: Device, sharing: Sharing, by_default: Range) -> Range:
    """What is not the first process's own of a device, by TensorFlow's setting.

    With a limit all else; with growth the contexts and, of several processes, the others' equal parts.
    """
    if sharing.memory_fraction is not None:
        rest = device.memory_bytes - limit(device, sharing.memory_fraction)
        return Range(rest, rest, "all but the fraction")
    if sharing.memory_growth:
        others = device.memory_bytes - device.memory_bytes // sharing.processes
        return Range(others + CONTEXT.low, others + CONTEXT.high, CONTEXT.source)
    return by_default


def processes(device: Device, sharing: Sharing, budget: Budget, need: Need) -> tuple[Process, ...]:
    """Who gets what, in the order in which the processes start, each with the largest context.

    A process that gets less than the model needs ends with an error: out of memory.
    """
    free, found = device.memory_bytes, []
    for number in range(1, sharing.processes + 1):
        free = max(free - CONTEXT.high, 0)
        pool = _pool(device, sharing, free)
        own = budget._replace(bytes=pool, slack=0)
        found.append(Process(number, pool, own.verdict(need)))
        free -= min(pool, own.high(need)) if sharing.memory_growth else pool
    return tuple(found)


def _pool(device: Device, sharing: Sharing, free: int) -> int:
    """What a process can have of what is free; nothing where a limit is more than that."""
    if sharing.memory_growth:
        return free
    if sharing.memory_fraction is not None:
        wanted = limit(device, sharing.memory_fraction)
        return wanted if wanted <= free else 0
    return free - kept_back(free, generations(device)[1])


def code(device: Device, sharing: Sharing) -> tuple[str, ...]:
    """The lines that set this in TensorFlow, before anything runs on the GPU."""
    first = ('gpus = tf.config.list_physical_devices("GPU")',)
    if sharing.memory_fraction is not None:
        size = limit(device, sharing.memory_fraction) // 2**20
        return (
            *first,
            f"limited = tf.config.LogicalDeviceConfiguration(memory_limit={size})  # MiB",
            "tf.config.set_logical_device_configuration(gpus[0], [limited])",
        )
    if sharing.memory_growth:
        return (*first, "for gpu in gpus:", "    tf.config.experimental.set_memory_growth(gpu, True)")
    return ()
