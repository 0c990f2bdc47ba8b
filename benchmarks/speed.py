"""How long answers take, beside Keras building the same model and printing its summary; and how they grow.

Keras and the answers run in turn, so that a busy machine slows both alike; medians. Without TensorFlow
there is no column of Keras. The cost per layer is that of a chain of convolutions, by its length.
Usage: speed.py [ROUNDS [MODEL ...]]
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import cnncalc
from cnncalc import Model

ROOT = Path(__file__).parents[1]
ROUNDS = 5
REPEATS = 3
"""Answers in each round; Keras builds once."""

MODELS = {
    "resnet50": ("resnet50", "ResNet50"),
    "densenet201": ("densenet201", "DenseNet201"),
    "efficientnet_b7": ("efficientnet_b7", "EfficientNetB7"),
    "nasnet_large": (str(ROOT / "benchmarks/accuracy/models/nasnet_large.yaml"), "NASNetLarge"),
}
"""A model by its file or its name in the zoo, and what builds the same layers in keras.applications."""

Ask = Callable[[Model], object]

ANSWERS: dict[str, Ask] = {
    "layers, parameters, MACs": lambda model: _sums(cnncalc.estimate(model)),
    "textbook": lambda model: cnncalc.estimate(model).memory["textbook"].training,
    "ideal": lambda model: cnncalc.estimate(model).memory["ideal"].training,
    "tensorflow": lambda model: cnncalc.estimate(model).memory["tensorflow"].training,
}
LENGTHS = (200, 2_000, 20_000)

Clock = Callable[[], float]


def _sums(estimate: cnncalc.Estimate) -> object:
    return estimate.layers, estimate.parameters, estimate.macs


def seconds(action: Callable[[], object], clock: Clock = perf_counter) -> float:
    start = clock()
    action()
    return clock() - start


def build_in_keras(name: str) -> None:
    """Build a model of keras.applications and print its summary, to nowhere."""
    import keras

    keras.backend.clear_session()
    getattr(keras.applications, name)(weights=None).summary(print_fn=lambda *_, **__: None)


def from_file(ask: Ask, path: str) -> object:
    return ask(cnncalc.load(path))


def timings(path: str, keras_name: str, rounds: int) -> dict[str, list[float]]:
    """Seconds by what was timed: ``keras``, and each answer from a loaded model and from its file."""
    model = cnncalc.load(path)
    actions = {answer: partial(ask, model) for answer, ask in ANSWERS.items()}
    actions |= {f"{answer}, file": partial(from_file, ask, path) for answer, ask in ANSWERS.items()}
    found: dict[str, list[float]] = {name: [] for name in ("keras", *actions)}
    build = partial(build_in_keras, keras_name) if find_spec("keras") else None
    for action in (*actions.values(), build):  # once untimed: imports, caches
        if action:
            action()
    for _ in range(rounds):
        if build:
            found["keras"].append(seconds(build))
        for name, action in actions.items():
            found[name] += [seconds(action) for _ in range(REPEATS)]
    return found


def print_model(name: str, found: dict[str, list[float]]) -> None:
    keras = median(found["keras"]) if found["keras"] else None
    print(f"{name}   Keras: " + (f"{keras * 1e3:,.0f} ms" if keras else "not installed"))
    for answer in ANSWERS:
        parts = []
        for title, key in (("loaded", answer), ("file", f"{answer}, file")):
            time = median(found[key])
            ratio = f"{keras / time:6,.0f} x" if keras else ""
            parts.append(f"{title} {time * 1e3:8.2f} ms {ratio}")
        print(f"  {answer:25} {'   '.join(parts)}")


def chain(length: int) -> str:
    layer = "- Conv2D: {filters: 8, kernel_size: 3, padding: same}\n"
    return "input: [32, 32, 3]\nlayers:\n" + layer * length


def per_layer(action: Callable[[], object], length: int) -> tuple[float, float]:
    """Microseconds of the processor, the best of several times, and KiB at the highest, per layer."""
    gc.collect()  # what others have left does not count
    times = [seconds(action, process_time) for _ in range(3 if length > 2_000 else 10)]
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times) * 1e6 / length, peak / 1024 / length


def growth() -> dict[str, list[tuple[float, float]]]:
    """For each action the cost per layer, by the lengths of the chain."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("load", *ANSWERS)}
    with TemporaryDirectory() as folder:
        for length in LENGTHS:
            path = Path(folder, f"chain_{length}.yaml")
            path.write_text(chain(length), encoding="utf-8")
            model = cnncalc.load(path)
            found["load"].append(per_layer(partial(cnncalc.load, path), length))
            for answer, ask in ANSWERS.items():
                found[answer].append(per_layer(partial(ask, model), length))
    return found


def print_growth(found: dict[str, list[tuple[float, float]]]) -> None:
    print("Per layer of a chain of " + ", ".join(f"{length:,}" for length in LENGTHS) + " convolutions")
    for name, costs in found.items():
        first_time, first_memory = costs[0]
        times = "  ".join(f"{time:6.1f} us ({time / first_time:.2f})" for time, _ in costs)
        sizes = "  ".join(f"{memory:5.1f} KiB ({memory / first_memory:.2f})" for _, memory in costs)
        print(f"  {name:25} {times}   {sizes}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for name in sys.argv[2:] or MODELS:
        print_model(name, timings(*MODELS[name], rounds))
    print_growth(growth())


if __name__ == "__main__":
    main()
