"""The architectures in PyTorch, and what other tools are asked of them. Only `peers.py` imports this."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

try:
    import torchvision
except RuntimeError:
    # It describes two compiled operators, which are missing where its compiled part is for another build of
    # PyTorch (for CUDA, beside one for the CPU). They choose boxes in detectors; no model here calls them. So
    # they are declared, without a body.
    for operator in ("nms", "qnms"):
        arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        torch.library.define(f"torchvision::{operator}", arguments)
    import torchvision

torch.set_num_threads(1)  # several wait for each other, which takes many times as long where others work too


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


def residual(blocks: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 1), *(Block() for _ in range(blocks)))


def chain(length: int) -> nn.Module:
    widths = [3, *[8] * (length - 1)]
    return nn.Sequential(*(nn.Conv2d(width, 8, 3, padding="same") for width in widths))


BUILDS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "exercise": (exercise, (1, 3, 200, 300)),
    "resnet50_v1_5": (torchvision.models.resnet50, (1, 3, 224, 224)),
    "densenet201": (torchvision.models.densenet201, (1, 3, 224, 224)),
    "efficientnet_b7": (torchvision.models.efficientnet_b7, (1, 3, 600, 600)),
    "200 residual blocks": (partial(residual, 200), (1, 3, 32, 32)),
    "2,000 residual blocks": (partial(residual, 2_000), (1, 3, 32, 32)),
    "20,000 convolutions": (partial(chain, 20_000), (1, 3, 32, 32)),
}
"""What makes a model, and the shape of one image for it."""


def torchinfo(model: nn.Module, shape: tuple[int, ...]) -> int:
    import torchinfo as tool

    return int(tool.summary(model, shape, verbose=0).trainable_params)


def fvcore(model: nn.Module, shape: tuple[int, ...]) -> int:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    count = FlopCountAnalysis(model, torch.zeros(shape))
    count.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
    return int(parameter_count(model)[""])


def thop(model: nn.Module, shape: tuple[int, ...]) -> int:
    from thop import profile

    return int(profile(model, (torch.zeros(shape),), verbose=False)[1])


def ptflops(model: nn.Module, shape: tuple[int, ...]) -> int:
    from ptflops import get_model_complexity_info

    found = get_model_complexity_info(model, shape[1:], print_per_layer_stat=False, as_strings=False)
    return int(found[1])


TOOLS = {"torchinfo": torchinfo, "fvcore": fvcore, "thop": thop, "ptflops": ptflops}
"""Each gives the parameters that it counted."""


def prepared(name: str, tool: str) -> Callable[[], int]:
    """One run of the tool on a model that has been built, or of the building itself.

    It gives the number of trainable parameters. A tool sees the same model in each run.
    """
    build, shape = BUILDS[name]
    if tool == "torch build":
        return lambda: sum(weight.numel() for weight in build().parameters())
    model = build().eval()

    def run() -> int:
        with torch.no_grad():
            return TOOLS[tool](model, shape)

    return run
