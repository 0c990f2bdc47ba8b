"""Other tools on the same architectures in PyTorch, beside cnncalc: `make bench-peers`. Writes peers.json.

Each tool counts what it counts; only the time is compared. What fails is written down as failing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
import torchvision
from torch import nn

import cnncalc
from benchmarks.speed.models import FILES

RESULT = Path(__file__).with_name("peers.json")
ROUNDS = 3


class Block(nn.Module):  # type: ignore[misc, unused-ignore]
    """Convolution, normalisation, ReLU, added to what was read, ReLU."""

    def __init__(self) -> None:
        super().__init__()
        layers = nn.Conv2d(8, 8, 3, padding="same", bias=False), nn.BatchNorm2d(8), nn.ReLU()
        self.inner, self.last = nn.Sequential(*layers), nn.ReLU()

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return self.last(self.inner(value) + value)


def exercise() -> nn.Module:
    widths = [(3, 100), (100, 200), (200, 400)]
    return nn.Sequential(*(nn.Conv2d(*width, 3, stride=2, padding=1) for width in widths))


BUILDS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "exercise": (exercise, (1, 3, 200, 300)),
    "resnet50": (torchvision.models.resnet50, (1, 3, 224, 224)),
    "densenet201": (torchvision.models.densenet201, (1, 3, 224, 224)),
    "efficientnet_b7": (torchvision.models.efficientnet_b7, (1, 3, 600, 600)),
    "200 residual blocks": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), *(Block() for _ in range(200))),
        (1, 3, 32, 32),
    ),
}
"""What makes a model, and a batch of images."""


def torchinfo(model: nn.Module, shape: tuple[int, ...]) -> object:
    import torchinfo as tool

    return tool.summary(model, shape, verbose=0).total_mult_adds


def fvcore(model: nn.Module, shape: tuple[int, ...]) -> object:
    from fvcore.nn import FlopCountAnalysis

    return FlopCountAnalysis(model, torch.zeros(shape)).unsupported_ops_warnings(False).total()


def thop(model: nn.Module, shape: tuple[int, ...]) -> object:
    from thop import profile

    return profile(model, (torch.zeros(shape),), verbose=False)


def ptflops(model: nn.Module, shape: tuple[int, ...]) -> object:
    from ptflops import get_model_complexity_info

    return get_model_complexity_info(model, shape[1:], print_per_layer_stat=False, as_strings=False)


TOOLS = {"torchinfo": torchinfo, "fvcore": fvcore, "thop": thop, "ptflops": ptflops}


def timed(action: Callable[[], object]) -> dict[str, Any]:
    """The median of several runs after one, or the error's name."""
    times = []
    try:
        for _ in range(ROUNDS + 1):
            start = perf_counter()
            action()
            times.append(perf_counter() - start)
    except Exception as error:  # whatever a tool raises: the row says so
        return {"error": f"fails: {type(error).__name__}"}
    return {"seconds": median(times[1:])}


def estimate(name: str) -> Callable[[], object]:
    from benchmarks.speed.models import residual
    from cnncalc.interop.model_file import model_from_text

    text = name.endswith("blocks")
    model = model_from_text(residual(200), "residual", name) if text else cnncalc.load(FILES[name])

    def answer() -> object:
        found = cnncalc.estimate(model)
        return found.layers, found.parameters, found.macs

    return answer


def rows(name: str) -> list[dict[str, Any]]:
    build, shape = BUILDS[name]
    found = [
        {"model": name, "tool": "cnncalc", **timed(estimate(name))},
        {"model": name, "tool": "torch build", **timed(build)},
    ]
    for tool, run in TOOLS.items():
        model = build().eval()  # each tool leaves its hooks behind
        found.append({"model": name, "tool": tool, **timed(partial(run, model, shape))})
    return found


def main() -> None:
    names = sys.argv[1:] or list(BUILDS)
    packages = ("torch", "torchvision", *TOOLS)
    found: dict[str, Any] = {"versions": {name: version(name) for name in packages}, "rows": []}
    for name in names:
        with torch.no_grad():
            found["rows"] += rows(name)
        RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
