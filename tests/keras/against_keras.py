"""What Keras and cnncalc say of one layer with the same settings on the same input shapes."""

from __future__ import annotations

import os
import warnings
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf

from cnncalc.errors import CnncalcError
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from tests.keras.kinds import factory

Settings = dict[str, Any]
Shapes = tuple[tuple[int, ...], ...]
Answer = tuple[tuple[int, ...], tuple[tuple[str, tuple[int, ...], bool], ...]] | str


def keras_answer(kind: str, settings: Settings, shapes: Shapes) -> Answer:
    """Output shape and weights of the built Keras layer, or ``"refused: ..."``."""
    try:
        layer, output = _called(keras_class(kind), settings, shapes)
    except Exception as error:  # Keras refuses with whatever its backend raises
        return f"refused: {error}"
    weights = tuple((w.name, tuple(w.shape), w.trainable) for w in layer.weights)
    return tuple(output.shape[1:]), weights


def _called(cls: Any, settings: Settings, shapes: Shapes) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a setting that Keras means to drop is still taken
        layer = cls(**settings)
        tensors = [tf.keras.KerasTensor((None, *shape)) for shape in shapes]
        return layer, layer(tensors[0] if len(tensors) == 1 else tensors)


def keras_class(kind: str) -> Any:
    """What takes the settings and gives something to call: the class, or what stands for it here."""
    if kind == "LocalResponseNormalization":
        from cnncalc.interop.keras_layers import local_response_normalization

        return local_response_normalization()
    return factory(kind) or getattr(tf.keras.layers, kind)


def our_answer(kind: str, settings: Settings, shapes: Shapes) -> Answer:
    """The same of cnncalc, compositions put together from their parts."""
    try:
        layer = layer_class(kind)(**settings)
        return _facts(layer, shapes)
    except CnncalcError as error:
        return f"refused: {error}"


def _facts(layer: Layer, shapes: Shapes) -> Answer:
    weights = []
    for part in layer.parts():
        facts = part.layer.facts(*shapes)
        shapes = (facts.output,)
        weights += [(part.weight_names.get(w.name, w.name), w.shape, w.trainable) for w in facts.weights]
    if layer.parts():
        return shapes[0], tuple(weights)
    facts = layer.facts(*shapes)
    return facts.output, tuple((w.name, w.shape, w.trainable) for w in facts.weights)
