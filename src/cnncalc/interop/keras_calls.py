"""How Keras's layers and operations are called where ``layer(tensors)`` is not all of it."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from cnncalc.layers.base import Layer
from cnncalc.layers.operations import Operation
from cnncalc.layers.slicing import parsed

ONE_BY_ONE = ("MultiHeadAttention", "GroupQueryAttention")
"""Layers that take query, value and key as arguments, not in a list."""

APPLICATIONS = {
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
}
"""The layers that ``keras.applications`` keeps to itself, and the modules that hold them."""

OPERATION_MODULES = ("keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.math")
"""Where Keras keeps the classes of its operations, which alone take a name."""


def application_class(kind: str) -> Any:
    """One of the layers that ``keras.applications`` keeps to itself."""
    return getattr(import_module(APPLICATIONS[kind]), kind)


def built_operation(layer: Operation, name: str) -> Any:
    """The Keras operation, which is then called on tensors and constants."""
    modules = map(import_module, OPERATION_MODULES)
    cls = next(found for module in modules if (found := getattr(module, layer.op, None)))
    return cls(**_own_settings(layer), name=name)


def called(layer: Layer, built: Any, tensors: list[Any]) -> Any:
    """What the Keras layer or operation of ``layer`` makes of the tensors."""
    if isinstance(layer, Operation):
        return built(*_operands(layer, tensors, _constant))
    return built(*tensors) if layer.kind in ONE_BY_ONE else built(plain(tensors))


def plain(tensors: list[Any]) -> Any:
    """One tensor by itself, several as a list: as Keras gives and takes them."""
    return tensors[0] if len(tensors) == 1 else tensors


def call_code(layer: Layer, made: str, tensors: list[str]) -> str:
    """The call of a layer that is made by an expression, as code."""
    listed = tensors[0] if len(tensors) == 1 else f"[{', '.join(tensors)}]"
    return f"{made}({', '.join(tensors) if layer.kind in ONE_BY_ONE else listed})"


def operation_code(layer: Operation, tensors: list[str]) -> str:
    """An operation as code: ``keras.ops.add(x, 3.0)``, ``x[:, 1:]``.

    >>> from cnncalc.layers.operations_arithmetic import OpSubtract
    >>> from cnncalc.layers.operations_shaping import OpConcatenate, OpGetItem
    >>> operation_code(OpSubtract(x1=1.0), ["x"]), operation_code(OpGetItem(key=":, 1:"), ["x"])
    ('keras.ops.subtract(1.0, x)', 'x[:, 1:]')
    >>> operation_code(OpConcatenate(axis=-1), ["x", "y"])
    'keras.ops.concatenate([x, y], axis=-1)'
    """
    if layer.op == "GetItem":
        key = layer.settings()["key"]
        return f"{tensors[0]}[{key}]" if "," in key else f"{tensors[0]}[{key},]"  # Keras refuses x[:]
    operands = [
        f"[{', '.join(operand)}]" if isinstance(operand, list) else operand
        for operand in _operands(layer, tensors, _constant_code)
    ]
    settings = [f"{name}={value!r}" for name, value in _own_settings(layer).items()]
    function = re.sub(r"(?<!^)(?=[A-Z])", "_", layer.op).lower()
    return f"keras.ops.{function}({', '.join(operands + settings)})"


def _own_settings(layer: Operation) -> dict[str, Any]:
    """The settings of the operation itself, without the operands that are constants."""
    return {name: value for name, value in layer.changed_settings().items() if name not in layer.operands}


def _operands(layer: Operation, tensors: list[Any], constant: Any) -> list[Any]:
    """The arguments of the call in their order: the next tensor wherever no constant stands."""
    if layer.operands == ("xs",):
        return [tensors]
    given = iter(tensors)
    settings = layer.settings()
    return [
        next(given) if settings.get(name) is None else constant(settings[name]) for name in layer.operands
    ]


def _constant(value: Any) -> Any:
    """Text is a key, ``":, 1:"``; numbers become an array, because Keras asks them for their shape."""
    import numpy as np

    if isinstance(value, str):
        return parsed(value)
    return np.array(value, "float32") if isinstance(value, tuple) else value


def _constant_code(value: Any) -> str:
    return f"keras.ops.array({value!r})" if isinstance(value, tuple) else repr(value)
