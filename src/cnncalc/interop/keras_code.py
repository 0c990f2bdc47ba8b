"""A model as Keras code: a Python file that builds it, for a person to read and go on from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from cnncalc.interop.keras_calls import APPLICATIONS, call_code, operation_code
from cnncalc.interop.keras_layers import OWN
from cnncalc.interop.tidying import tidied
from cnncalc.interop.writing import simplest
from cnncalc.layers.base import Layer
from cnncalc.layers.operations import Operation
from cnncalc.linking import Link, Scope
from cnncalc.model import Model, Nested


def to_code(model: Model) -> str:
    """Python code that leaves the Keras model in the variable ``model``.

    Layers that Keras has not (local response normalisation) are imported from cnncalc.
    """
    scope = Scope(tidied(model), (), [])
    imports = ["import keras", "from keras import layers", *_imports(set(_kinds(scope)))]
    functions = [line for part in _nested(scope) for line in ["", "", *_function(part)]]
    body = list(_Code(scope, model.settings.dtype).lines())
    return "\n".join([*imports, *functions, "", *([""] if functions else []), *body]) + "\n"


def _imports(kinds: set[str]) -> list[str]:
    """Where the classes that are not in ``keras.layers`` come from."""
    own = {OWN[kind].__name__: "cnncalc.interop.keras_layers" for kind in kinds & set(OWN)}
    held = {kind: APPLICATIONS[kind] for kind in kinds & set(APPLICATIONS)}
    return [f"from {module} import {name}" for name, module in sorted((own | held).items())]


def _kinds(scope: Scope) -> Iterator[str]:
    for layer in scope.model.layers:
        yield from _kinds_in(layer)
    for inner in scope.inner.values():
        yield from _kinds(inner)


def _kinds_in(layer: Layer) -> Iterator[str]:
    """The kind of a layer, and those of the layers that it holds."""
    yield layer.kind
    for value in layer.settings().values():
        if isinstance(value, Layer):
            yield from _kinds_in(value)


def _nested(scope: Scope) -> Iterator[tuple[str, Scope]]:
    for index, inner in scope.inner.items():
        yield from _nested(inner)
        yield scope.names[index], inner


def _function(part: tuple[str, Scope]) -> list[str]:
    name, scope = part
    *body, last = _Code(scope, "float32", name).lines()
    indented = [f"    {line}" for line in body]
    return [f"def {_function_name(name)}():", *indented, last.replace("model = ", "    return ", 1)]


def _function_name(name: str) -> str:
    return f"build_{_identifier(name)}"


class _Code:
    """The lines that build one model."""

    def __init__(self, scope: Scope, dtype: str, name: str | None = None) -> None:
        self.scope = scope
        self.dtype = dtype
        self.name = name or scope.model.name
        self.variables: set[str] = {"keras", "layers", "model", *APPLICATIONS}
        self.inputs = [self.variable(item.name) for item in scope.model.inputs]
        self.values: dict[int, str] = {}
        self.layers: dict[int, str] = {}

    def variable(self, name: str) -> str:
        """A name for a value that is not taken yet."""
        stem = _identifier(name)
        number, found = 1, stem
        while found in self.variables:
            number += 1
            found = f"{stem}_{number}"
        self.variables.add(found)
        return found

    def lines(self) -> Iterator[str]:
        for item, variable in zip(self.scope.model.inputs, self.inputs, strict=True):
            dtype = f", dtype={item.dtype!r}" if item.dtype else ""
            yield f"{variable} = keras.Input({item.shape!r}, name={item.name!r}{dtype})"
        for index in self.scope.order:
            yield from self.layer(index)
        outputs = _listed([self.value(link) for link in self.scope.outputs])
        yield f"model = keras.Model({_listed(self.inputs)}, {outputs}, name={_valid(self.name)!r})"

    def layer(self, index: int) -> Iterator[str]:
        target = self.scope.called(index)
        layer = self.scope.model.layers[target]
        given = [self.value(link) for link in self.scope.links[index]]
        if isinstance(layer, Operation):
            call = operation_code(layer, given)
        else:
            yield from self.shared(target)
            call = call_code(layer, self.layers.get(target) or self.made(target), given)
        self.values[index] = self.variable(self.scope.names[index])
        yield f"{self.values[index]} = {call}"
        if isinstance(layer, Nested) and not layer.trainable:
            yield f"# the layers of {self.scope.names[target]} are frozen: set its trainable to False"

    def shared(self, target: int) -> Iterator[str]:
        """A layer that is called more than once is kept in a variable, before its first call."""
        calls = sum(self.scope.called(index) == target for index in self.scope.order)
        if calls > 1 and target not in self.layers:
            self.layers[target] = self.variable(f"{self.scope.names[target]}_layer")
            yield f"{self.layers[target]} = {self.made(target)}"

    def made(self, index: int) -> str:
        layer = self.scope.model.layers[index]
        if isinstance(layer, Nested):
            return f"{_function_name(self.scope.names[index])}()"
        common: dict[str, Any] = {"name": _valid(self.scope.names[index])}
        if (layer.dtype or self.dtype) != "float32":
            common["dtype"] = layer.dtype or self.dtype
        return _expression(layer, common)

    def value(self, link: Link) -> str:
        if link.layer is None:
            return self.inputs[link.output or 0]
        many = len(self.scope.output_names(link.layer)) > 1
        return f"{self.values[link.layer]}[{link.output or 0}]" if many else self.values[link.layer]


def _expression(layer: Layer, common: dict[str, Any]) -> str:
    """What makes a layer."""
    settings = {name: simplest(layer, name) for name in layer.changed_settings()} | common
    if not layer.trainable and not layer.kind.startswith("SpatialDropout"):  # these take no such setting
        settings["trainable"] = False
    return f"{_class(layer)}({', '.join(f'{name}={_value(value)}' for name, value in settings.items())})"


def _class(layer: Layer) -> str:
    if layer.kind in OWN:
        return f"{OWN[layer.kind].__name__}()"
    return layer.kind if layer.kind in APPLICATIONS else f"layers.{layer.kind}"


def _value(value: Any) -> str:
    if not isinstance(value, Layer):
        return repr(value)
    return _expression(value, {"dtype": value.dtype} if value.dtype else {})


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name)
    found = f"x{found}" if not found or found[0].isdigit() else found
    return f"{found}_" if keyword.iskeyword(found) else found


def _valid(name: str) -> str:
    """Keras lets no name hold a slash."""
    return name.replace("/", "_")
