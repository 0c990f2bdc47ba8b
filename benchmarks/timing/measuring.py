"""Timing the rows, and reading what they allocate. Each is saved at once; what is there is not done again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

import cnncalc
from benchmarks import recorded
from benchmarks.speed.results import spread
from benchmarks.timing.backends import BACKENDS, Step
from benchmarks.timing.rows import LOSS, OPTIMIZER, Row, rows
from cnncalc.errors import CnncalcError
from cnncalc.measuring.xla.asking import ask_xla
from cnncalc.measuring.xla.installed import installed_versions

MEASURED = Path(__file__).with_name("measured.json")

load = partial(recorded.load, MEASURED)
save = partial(recorded.save, MEASURED)

WARM, LEAST_STEPS, MOST_STEPS, SECONDS = 2, 5, 50, 1.0
"""Untimed steps; then at least so many, and more until that many seconds are over."""


def measure(backend: str, names: Sequence[str]) -> None:
    """Time what is not yet there."""
    for row in wanted(backend, names):
        if not {"seconds", "failed"} & set(load().get(row.id, ())):
            keep(row, timed(row))


def memory(backend: str, names: Sequence[str], jobs: int) -> None:
    """Read the memory of the rows that have none yet, each in a fresh process, ``jobs`` of them at a time."""
    done = load()
    missing = [row for row in wanted(backend, names) if "peak_bytes" not in done.get(row.id, ())]
    with ThreadPoolExecutor(jobs) as pool:
        for row, found in zip(missing, pool.map(allocated, missing), strict=True):
            keep(row, found)


def wanted(backend: str, names: Sequence[str]) -> Iterator[Row]:
    with_backend(backend)
    return rows(backend, BACKENDS[backend].device(), names)


def with_backend(backend: str) -> Any:
    """Keras on this backend, which it reads once."""
    os.environ["KERAS_BACKEND"] = backend
    import keras

    return keras


def keep(row: Row, found: dict[str, Any]) -> None:
    done = load()
    save(done | {row.id: {"row": row._asdict(), **done.get(row.id, {}), **found}})
    print(row.id, flush=True)


def timed(row: Row) -> dict[str, Any]:
    """Seconds of a step: lower quartile, median, upper quartile; or why there are none."""
    try:
        return {"seconds": spread(list(step_seconds(prepared(row)))), **stamp(row.backend)}
    except Exception as error:  # whatever a backend raises: the row says so
        return {"failed": reason(error), **stamp(row.backend)}


def reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def stamp(backend: str) -> dict[str, Any]:
    """What figures depend on beside the row."""
    names = ("keras", backend)
    return {
        "versions": {name: import_module(name).__version__ for name in names},
        "date": datetime.now(UTC).date().isoformat(),
        "load": os.getloadavg()[0],
    }


def step_seconds(step: Step) -> Iterator[float]:
    """Of each step, until its result is there."""
    for _ in range(WARM):
        step()
    begun = perf_counter()
    for count in range(MOST_STEPS):
        if count >= LEAST_STEPS and perf_counter() - begun > SECONDS:
            return
        start = perf_counter()
        step()
        yield perf_counter() - start


def prepared(row: Row) -> Step:
    """One step, whose data are there before."""
    import numpy as np

    from cnncalc.interop.keras_build import build_keras

    keras, backend = with_backend(row.backend), BACKENDS[row.backend]
    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(row.dtype)
    model = build_keras(keras, cnncalc.load(row.model), row.dtype)
    model.compile(OPTIMIZER, keras.losses.MeanSquaredError())
    images = np.random.default_rng(0).random((row.batch_size, *model.input_shape[1:]), np.float32)
    batch = keras.ops.convert_to_tensor(images)
    if row.mode == "inference":
        return backend.prediction(model, batch)
    return backend.training(model, batch, keras.ops.zeros((row.batch_size, *model.output_shape[1:])))


def allocated(row: Row) -> dict[str, Any]:
    """See ``Backend.memory``: variables, images and targets, and what a step holds; or why it is not known.

    TensorFlow's on the processor are what ``cnncalc measure`` reads; elsewhere it is what the backend's
    allocator says of a fresh process that has run three steps.
    """
    if row.backend == "tensorflow" and row.on_processor:
        return traced(row)
    command = [sys.executable, "-m", "benchmarks.timing", "worker"]
    asked = json.dumps(row._asdict())
    run = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    if run.returncode:
        return {"memory_failed": (run.stderr.strip().splitlines() or ["killed"])[-1]}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def traced(row: Row) -> dict[str, Any]:
    settings: dict[str, Any] = {"batch_size": row.batch_size, "dtype": row.dtype, "loss": LOSS}
    try:
        found = cnncalc.measure(row.model, mode=row.mode, optimizer=OPTIMIZER, compilations=1, **settings)
    except CnncalcError as error:
        return {"memory_failed": reason(error)}
    return {"peak_bytes": found.variables_bytes + found.facts.io_bytes + found.median_bytes}


def ask(gpu: str) -> None:
    """Ask XLA, which needs no GPU for it, what it plans where the device's own plan is known."""
    version = installed_versions()["jax"]
    for found in load().values():
        known = found.get("asked_bytes", {})
        if found.get("plan_bytes") and version not in known:
            row = Row(**found["row"])
            plan = ask_xla(row.estimate, gpu, row.mode).plan
            size = plan.argument_bytes + plan.step_bytes
            keep(row, {"asked": gpu, "asked_bytes": known | {version: size}})


def worker() -> None:
    """Answer the row on standard input, after three steps."""
    row = Row(**json.load(sys.stdin))
    step = prepared(row)
    for _ in range(3):
        step()
    print(json.dumps(BACKENDS[row.backend].memory()))
