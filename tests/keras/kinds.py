"""Keras's side of the kinds that are not just a class of ``keras.layers`` called on its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

from cnncalc.layers.operations import OPERATIONS

WRAPPERS = ("TimeDistributed", "SpectralNormalization", "Bidirectional")
ON_ARGUMENTS = ("MultiHeadAttention", "GroupQueryAttention")
APPLICATIONS = {
    "LayerScale": "convnext",
    "StochasticDepth": "convnext",
    "CustomScaleLayer": "inception_resnet_v2",
}
"""Layers that networks of ``keras.applications`` make for themselves, and where."""
CONSTANTS = ("x1", "x2")


def factory(kind: str) -> Callable[..., Any] | None:
    """What takes the settings and gives something to call on one tensor or a list; None: the class."""
    if kind.startswith("ops."):
        return lambda **settings: _Operation(kind.removeprefix("ops."), settings)
    if kind in WRAPPERS:
        return lambda **settings: getattr(keras.layers, kind)(**_with_layers(settings))
    if kind in ON_ARGUMENTS:
        return lambda **settings: _OnArguments(getattr(keras.layers, kind)(**settings))
    if kind in APPLICATIONS:
        made = getattr(import_module(f"keras.src.applications.{APPLICATIONS[kind]}"), kind)
        return (lambda **settings: _Renamed(made(**settings))) if kind == "LayerScale" else made
    return None


def _with_layers(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        key: inner(value) if key in ("layer", "backward_layer") else value for key, value in settings.items()
    }


def inner(given: Any) -> Any:
    """The Keras layer that a model file's mapping of one kind stands for."""
    ((kind, settings),) = given.items()
    settings = dict(settings)
    made = factory(kind) or getattr(keras.layers, kind)
    return made(**settings)


class _OnArguments:
    """A layer that takes its inputs one by one."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    @property
    def weights(self) -> Any:
        return self.layer.weights

    def __call__(self, tensors: Any) -> Any:
        return self.layer(*tensors) if isinstance(tensors, list) else self.layer(tensors)


class _Renamed(_OnArguments):
    """A layer whose weight Keras numbers."""

    @property
    def weights(self) -> Any:
        return [
            SimpleNamespace(name="gamma", shape=w.shape, trainable=w.trainable) for w in self.layer.weights
        ]


class _Operation:
    """One of Keras's operations; a constant takes the place of an operand."""

    weights: tuple[Any, ...] = ()

    def __init__(self, op: str, settings: dict[str, Any]) -> None:
        self.constants = {name: settings[name] for name in CONSTANTS if settings.get(name) is not None}
        self.key = settings.get("key")
        config = {name: settings[name] for name in settings if name not in (*CONSTANTS, "key")}
        self.op = op
        self.operation = _operation_class(op)(**config)

    def __call__(self, tensors: Any) -> Any:
        given = tensors if isinstance(tensors, list) else [tensors]
        if self.op in ("Concatenate", "Stack"):
            return self.operation(given)
        if self.key is not None:
            return self.operation(given[0], _python_key(self.key))
        left = iter(given)
        if self.constants:
            return self.operation(
                *(self._constant(name) if name in self.constants else next(left) for name in CONSTANTS)
            )
        return self.operation(*given)

    def _constant(self, name: str) -> Any:
        value = self.constants[name]
        return np.array(value, "float32") if isinstance(value, list) else value


def _operation_class(op: str) -> Any:
    assert op in OPERATIONS
    for name in ("numpy", "nn", "math"):
        module = import_module(f"keras.src.ops.{name}")
        if found := vars(module).get(op):
            return found
    raise AttributeError(op)


def _python_key(key: str) -> Any:
    """What Python makes of the key, which holds only numbers, colons, dots and None."""
    assert re.fullmatch(r"[-0-9:., None]*", key)

    class Key:
        def __class_getitem__(cls, item: Any) -> Any:
            return item

    return eval(f"Key[{key},]", {"Key": Key})
