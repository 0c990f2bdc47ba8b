"""What a device reaches at its best, by measurement: a large matrix product and a large copy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import recorded
from benchmarks.speed.results import spread
from benchmarks.timing.backends import BACKENDS, Step
from benchmarks.timing.measuring import stamp, step_seconds, with_backend

MEASURED = Path(__file__).with_name("ceilings.json")

load = partial(recorded.load, MEASURED)
save = partial(recorded.save, MEASURED)

DTYPES = ("float32", "bfloat16")
SIDES = {True: 2048, False: 8192}
"""Of the matrices, on a processor and on an accelerator."""
COPIED = {True: 2**28, False: 2**30}
"""Bytes that are read, and as many written."""
TIMES = 3
"""Products, or copies, in a step: starting one is then no part of it."""


def measure(backend: str) -> None:
    """MACs per second by type, and bytes per second."""
    keras, device = with_backend(backend), BACKENDS[backend].device()
    small = device.startswith("CPU")
    side, size = SIDES[small], COPIED[small]
    rates = {dtype: side**3 / seconds(product(keras, side, dtype)) for dtype in DTYPES}
    moved = 2 * size / seconds(copy(keras, size))
    row = {"device": device, "backend": backend, "macs_per_s": rates, "bytes_per_s": moved, **stamp(backend)}
    save(load() | {f"{backend} {device}": row})
    print(row, flush=True)


def seconds(step: Step) -> float:
    return spread(list(step_seconds(step)))[1] / TIMES


def product(keras: Any, side: int, dtype: str) -> Step:
    """Each product is of the one before, so that none can be left out."""
    first = keras.ops.cast(keras.random.normal((side, side)) / side**0.5, dtype)

    def step() -> object:
        found = first
        for _ in range(TIMES):
            found = keras.ops.matmul(found, first)
        return float(found[0, 0])

    return step


def copy(keras: Any, size: int) -> Step:
    """Reads and writes all of it each time."""
    first = keras.random.normal((size // 4,))

    def step() -> object:
        found = first
        for _ in range(TIMES):
            found = keras.ops.negative(found)
        return float(found[0])

    return step
