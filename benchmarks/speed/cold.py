"""Whole processes: seconds and the most memory that each has at a time.

A process's peak begins with that of the one that starts it, so a small one starts them all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed.models import EXERCISE, ROOT

CNNCALC = str(Path(sys.executable).with_name("cnncalc"))

COMMANDS: dict[str, tuple[str, ...]] = {
    "estimate exercise": (CNNCALC, "estimate", EXERCISE),
    "estimate resnet50": (CNNCALC, "estimate", "resnet50"),
    "help": (CNNCALC, "--help"),
    "import typer, pydantic, yaml": (sys.executable, "-c", "import typer, pydantic, yaml"),
    "Keras resnet50": (
        sys.executable,
        "-c",
        "import keras; keras.applications.ResNet50(weights=None).summary()",
    ),
}

LAUNCHER = """
import json, os, sys, time
nowhere = os.open(os.devnull, os.O_RDWR)
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_DUP2, nowhere, number) for number in (0, 1, 2)])
_, status, used = os.wait4(child, 0)
print(json.dumps([time.perf_counter() - start, used.ru_maxrss, status]))
"""


class Process(NamedTuple):
    """Wall-clock seconds, and the peak of its resident memory."""

    seconds: float
    peak_bytes: int


def run(command: tuple[str, ...]) -> Process:
    """Run a command to its end. Raises RuntimeError where it fails."""
    launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(launch, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, peak, status = json.loads(done.stdout)
    if status:
        raise RuntimeError(f"{' '.join(command)} fails")
    return Process(seconds, peak * (1 if sys.platform == "darwin" else 1024))
