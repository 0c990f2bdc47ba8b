"""``to_keras``: the real Keras model of a :class:`cnncalc.Model`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain
from typing import Any

from cnncalc.errors import CnncalcError, MissingExtraError
from cnncalc.interop.keras_calls import APPLICATIONS, application_class, built_operation, called, plain
from cnncalc.interop.keras_segments import Place, Segment, checkpointed, pieces, place
from cnncalc.layers import KERAS_CLASSES, REGISTERED
from cnncalc.layers.base import Layer
from cnncalc.layers.operations import Operation
from cnncalc.linking import Scope
from cnncalc.model import Input, Model, Nested
from cnncalc.tensors import INTEGERS, policy

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
        raise _missing() from None
    version = str(tf.keras.__version__)
    if version.startswith("2."):
        raise CnncalcError(f"tf.keras is the legacy tf_keras {version} here; cnncalc knows Keras 3.")
    return tf.keras


def require_tensorflow() -> None:
    """Raise MissingExtraError unless TensorFlow is installed; it is not imported."""
    if find_spec("tensorflow") is None:
        raise _missing()


def _missing() -> MissingExtraError:
    return MissingExtraError(f"this needs TensorFlow, which is not installed: {INSTALL}")


def to_keras(
    model: Model, *, dtype: str | None = None, segments: Iterable[Sequence[str]] | None = None
) -> Any:
    """Build the Keras model: a ``keras.Model`` with the same layers, names and links.

    ``dtype`` is the policy of the layers that have none of their own; None: the model's settings'.
    Weights are initialised, so that memory for them is taken. ``segments``: names of layers that run
    again in the backward pass instead of keeping what it reads; None: the model's settings', as
    ``cnncalc.checkpoint(model).model`` has them. Each becomes one layer, ``Checkpointed``.
    """
    chosen = model.settings.segments if segments is None else tuple(segments)
    return build_keras(keras(), model, dtype or model.settings.dtype, chosen)


def build_keras(module: Any, model: Model, dtype: str, segments: Iterable[Sequence[str]] = ()) -> Any:
    """Build the Keras model with this Keras, whatever its backend."""
    builder = _Builder(module, dtype, tuple(segments))
    return builder.model(Scope(model, (), []), keras_name(model.name))


class _Builder:
    """Calls the Keras layers of one model in order."""

    def __init__(self, module: Any, dtype: str, segments: Sequence[Sequence[str]] = ()) -> None:
        self.module = module
        self.dtype = dtype
        self.segments = segments

    def model(self, scope: Scope, name: str) -> Any:
        _refuse_one_name_for_two(scope)
        inputs = list(map(self.input, scope.model.inputs))
        return self.module.Model(plain(inputs), self.outputs(scope, inputs), name=name)

    def input(self, item: Input) -> Any:
        name = item.dtype
        dtype = policy(name).compute if name and name not in INTEGERS else name
        return self.module.Input(item.shape, name=keras_name(item.name), dtype=dtype)

    def outputs(self, scope: Scope, inputs: list[Any]) -> Any:
        layers: dict[int, Any] = {}
        values: dict[Place, Any] = {(None, number): tensor for number, tensor in enumerate(inputs)}
        for piece in pieces(scope, self.segments):
            if isinstance(piece, Segment):
                values[piece.last, 0] = self.again(scope, piece, layers, values[piece.entry])
            else:
                self.run(scope, [piece], layers, values)
        return plain([values[place(link)] for link in scope.outputs])

    def run(
        self, scope: Scope, indexes: Iterable[int], layers: dict[int, Any], values: dict[Place, Any]
    ) -> None:
        """Call layers, made when first called, on values; add what they give to these."""
        for index in indexes:
            target = scope.called(index)
            if target not in layers:
                layers[target] = self.layer(scope, target)
            given = [values[place(link)] for link in scope.links[index]]
            with _named(scope, index):
                found = called(scope.model.layers[target], layers[target], given)
            outputs = found if isinstance(found, (list, tuple)) else [found]
            values.update(((index, number), tensor) for number, tensor in enumerate(outputs))

    def again(self, scope: Scope, segment: Segment, layers: dict[int, Any], tensor: Any) -> Any:
        """A segment as one layer, called on the value that it reads."""
        entry, stages = segment.entry, []
        given = self.module.Input(tensor.shape[1:], dtype=tensor.dtype)
        for indexes in segment.stages:
            values = {entry: given}
            self.run(scope, indexes, layers, values)
            entry = indexes[-1], 0
            stages.append(self.module.Model(given, values[entry], name=f"{_from_to(scope, indexes)}_stage"))
            given = self.module.Input(values[entry].shape[1:], dtype=values[entry].dtype)
        name = _from_to(scope, tuple(chain(*segment.stages)))
        return checkpointed()(stages, name=f"{name}_again")(tensor)

    def layer(self, scope: Scope, index: int) -> Any:
        layer = scope.model.layers[index]
        name = keras_name(scope.names[index])
        if isinstance(layer, Nested):
            return self.nested(layer, scope.inner[index], name)
        with _named(scope, index):
            return built_operation(layer, name) if isinstance(layer, Operation) else self.one(layer, name)

    def nested(self, layer: Nested, scope: Scope, name: str) -> Any:
        model = _Builder(self.module, layer.dtype or self.dtype).model(scope, name)
        if not layer.trainable:  # True would thaw every layer inside
            model.trainable = False
        return model

    def one(self, layer: Layer, name: str | None, around: str | None = None) -> Any:
        """One Keras layer with the settings that differ from the defaults.

        ``around`` is the dtype of the layer that holds it, if one does.
        """
        dtype = layer.dtype or around or self.dtype
        if dtype == "int8":
            raise ValueError("there is no layer of int8 before it is quantised; give it another dtype")
        settings = {
            key: self.one(value, value.name, dtype) if isinstance(value, Layer) else value
            for key, value in layer.changed_settings().items()
        }
        built = keras_class(self.module, layer)(**settings, name=name, dtype=dtype)
        if not layer.trainable:  # said afterwards: not every class takes it as a setting
            built.trainable = False
        return built


@contextmanager
def _named(scope: Scope, index: int) -> Iterator[None]:
    """What Keras refuses as an error that names the layer."""
    try:
        yield
    except CnncalcError:
        raise
    except Exception as error:  # its backend raises what it likes
        layer = f'{scope.model.layers[index].kind} "{scope.names[index]}"'
        raise CnncalcError(f"Keras refuses {layer}: {str(error).strip().splitlines()[0]}") from error


def keras_class(module: Any, layer: Layer) -> Any:
    """The Keras class of a layer; our own where Keras has none."""
    from cnncalc.interop import keras_layers

    if layer.kind in APPLICATIONS:
        return application_class(layer.kind)
    own = keras_layers.OWN.get(layer.kind) or KERAS_CLASSES.get(layer.kind)
    if own is None and layer.kind in REGISTERED:
        raise CnncalcError(f"{layer.kind} was registered without its Keras class: register(..., keras=...).")
    return own() if own else getattr(module.layers, layer.kind)


def _from_to(scope: Scope, indexes: Sequence[int]) -> str:
    names = dict.fromkeys(keras_name(scope.names[index]) for index in (indexes[0], indexes[-1]))
    return "_to_".join(names)


def keras_name(name: str) -> str:
    """The name of a layer in Keras, where no name holds a slash."""
    return name.replace("/", "_")


def _refuse_one_name_for_two(scope: Scope) -> None:
    given = [*(item.name for item in scope.model.inputs), *scope.names]
    seen: dict[str, str] = {}
    for name in given:
        other = seen.setdefault(keras_name(name), name)
        if other != name:
            raise CnncalcError(f'"{other}" and "{name}" would both be "{keras_name(name)}" in Keras.')
