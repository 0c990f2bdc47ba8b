"""Real Keras models timed.

``python -m benchmarks.timing measure [--backend jax] [MODEL ...]`` times a prediction and a training step by
model, batch size and type, on the device that Keras takes by itself: after warm-up several steps, each until
its result is there; the median and the quartiles. It saves after each row into timings.json, and goes on
where it was stopped. ``... render`` writes docs/timing.md and docs/roofline.svg. The backend is tensorflow,
jax or torch, whichever is installed; nothing here is of one of them.
"""

from __future__ import annotations

import os
import platform
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import product
from math import ceil, floor, log10, prod
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import cnncalc
from benchmarks import recorded
from benchmarks.speed.results import spread

MEASURED = Path(__file__).with_name("timings.json")

load = partial(recorded.load, MEASURED)
save = partial(recorded.save, MEASURED)

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PLOT = DOCS / "timing.md", DOCS / "roofline.svg"
MODELS = {
    "geron_exercise": (1, 10, 50),
    "lenet5": (1, 32, 256),
    "vgg16": (1, 4),
    "resnet50": (1, 8),
    "mobilenet_v2": (1, 8, 32),
    "efficientnet_b0": (1, 8),
}
"""Names of the zoo, and the batches that are timed."""
DTYPES = ("float32", "mixed_bfloat16")
MODES = ("inference", "training")
WARM, LEAST_STEPS, SECONDS = 2, 5, 1.0
"""Untimed steps; then at least so many, and more until that many seconds are over, at most 50."""


class Row(NamedTuple):
    model: str
    mode: str
    batch_size: int
    dtype: str
    backend: str
    device: str

    @property
    def id(self) -> str:
        return " ".join(map(str, self))


def measure(backend: str, names: list[str]) -> None:
    """Time what is not yet there."""
    os.environ["KERAS_BACKEND"] = backend  # read once, when Keras is imported
    device = device_name(backend)
    for name, dtype in product(names or MODELS, DTYPES):
        for mode, batch_size in product(MODES, MODELS[name]):
            row = Row(name, mode, batch_size, dtype, backend, device)
            if row.id not in load():
                save(load() | {row.id: {"row": row._asdict(), **taken(row)}})
                print(row.id, flush=True)


