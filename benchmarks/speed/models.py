"""The models that are timed, and what builds the same layers in Keras."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cnncalc
from cnncalc import Model
from cnncalc.footprints import Footprint
from cnncalc.interop.model_file import model_from_text

ROOT = Path(__file__).parents[2]
EXERCISE = str(ROOT / "examples/geron_exercise.yaml")

FILES = {
    "exercise": EXERCISE,
    "resnet50": "resnet50",
    "densenet201": "densenet201",
    "efficientnet_b7": "efficientnet_b7",
    "nasnet_large": str(ROOT / "benchmarks/accuracy/models/nasnet_large.yaml"),
}
"""A model by its file or its name in the zoo."""

APPLICATIONS = {
    "resnet50": "ResNet50",
    "densenet201": "DenseNet201",
    "efficientnet_b7": "EfficientNetB7",
    "nasnet_large": "NASNetLarge",
}

Ask = Callable[[Model], object]


def _sums(model: Model) -> object:
    estimate = cnncalc.estimate(model)
    return estimate.layers, estimate.parameters, estimate.macs


def _training(rule: str) -> Callable[[Model], Footprint | None]:
    return lambda model: cnncalc.estimate(model).memory[rule].training


ANSWERS: dict[str, Ask] = {
    "shapes, parameters, MACs": _sums,
    "textbook": _training("textbook"),
    "ideal": _training("ideal"),
    "tensorflow": _training("tensorflow"),
}


def build_in_keras(name: str) -> Any:
    """Build the model in Keras and print its summary, to nowhere."""
    import keras

    keras.backend.clear_session()
    if name in APPLICATIONS:
        model = getattr(keras.applications, APPLICATIONS[name])(weights=None)
    else:
        model = {"exercise": _exercise, CHAIN: _chain, RESIDUAL: _residual}[name]()
    model.summary(print_fn=lambda *_, **__: None)
    return model


def _exercise() -> Any:
    import keras

    def convolution(filters: int) -> object:
        return keras.layers.Conv2D(filters, 3, strides=2, padding="same")

    return keras.Sequential([keras.Input((200, 300, 3)), *map(convolution, (100, 200, 400))])


def _chain() -> Any:
    import keras

    convolutions = (keras.layers.Conv2D(8, 3, padding="same") for _ in range(20_000))
    return keras.Sequential([keras.Input((32, 32, 3)), *convolutions])


def _residual() -> Any:
    import keras
    from keras import layers

    images = keras.Input((32, 32, 3))
    value = layers.Conv2D(8, 1)(images)
    for _ in range(2_000):
        inner = layers.Conv2D(8, 3, padding="same", use_bias=False)(value)
        inner = layers.ReLU()(layers.BatchNormalization()(inner))
        value = layers.ReLU()(layers.Add()([inner, value]))
    return keras.Model(images, value)


def chain(length: int) -> str:
    """A model file: so many convolutions, one behind the other."""
    layer = "- Conv2D: {filters: 8, kernel_size: 3, padding: same}\n"
    return "input: [32, 32, 3]\nlayers:\n" + layer * length


def residual(blocks: int) -> str:
    """A model file: a stem, and so many blocks of five layers, each added to what it read."""
    block = """\
  - Conv2D: {filters: 8, kernel_size: 3, padding: same, use_bias: false}
    name: conv_{n}
    inputs: relu_{m}
  - BatchNormalization:
    name: norm_{n}
  - ReLU:
    name: inner_{n}
  - Add:
    name: add_{n}
    inputs: [inner_{n}, relu_{m}]
  - ReLU:
    name: relu_{n}
"""
    stem = "input: [32, 32, 3]\nlayers:\n  - Conv2D: {filters: 8, kernel_size: 1}\n    name: relu_0\n"
    numbered = (
        block.replace("{n}", str(number)).replace("{m}", str(number - 1)) for number in range(1, blocks + 1)
    )
    return stem + "".join(numbered)


CHAIN, RESIDUAL = "20,000 convolutions", "2,000 residual blocks"
TEXTS: dict[str, Callable[[], str]] = {
    "200 residual blocks": partial(residual, 200),
    RESIDUAL: partial(residual, 2_000),
    CHAIN: partial(chain, 20_000),
}
"""Makes a model file."""


def load(name: str) -> Model:
    """By its name here or in the zoo; a text is read as a file is."""
    if name in TEXTS:
        return model_from_text(TEXTS[name](), name, name)
    return cnncalc.load(FILES.get(name, name))
