"""What is timed: models of the zoo, by batch size, type and mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import cnncalc
from cnncalc.measuring.job import Mode

PROCESSOR = {
    "geron_exercise": (1, 10, 50),
    "lenet5": (1, 32, 256),
    "vgg16": (1, 4),
    "resnet50": (1, 8),
    "mobilenet_v2": (1, 8, 32),
    "efficientnet_b0": (1, 8),
}
ACCELERATOR = {
    "geron_exercise": (1, 50, 256),
    "lenet5": (1, 32, 1024),
    "vgg16": (1, 32),
    "resnet50": (1, 8, 64),
    "mobilenet_v2": (1, 128),
    "efficientnet_b0": (1, 128),
}
"""Names of the zoo, and the batches that are timed."""
DTYPES = ("float32", "mixed_bfloat16")
MODES: tuple[Mode, ...] = ("inference", "training")
OPTIMIZER, LOSS = "sgd", "mean_squared_error"
"""Which every model is compiled with."""


class Row(NamedTuple):
    model: str
    mode: Mode
    batch_size: int
    dtype: str
    backend: str
    device: str

    @property
    def id(self) -> str:
        return " ".join(map(str, self))

    @property
    def on_processor(self) -> bool:
        return self.device.startswith("CPU")

    @property
    def estimate(self) -> cnncalc.Estimate:
        """What cnncalc says of the same step."""
        return cnncalc.estimate(
            cnncalc.load(self.model),
            batch_size=self.batch_size,
            inference_batch_size=self.batch_size,
            dtype=self.dtype,
            optimizer=OPTIMIZER,
            loss=LOSS,
        )


def rows(backend: str, device: str, names: Sequence[str] = ()) -> Iterator[Row]:
    """All rows of a device, or those of some models."""
    batches = PROCESSOR if device.startswith("CPU") else ACCELERATOR
    for name, dtype, mode in product(names or batches, DTYPES, MODES):
        for batch_size in batches[name]:
            yield Row(name, mode, batch_size, dtype, backend, device)
