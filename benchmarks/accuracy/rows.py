"""The rows of the ledger: which models are measured under which settings, in the order of importance.

A row is data, so that what was measured can be estimated again without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    "Nesterov": {"name": "SGD", "momentum": 0.9, "nesterov": True},
    "centered RMSprop": {"name": "RMSprop", "momentum": 0.9, "centered": True},
    "AMSGrad": {"name": "Adam", "amsgrad": True},
    **{
        name: {"name": name}
        for name in (
            *("AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion", "Lamb", "Adafactor"),
            *("Muon", "ScheduleFreeAdamW"),
        )
    },
    "SGD, clipnorm": {"name": "SGD", "clipnorm": 1.0},
    "SGD, global_clipnorm": {"name": "SGD", "global_clipnorm": 1.0},
    "SGD, clipvalue": {"name": "SGD", "clipvalue": 1.0},
    "SGD, weight_decay": {"name": "SGD", "weight_decay": 0.01},
    "SGD, use_ema": {"name": "SGD", "use_ema": True},
    "SGD, gradients accumulated": {"name": "SGD", "gradient_accumulation_steps": 2},
}

LOSSES = (
    *("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Huber", "LogCosh"),
    *("Poisson", "KLDivergence", "CosineSimilarity", "Hinge", "SquaredHinge", "CategoricalHinge"),
    *("BinaryCrossentropy", "CategoricalCrossentropy", "Dice", "Tversky"),
)


class Row(NamedTuple):
    """One measurement. ``model``: a name of the zoo, a file of ``models/``, or ``random-N``.

    ``pixels``: height and width of the images; 0 for those of the model. ``frozen``: the share of the
    layers, from the first, that is not trained. ``optimizer`` is empty for inference, ``loss`` for the
    default one.
    """

    group: int
    model: str
    pixels: int
    batch_size: int
    optimizer: str = ""
    dtype: str = "float32"
    frozen: float = 0.0
    loss: str = ""

    @property
    def mode(self) -> Any:
        return "training" if self.optimizer else "inference"

    @property
    def id(self) -> str:
        extras = [self.dtype] * (self.dtype != "float32") + [f"frozen={self.frozen}"] * bool(self.frozen)
        extras += [self.loss] * bool(self.loss)
        size = f"{self.pixels}px" if self.pixels else "own size"
        return ", ".join(
            [self.model, size, f"batch {self.batch_size}", self.optimizer or "inference", *extras]
        )

    def settings(self) -> dict[str, Any]:
        """The settings of ``estimate`` and ``measure``."""
        given: dict[str, Any] = {"dtype": self.dtype}
        if self.loss:
            given["loss"] = self.loss
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

APPLICATIONS = (
    *("vgg19", "mobilenet_v1", "mobilenet_v3_small", "mobilenet_v3_large", "xception", "inception_v3"),
    *("resnet101", "resnet50_v2", "densenet169", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3"),
    *("resnet152", "resnet101_v2", "resnet152_v2", "densenet201", "efficientnet_b4", "efficientnet_b5"),
    *("efficientnet_v2_b0", "efficientnet_v2_b1", "efficientnet_v2_b2", "efficientnet_v2_b3"),
    *("efficientnet_v2_s", "inception_resnet_v2", "nasnet_mobile", "convnext_small", "convnext_base"),
    *("efficientnet_b6", "efficientnet_b7", "efficientnet_v2_m", "efficientnet_v2_l"),
    *("convnext_large", "convnext_xlarge", "nasnet_large"),
)
"""The other networks of keras.applications, over images of 96 pixels."""

ZOO = (
    *("squeezenet1_0", "squeezenet1_1", "mnasnet1_0", "regnet_y_400mf", "resnet18", "resnet34"),
    *("resnet50_v1_5", "resnext50_32x4d", "wide_resnet50_2", "resnet101_v1_5", "resnet152_v1_5"),
    *("vgg11", "vgg13", "googlenet", "googlenet_aux"),
)
"""Other networks of the zoo, over images of 96 pixels, and below those over images of their own size."""
OWN_SIZE = (
    *("lenet5_1998", "resnet8", "ds_cnn", "mobilenet_v1_025_96", "nin", "alexnet", "alexnet_single"),
    *("zfnet", "shufflenet_v2_x1_0"),
)

FROZEN = (("vgg16", 96, 4), ("resnet50", 96, 8), ("mobilenet_v2", 96, 8))
"""Networks whose first half is not trained, and the batch of training."""
MIXED = (*FROZEN, ("efficientnet_b0", 96, 8))

TYPES = ("mixed_float16", "mixed_bfloat16", "bfloat16", "float16", "float64")
TYPED = (("resnet8", 64), ("lenet5", 512), ("ds_cnn", 64))
"""Small networks in other types than float32, and their batch."""

GRAPHS = 150
"""Random graphs; the first 40 are group 2, the others group 5."""


def rows() -> Iterator[Row]:
    """All rows, group by group."""
    for group in (
        _first,
        _random(2, range(40)),
        _applications,
        _zoo,
        _random(5, range(40, GRAPHS)),
        _updates,
    ):
        yield from group()


def _first() -> Iterator[Row]:
    for model, pixels, batch in FIRST:
        yield Row(1, model, pixels, batch, "SGD")
        yield Row(1, model, pixels, batch)
    for model, pixels, batch in FIRST:
        yield Row(1, model, pixels, batch, "Adam")
        yield Row(1, model, pixels, batch, "momentum")
        yield Row(1, model, pixels, batch, "RMSprop")
        yield Row(1, model, pixels, 1)


def _random(group: int, numbers: range) -> Callable[[], Iterator[Row]]:
    def found() -> Iterator[Row]:
        for number in numbers:
            yield Row(group, f"random-{number}", 0, 16)
            yield Row(group, f"random-{number}", 0, 16, "SGD")

    return found


def _applications() -> Iterator[Row]:
    for number, model in enumerate(APPLICATIONS):
        yield Row(3, model, 96, 8)
        yield Row(3, model, 96, 4, ("SGD", "momentum", "Adam")[number % 3])
        yield Row(3, model, 96, 1)


def _zoo() -> Iterator[Row]:
    for model, batch in TYPED:
        for dtype in TYPES:
            yield Row(4, model, 0, batch, dtype=dtype)
            yield Row(4, model, 0, batch, "SGD", dtype)
    for model, pixels, batch in MIXED:
        yield Row(4, model, pixels, batch, dtype="mixed_float16")
        yield Row(4, model, pixels, batch, "SGD", "mixed_float16")
    for model, pixels, batch in FROZEN:
        yield Row(4, model, pixels, batch, "SGD", frozen=0.5)
        yield Row(4, model, pixels, batch, "Adam", frozen=0.5)
    for model in ZOO:
        yield Row(4, model, 96, 8)
        yield Row(4, model, 96, 4, "SGD")
    for model in OWN_SIZE:
        yield Row(4, model, 0, 8)
        yield Row(4, model, 0, 8, "SGD")


def _updates() -> Iterator[Row]:
    """Every optimizer on a network of large weights, every loss on one of large outputs."""
    for name in OPTIMIZERS:
        yield Row(6, "vgg11", 32, 8, name)
    for name in LOSSES:
        yield Row(6, "geron_exercise", 0, 10, "SGD", loss=name)
