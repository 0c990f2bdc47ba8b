"""Other tools on the same architectures, beside cnncalc: `make bench-peers`. Writes peers.json.

Each row is measured in a process of its own, in which cnncalc and the tool run by turns: the median of
several turns after one; of the large networks one turn. The tools are those of PyTorch, on a model that has
been built, and Keras, which builds the model and prints its summary. A run that takes longer than the limit
is ended by an alarm (so this needs Unix), and one that fails is written down as failing. Each row is saved
when it is there, and not measured again before it is deleted.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import cnncalc
from benchmarks import recorded
from benchmarks.speed.models import ANSWERS, ROOT, build_in_keras, load
from benchmarks.timing.backends import processor

RESULT = Path(__file__).with_name("peers.json")
LIMIT_SECONDS = 300
TURNS = 5
SUMS = "shapes, parameters, MACs"
SMALL = ("exercise", "resnet50_v1_5", "densenet201", "efficientnet_b7", "200 residual blocks")
LARGE = ("2,000 residual blocks", "20,000 convolutions")
PYTORCH = ("torch build", "torchinfo", "fvcore", "thop", "ptflops")
KERAS = ("Keras", "Keras, recursion allowed")
"""As installed, and with Python's limit of recursion out of the way."""
ROWS = (*product(SMALL, PYTORCH), *product(LARGE, KERAS), *product(LARGE, PYTORCH))

Found = tuple[str, Any]
"""What was measured, and its value; a line of what a row's process prints."""


def measure() -> None:
    for model, tool in ROWS:
        name, rows = f"{model}: {tool}", recorded.load(RESULT)
        if name not in rows:
            recorded.save(RESULT, rows | {name: row(model, tool)})
            print(name, flush=True)
    print(f"All {len(ROWS)} rows are in {RESULT.relative_to(ROOT)}; those deleted there are measured anew.")


def row(model: str, tool: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "benchmarks.speed.peers", model, tool)
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return {
        "model": model,
        "tool": tool,
        **gathered(map(json.loads, done.stdout.splitlines()), done.returncode),
        "versions": versions(model, tool),
        "processor": processor(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def versions(model: str, tool: str) -> dict[str, str]:
    if tool in KERAS:
        return {name: version(name) for name in ("keras", "tensorflow-cpu")}
    pictures = ["torchvision"] if model in SMALL[1:4] else []
    packages = ["torch", *pictures, *([] if tool == "torch build" else [tool])]
    return {name: version(name) for name in packages}


def gathered(found: Iterable[Found], status: int) -> dict[str, Any]:
    """A row's figures: medians of the seconds; of a process that did not end well, why.

    >>> gathered([("ideal", 2.0), ("tool", 8.0), ("ideal", 4.0), ("parameters", [9, 9])], 0)
    {'seconds': {'ideal': 3.0, 'tool': 8.0}, 'parameters': [9, 9]}
    >>> gathered([("ideal", 2.0)], -14)
    {'seconds': {'ideal': 2.0}, 'failed': 'not in 300 s'}
    """
    seconds: dict[str, list[float]] = {}
    said: dict[str, Any] = {}
    for what, value in found:
        if what in ("parameters", "failed"):
            said[what] = value
        else:
            seconds.setdefault(what, []).append(value)
    if status:
        said["failed"] = _end(status)
    return {"seconds": {what: median(times) for what, times in seconds.items()}, **said}


def _end(status: int) -> str:
    """A process that a signal ends has its number, negative."""
    if status == -signal.SIGALRM:
        return f"not in {LIMIT_SECONDS} s"
    return f"ends by {signal.Signals(-status).name}" if status < 0 else f"ends with status {status}"


# What follows runs in a row's process.


def measured(model: str, tool: str) -> Iterator[Found]:
    asked, run = questions(model, tool), prepared(model, tool)
    many = model in SMALL
    for turn in range(TURNS + 1 if many else 1):
        for what, action in {**asked, "tool": run}.items():
            start = perf_counter()
            try:
                answer = limited(action)
            except Exception as error:  # whatever a tool raises, the row says so
                if what != "tool":
                    raise
                yield "failed", f"{type(error).__name__} after {perf_counter() - start:,.1f} s"
                return
            if turn or not many:  # the first of many warms up
                yield what, perf_counter() - start
    yield "parameters", [answer, cnncalc.estimate(load(model)).trainable_parameters]


def limited(action: Callable[[], object]) -> object:
    """The alarm ends the process, also while it is in compiled code."""
    signal.alarm(LIMIT_SECONDS)
    try:
        return action()
    finally:
        signal.alarm(0)


def questions(name: str, tool: str) -> Mapping[str, Callable[[], object]]:
    """Of cnncalc: beside Keras every answer, from a loaded model and from its file."""
    model = load(name)
    if tool not in KERAS:
        return {SUMS: partial(ANSWERS[SUMS], model)}
    loaded = {f"{what}, loaded": partial(ask, model) for what, ask in ANSWERS.items()}
    return loaded | {f"{what}, file": partial(_from_file, ask, name) for what, ask in ANSWERS.items()}


def _from_file(ask: Callable[[cnncalc.Model], object], name: str) -> object:
    return ask(load(name))


def prepared(name: str, tool: str) -> Callable[[], int]:
    """One run of the tool. It gives the number of trainable parameters."""
    if tool not in KERAS:
        from benchmarks.speed import torch_tools

        return torch_tools.prepared(name, tool)
    build_in_keras("exercise")  # imports what it needs
    if tool != "Keras":
        sys.setrecursionlimit(1_000_000)
    return lambda: sum(weight.shape.num_elements() for weight in build_in_keras(name).trainable_variables)


def main() -> None:
    if len(sys.argv) == 1:
        measure()
        return
    with redirect_stdout(sys.stderr):  # tools print what they like
        for found in measured(*sys.argv[1:]):
            print(json.dumps(found), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
