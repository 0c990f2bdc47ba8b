"""The rows of the GPU's ledger: which networks XLA is asked about, for which GPUs, the first ones first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.accuracy.rows import FIRST, Row

OTHERS = (
    *("mobilenet_v1", "mobilenet_v3_small", "xception", "inception_v3", "resnet50_v2", "efficientnet_v2_b0"),
    *("nasnet_mobile", "vgg19", "squeezenet1_1", "resnet18", "resnext50_32x4d", "regnet_y_400mf"),
)
"""Other networks of keras.applications and of the zoo, over images of 96 pixels."""

SETTINGS = (
    ("h100", "float32"),
    ("t4", "mixed_float16"),
    ("t4", "float32"),
    ("h100", "mixed_float16"),
    ("h100", "mixed_bfloat16"),
)


class GpuRow(NamedTuple):
    """A row of the CPU's ledger, asked for a GPU."""

    gpu: str
    row: Row

    @property
    def id(self) -> str:
        return f"{self.gpu}, {self.row.id}"


def rows() -> Iterator[GpuRow]:
    """The first networks under all settings, then the others: prediction, and training with SGD."""
    others = tuple((name, 96, 8) for name in OTHERS)
    for networks in (FIRST, others):
        for gpu, dtype in SETTINGS:
            for model, pixels, batch in networks:
                yield GpuRow(gpu, Row(1, model, pixels, batch, dtype=dtype))
                yield GpuRow(gpu, Row(1, model, pixels, batch, "SGD", dtype))
    for model, pixels, batch in FIRST:
        yield GpuRow("h100", Row(1, model, pixels, batch, "Adam"))
