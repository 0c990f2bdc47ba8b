"""``to_keras``: the real Keras model of a :class:`cnncalc.Model`."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import CnncalcError, MissingExtraError
from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import Model, Nested

INSTALL = "pip install 'cnncalc[keras]'"


def keras() -> Any:
    """The module ``tf.keras`` of Keras 3.

    Raises MissingExtraError without TensorFlow, CnncalcError where tf.keras is the legacy tf_keras.
    """
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError:
        raise MissingExtraError(f"this needs TensorFlow, which is not installed: {INSTALL}") from None
    version = str(tf.keras.__version__)
    if version.startswith("2."):
        raise CnncalcError(f"tf.keras is the legacy tf_keras {version} here; cnncalc knows Keras 3.")
    return tf.keras


def to_keras(model: Model, *, dtype: str | None = None) -> Any:
    """Build the Keras model: a ``keras.Model`` with the same layers, names and links.

    ``dtype`` is the policy of the layers that have none of their own; None: the model's settings'.
    Weights are initialised, so that memory for them is taken.
    """
    module = keras()
    inputs = [module.Input(item.shape, name=item.name, dtype=item.dtype or None) for item in model.inputs]
    builder = _Builder(module, dtype or model.settings.dtype)
    outputs = builder.outputs(Scope(model, (), []), inputs)
    return module.Model(_plain(inputs), outputs, name=_valid(model.name))


class _Builder:
    """Calls the Keras layers of one model in order."""

    def __init__(self, module: Any, dtype: str) -> None:
        self.module = module
        self.dtype = dtype

    def outputs(self, scope: Scope, inputs: list[Any]) -> Any:
        layers: dict[int, Any] = {}
        values: dict[int, list[Any]] = {}
        for index in scope.order:
            target = scope.called(index)
            if target not in layers:
                layers[target] = self.layer(scope, target)
            given = [_value(link, values, inputs) for link in scope.links[index]]
            found = layers[target](_plain(given))
            values[index] = list(found) if isinstance(found, (list, tuple)) else [found]
        return _plain([_value(link, values, inputs) for link in scope.outputs])

    def layer(self, scope: Scope, index: int) -> Any:
        layer = scope.model.layers[index]
        name = _valid(scope.names[index])
        if isinstance(layer, Nested):
            return self.nested(layer, scope.inner[index], name)
        return self.one(layer, name)

    def nested(self, layer: Nested, scope: Scope, name: str) -> Any:
        inputs = [
            self.module.Input(item.shape, name=item.name, dtype=item.dtype) for item in layer.model.inputs
        ]
        inner = _Builder(self.module, layer.dtype or self.dtype)
        model = self.module.Model(_plain(inputs), inner.outputs(scope, inputs), name=name)
        model.trainable = layer.trainable
        return model

    def one(self, layer: Layer, name: str) -> Any:
        """One Keras layer with the settings that differ from the defaults."""
        common = {"name": name, "trainable": layer.trainable, "dtype": layer.dtype or self.dtype}
        return keras_class(self.module, layer)(**layer.changed_settings(), **common)


def keras_class(module: Any, layer: Layer) -> Any:
    """The Keras class of a layer; our own where Keras has none."""
    from cnncalc.interop import keras_layers

    own = keras_layers.OWN.get(layer.kind)
    return own() if own else getattr(module.layers, layer.kind)


def _value(link: Link, values: dict[int, list[Any]], inputs: list[Any]) -> Any:
    if link.layer is None:
        return inputs[link.output or 0]
    return values[link.layer][link.output or 0]


def _plain(tensors: list[Any]) -> Any:
    """One tensor by itself, several as a list: as Keras gives and takes them."""
    return tensors[0] if len(tensors) == 1 else tensors


def _valid(name: str) -> str:
    """Keras lets no name hold a slash."""
    return name.replace("/", "_")