def device_name(backend: str) -> str:
    """The accelerator that Keras would take, or the processor."""
    import keras

    names = [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    return f"{names[0]} ({len(names)})" if names else processor()


def processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"CPU {names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def taken(row: Row) -> dict[str, Any]:
    """Seconds of a step, and the settings that they depend on."""
    low, median, high = spread(list(step_seconds(row)))
    packages = ("keras", {"tensorflow": "tensorflow-cpu"}.get(row.backend, row.backend))
    return {
        "seconds": [low, median, high],
        "versions": {name: version(name) for name in packages},
        "date": datetime.now(UTC).date().isoformat(),
        "load": os.getloadavg()[0],
    }


def step_seconds(row: Row) -> Iterator[float]:
    """Of each step, until its result is there."""
    step = prepared(row)
    for _ in range(WARM):
        step()
    begun = perf_counter()
    for count in range(50):
        if count >= LEAST_STEPS and perf_counter() - begun > SECONDS:
            return
        start = perf_counter()
        step()
        yield perf_counter() - start


def prepared(row: Row) -> Callable[[], object]:
    """One step; its data are there before, and what it gives is read, so that it has ended."""
    import keras
    import numpy as np

    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(row.dtype)
    model = cnncalc.to_keras(cnncalc.load(row.model))
    model.compile("sgd", "mean_squared_error")
    images = keras.ops.convert_to_tensor(
        np.random.default_rng(0).random((row.batch_size, *model.input_shape[1:]), np.float32)
    )
    if row.mode == "inference":
        return lambda: model.predict_on_batch(images)
    targets = keras.ops.zeros((row.batch_size, *model.output_shape[1:]))
    return lambda: model.train_on_batch(images, targets)


# What follows computes from the data and draws.


class Timing(NamedTuple):
    """A row with what cnncalc says of it. ``macs`` and ``bytes`` are of a step."""

    row: Row
    seconds: Sequence[float]
    macs: int
    bytes: int

    @property
    def rate(self) -> float:
        """MACs per second."""
        return self.macs / self.seconds[1]

    @property
    def intensity(self) -> float:
        """MACs per byte."""
        return self.macs / self.bytes


def timings(done: Mapping[str, Any]) -> list[Timing]:
    return [timing(Row(**item["row"]), item["seconds"]) for item in done.values()]


def timing(row: Row, seconds: Sequence[float]) -> Timing:
    """A training step counts three times the MACs of its forward pass: each product has two gradients.

    Bytes: weights, images and every layer's output, each moved once (in training three times).
    """
    found = cnncalc.estimate(cnncalc.load(row.model), dtype=row.dtype)
    passes = 3 if row.mode == "training" else 1
    image = 4 * prod(found.model.graph.inputs[0].shape)
    moved = 4 * found.parameters + row.batch_size * (image + found.output_bytes)
    return Timing(row, seconds, passes * row.batch_size * found.macs, passes * moved)


HEAD = """\
# Real models, timed

How long steps of real Keras models take: `python -m benchmarks.timing measure`, with `--backend jax` or
`torch` where those are installed. Steps after two untimed ones, the median and the quartiles. MACs of a
training step are three times those of its forward pass; bytes are those of weights, images and every layer's
output, moved once, in training three times. The machine did other work beside: compare with care.

{absent}
"""
ABSENT = """\
There are no rows of a GPU in this table. What was timed on an H200, with Keras on JAX and on PyTorch, is in
`benchmarks/timings_h200.json`, with the bytes that were handed out, that XLA planned there, and that it plans
when asked without a GPU; it is not rendered yet.
"""


def page(found: list[Timing]) -> str:
    lines = ["| model | step | batch | type | ms | quartiles | images/s | G MAC/s | MACs per byte |"]
    lines.append("|---|---|---:|---|---:|---:|---:|---:|---:|")
    for one in found:
        low, median, high = one.seconds
        row = one.row
        lines.append(
            f"| {row.model} | {row.mode} | {row.batch_size} | {row.dtype} | {median * 1e3:,.1f} "
            f"| {low * 1e3:,.1f} to {high * 1e3:,.1f} | {row.batch_size / median:,.1f} "
            f"| {one.rate / 1e9:,.1f} | {one.intensity:,.1f} |"
        )
    devices = sorted({f"{one.row.device}, Keras on {one.row.backend}" for one in found})
    missing = [name for name in MODELS if all(one.row.model != name for one in found)]
    rest = f"Not timed yet: {', '.join(missing)}.\n\n" if missing else ""
    absent = ABSENT if all("CPU" in device for device in devices) else ""
    taken_on = "Measured on: " + "; ".join(devices) + ".\n\n![Roofline](roofline.svg)\n\n"
    return HEAD.format(absent=absent) + taken_on + rest + "\n".join(lines) + "\n"


WIDTH, HEIGHT, EDGE = 720, 420, 60


def roofline(found: list[Timing]) -> str:
    """MACs per byte against MACs per second, both logarithmic, as SVG: rings predict, dots train."""
    across = [log10(one.intensity) for one in found]
    up = [log10(one.rate) for one in found]
    left, right, bottom, top = floor(min(across)), ceil(max(across)), floor(min(up)), ceil(max(up))

    def x(value: float) -> float:
        return EDGE + (value - left) / (right - left) * (WIDTH - 2 * EDGE)

    def y(value: float) -> float:
        return HEIGHT - EDGE - (value - bottom) / (top - bottom) * (HEIGHT - 2 * EDGE)

    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
    for power in range(left, right + 1):
        parts.append(line(x(power), y(bottom), x(power), y(top)))
        parts.append(text(x(power), HEIGHT - EDGE + 16, f"10^{power}"))
    for power in range(bottom, top + 1):
        parts.append(line(x(left), y(power), x(right), y(power)))
        parts.append(text(EDGE - 22, y(power) + 4, f"10^{power}"))
    parts.append(text(WIDTH / 2, HEIGHT - 20, "MACs per byte"))
    parts.append(text(WIDTH / 2, EDGE - 20, "MACs per second; rings: prediction, dots: training"))
    for one, at_x, at_y in zip(found, across, up, strict=True):
        fill = "#36c" if one.row.mode == "training" else "none"
        title = f"{one.row.model}, {one.row.mode}, batch {one.row.batch_size}, {one.row.dtype}"
        parts.append(f'<circle cx="{x(at_x):.1f}" cy="{y(at_y):.1f}" r="4" fill="{fill}" stroke="#36c">')
        parts.append(f"<title>{title}</title></circle>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{words}</text>'


def render() -> None:
    found = timings(load())
    PAGE.write_text(page(found), encoding="utf-8")
    PLOT.write_text(roofline(found), encoding="utf-8")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["measure", "render"])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--backend", default="tensorflow", choices=["tensorflow", "jax", "torch"])
    given = parser.parse_args()
    if given.action == "measure":
        measure(given.backend, given.models)
    else:
        render()


if __name__ == "__main__":
    main()
