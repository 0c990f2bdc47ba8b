"""Keras configs read without Keras: what ``model.to_json()`` writes and ``.keras`` archives hold.

A config is data. Nothing in it is run: a layer is looked up by its name in the catalogue, and one
that is not there, or a setting that has no rule, is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.errors import CnncalcError, FileError, GraphError, SettingError
from cnncalc.interop.keras_nodes import MODELS, Names, shapes, tensors, triples
from cnncalc.interop.keras_operations import is_operation, only_masks, operation
from cnncalc.interop.reading import STRICT, Reading
from cnncalc.interop.tidying import tidied
from cnncalc.layers import REGISTERED, known_kinds, layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.refused import ALIASES
from cnncalc.layers.unknown import Unknown
from cnncalc.model import Call, Input, Model, Nested
from cnncalc.tensors import Shape

DROPPED = ("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "build_config")
"""Keys of a layer's config that are no settings of its kind."""


def is_keras(data: object) -> bool:
    """Whether some data is a Keras config, and not a model file of ours."""
    return isinstance(data, Mapping) and "class_name" in data and "config" in data


def model_from_config(data: Mapping[str, Any], where: str, reading: Reading = STRICT) -> Model:
    """The model that a Keras config describes; ``where`` stands in messages.

    Raises FileError, one line per layer that cannot be read.
    """
    try:
        return tidied(_Reader(where, reading).model(data))
    except (GraphError, SettingError, CnncalcError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError("\n".join(f"{where}: {line}" for line in str(error).splitlines())) from None
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise FileError(f"{where}: not a config of Keras 3: {type(error).__name__}: {error}") from None


class _Reader:
    def __init__(self, where: str, reading: Reading) -> None:
        self.where = where
        self.reading = reading
        self.shapes: dict[str, Shape] = {}
        """Output shapes, as far as the config tells them."""
        self.mistakes: dict[str, list[str]] = {}
        """Each mistake, and the layers that make it."""

    def model(self, data: Mapping[str, Any]) -> Model:
        if data["class_name"] not in MODELS:
            raise FileError(f"{self.where}: a {data['class_name']!s:.60} is not a model of layers.")
        config = data["config"]
        sequential = data["class_name"] == "Sequential"
        model = self.sequential(config) if sequential else self.functional(config)
        if self.mistakes:
            told = [f"{self.where}: {_told(*mistake)}" for mistake in self.mistakes.items()]
            raise FileError("\n".join([*told, *_help(self.mistakes)]))
        return model

    def sequential(self, config: Mapping[str, Any]) -> Model:
        first, *others = config["layers"]
        if first["class_name"] != "InputLayer":
            raise FileError(f"{self.where}: the Sequential model is not built: it has no input shape.")
        layers = [self.layer(item, {}) for item in others]
        return _model(config["name"], [self.input(first)], layers, [])

    def functional(self, config: Mapping[str, Any]) -> Model:
        names = Names(config)
        self.shapes = dict(shapes(config))
        inputs = {item["name"]: self.input(item) for item in names.inputs()}
        layers = [layer for item in self.counted(config, names) for layer in self.calls(item, names)]
        order = [inputs[name] for name, _, _ in triples(config["input_layers"])]
        outputs = [names.output(triple) for triple in triples(config["output_layers"])]
        return _model(config["name"], order, layers, outputs)

    def counted(self, config: Mapping[str, Any], names: Names) -> Iterator[Mapping[str, Any]]:
        """The layers without those that a masking layer has recorded to compute its mask."""
        outputs = triples(config["output_layers"])
        masking = names.behind(outputs, masks=True) - names.behind(outputs)
        for item in names.others():
            if item["name"] not in masking:
                yield item
            elif not only_masks(item):
                message = "only a mask is computed from it, and masks are not counted."
                self.mistakes.setdefault(message, []).append(item["name"])

    def calls(self, item: Mapping[str, Any], names: Names) -> Iterator[Layer | None]:
        """The layer with the inputs of its first call, and a Call for each other one."""
        name = item["name"]
        for number, node in enumerate(item["inbound_nodes"]):
            inputs = tuple(names.reference(triple) for triple in tensors(node))
            if number == 0:
                yield self.layer(item, {"inputs": inputs})
            else:
                yield Call(layer=name, name=names.call(name, number), inputs=inputs)

    def input(self, item: Mapping[str, Any]) -> Input:
        config = item["config"]
        shape = self.sizes(config["name"], tuple(config["batch_shape"][1:]))
        return Input(name=config["name"], shape=shape, dtype=_dtype(config.get("dtype")))

    def sizes(self, name: str, shape: tuple[int | None, ...]) -> Shape:
        """The shape of an input, what it leaves open filled in."""
        known = tuple(size for size in shape if size is not None)
        if len(known) == len(shape):
            return known
        wanted = self.reading.input_shape
        if wanted and len(wanted) == len(shape):
            pairs = zip(shape, wanted, strict=True)
            return tuple(given if size is None else size for size, given in pairs)
        sizes = ", ".join("?" if size is None else str(size) for size in shape)
        raise FileError(f"{self.where}: the input {name} is [{sizes}]: give its shape (input_shape).")

    def layer(self, item: Mapping[str, Any], beside: dict[str, Any]) -> Layer | None:
        try:
            return self.layer_of(item, beside)
        except CnncalcError as error:
            name = item["config"].get("name", item.get("name"))
            if self.reading.allow_unknown and name in self.shapes:
                return Unknown(
                    of=str(item["class_name"]), output_shape=self.shapes[name], name=name, **beside
                )
            for line in str(error).splitlines():
                self.mistakes.setdefault(line, []).append(name)
            return None

    def layer_of(self, item: Mapping[str, Any], beside: dict[str, Any]) -> Layer:
        config = item["config"]
        common = {"name": config["name"], "trainable": config.get("trainable", True), **beside}
        if item["class_name"] in MODELS:
            inner = _Reader(f"{self.where}: {config['name']}", self.reading)
            return Nested(model=inner.model(item), **common)
        if is_operation(item):
            cls, settings = operation(item)
        else:
            cls, settings = _class_and_settings(item)
            common |= {"dtype": _dtype(config.get("dtype"))}
        return cls(**settings, **common)


def _class_and_settings(item: Mapping[str, Any]) -> tuple[type[Layer], dict[str, Any]]:
    cls = layer_class(_kind(item))
    config = item["config"]
    settings = {key: _setting(value) for key, value in config.items() if key not in DROPPED}
    return cls, _unsaid(cls, settings)


def _setting(value: Any) -> Any:
    """A value of a config as a setting: a layer as a layer, functions by their names."""
    if isinstance(value, Mapping) and "config" in value and value.get("class_name") in known_kinds():
        cls, settings = _class_and_settings(value)
        return cls(**settings, trainable=value["config"].get("trainable", True))
    return plain(value)


def _unsaid(cls: type[Layer], settings: dict[str, Any]) -> dict[str, Any]:
    """Without what Keras saves in a longer form than a person would write it.

    An activation that is not there is saved as linear, a pool's strides as its size, an axis as a list.
    """
    field = cls.model_fields.get("activation")
    if field is not None and not field.is_required() and settings.get("activation") == "linear":
        settings = {**settings, "activation": None}
    if "pool_size" in settings and settings.get("strides") == settings["pool_size"]:
        settings = {**settings, "strides": None}
    axis = settings.get("axis")
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        settings = {**settings, "axis": axis[0]}
    return settings


def _help(mistakes: Mapping[str, object]) -> list[str]:
    """Where no rule was found: where the list is, and how to go on without."""
    if not any("no layer kind" in message or "is refused" in message for message in mistakes):
        return []
    count = len(known_kinds())
    return [f"{count} kinds have a rule (docs/layers.md); --allow-unknown leaves others uncounted."]


def _told(message: str, layers: list[str]) -> str:
    others = f" and {len(layers) - 1} others" if len(layers) > 1 else ""
    return f"layer {layers[0]}{others}: {message}"


def _model(name: str, inputs: list[Input], layers: list[Layer | None], outputs: list[str]) -> Model:
    known = [layer for layer in layers if layer is not None]
    if len(known) < len(layers):
        return Model.model_construct(name=name)  # its mistakes are told instead
    return Model(name=name, inputs=tuple(inputs), layers=known, outputs=outputs)


def _kind(item: Mapping[str, Any]) -> str:
    """The kind of a layer; a class of another package with the name of one of Keras's is not it."""
    name = str(item["class_name"])
    registered = str(item.get("registered_name") or name)
    package, _, own = registered.rpartition(">")
    known = package in ("", "keras", "Custom", "cnncalc") or own in REGISTERED
    return ALIASES.get(own, own) if known else registered


def _dtype(given: Any) -> str | None:
    """The name of a layer's dtype policy; float32, the default, is not written."""
    name = given.get("config", {}).get("name") if isinstance(given, Mapping) else given
    return None if name in (None, "float32") else str(name)


def plain(value: Any) -> Any:
    """A value of a config as a setting: functions by their names, lists as they are."""
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        return value["config"]
    if isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
        return tuple(map(plain, value["items"]))
    return value
