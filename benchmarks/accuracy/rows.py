"""The rows of the ledger: which models are measured under which settings, in the order of importance.

A row is data, so that what was measured can be estimated again without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cnncalc
from benchmarks.accuracy.random_graphs import random_model
from cnncalc import Model

MODELS = Path(__file__).parent / "models"

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"name": "SGD"},
    "momentum": {"name": "SGD", "momentum": 0.9},
    "RMSprop": {"name": "RMSprop"},
    "Adam": {"name": "Adam"},
}


class Row(NamedTuple):
    """One measurement. ``model``: a name of the zoo, a file of ``models/``, or ``random-N``.

    ``pixels``: height and width of the images; 0 for those of the model. ``frozen``: the share of the
    layers, from the first, that is not trained. ``optimizer`` is empty for inference.
    """

    group: int
    model: str
    pixels: int
    batch_size: int
    optimizer: str = ""
    dtype: str = "float32"
    frozen: float = 0.0

    @property
    def mode(self) -> Any:
        return "training" if self.optimizer else "inference"

    @property
    def id(self) -> str:
        extras = [self.dtype] * (self.dtype != "float32") + [f"frozen={self.frozen}"] * bool(self.frozen)
        size = f"{self.pixels}px" if self.pixels else "own size"
        return ", ".join(
            [self.model, size, f"batch {self.batch_size}", self.optimizer or "inference", *extras]
        )

    def settings(self) -> dict[str, Any]:
        """The settings of ``estimate`` and ``measure``."""
        given: dict[str, Any] = {"dtype": self.dtype}
        if self.optimizer:
            return given | {"batch_size": self.batch_size, "optimizer": OPTIMIZERS[self.optimizer]}
        return given | {"batch_size": self.batch_size}

    def build(self) -> Model:
        """The model of the row, without any framework."""
        if self.model.startswith("random-"):
            return random_model(int(self.model.removeprefix("random-")))
        file = MODELS / f"{self.model}.yaml"
        model = cnncalc.load(file if file.exists() else self.model)
        return frozen(resized(model, self.pixels), self.frozen)


def resized(model: Model, pixels: int) -> Model:
    """The same layers over images of another size."""
    if not pixels:
        return model
    shapes = [(pixels, pixels, item.shape[-1]) for item in model.inputs]
    inputs = [
        item.model_copy(update={"shape": shape}) for item, shape in zip(model.inputs, shapes, strict=True)
    ]
    return changed(model, inputs=inputs)


def frozen(model: Model, share: float) -> Model:
    """The same model whose first layers are not trained."""
    if not share:
        return model
    count = round(share * len(model.layers))
    layers = [
        layer.model_copy(update={"trainable": False}) if index < count else layer
        for index, layer in enumerate(model.layers)
    ]
    return changed(model, layers=layers)


def changed(model: Model, **fields: Any) -> Model:
    """The model with these fields in place of its own."""
    return Model(**{**{name: getattr(model, name) for name in Model.model_fields}, **fields})


FIRST = (
    ("geron_exercise", 0, 50),
    ("lenet5", 0, 512),
    ("vgg16", 96, 4),
    ("resnet50", 96, 8),
    ("mobilenet_v2", 96, 8),
    ("efficientnet_b0", 96, 8),
    ("convnext_tiny", 0, 2),  # nested models: their inputs have sizes of their own
    ("densenet121", 96, 4),
)
"""Model, pixels, and the batch of training."""


THIRD = (
    *("vgg19", "resnet18", "resnet101", "resnet50_v2", "densenet169", "mobilenet_v1", "mobilenet_v3_small"),
    *(
        "mobilenet_v3_large",
        "squeezenet1_1",
        "shufflenet_v2_x1_0",
        "mnasnet1_0",
        "efficientnet_b1",
        "xception",
    ),
)
"""Networks of the zoo over images of 96 pixels, each with one optimizer, in turn."""


TYPES = ("mixed_float16", "mixed_bfloat16", "bfloat16", "float16", "float64")
TYPED = (("resnet8", 64), ("lenet5", 512), ("ds_cnn", 64))
"""Small networks in other types than float32, and their batch."""


def rows() -> Iterator[Row]:
    """All rows, group by group."""
    for model, pixels, batch in FIRST:
        yield Row(1, model, pixels, batch, "SGD")
        yield Row(1, model, pixels, batch)
    for model, pixels, batch in FIRST:
        yield Row(1, model, pixels, batch, "Adam")
        yield Row(1, model, pixels, batch, "momentum")
        yield Row(1, model, pixels, batch, "RMSprop")
        yield Row(1, model, pixels, 1)
    for number in range(40):
        yield Row(2, f"random-{number}", 0, 16)
        yield Row(2, f"random-{number}", 0, 16, "SGD")
    for number, model in enumerate(THIRD):
        yield Row(3, model, 96, 4)
        yield Row(3, model, 96, 4, ("SGD", "momentum", "Adam")[number % 3])
    for model, batch in TYPED:
        for dtype in TYPES:
            yield Row(4, model, 0, batch, dtype=dtype)
            yield Row(4, model, 0, batch, "SGD", dtype)
