"""A model as Keras code: a Python file that builds it, for a person to read and go on from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from cnncalc.interop.keras_layers import OWN
from cnncalc.interop.tidying import tidied
from cnncalc.interop.writing import simplest
from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import Model, Nested


def to_code(model: Model) -> str:
    """Python code that leaves the Keras model in the variable ``model``.

    Layers that Keras has not (local response normalisation) are imported from cnncalc.
    """
    scope = Scope(tidied(model), (), [])
    own = sorted(
        {f"cnncalc.interop.keras_layers.{OWN[kind].__name__}" for kind in _kinds(scope) if kind in OWN}
    )
    imports = ["import keras", "from keras import layers"]
    imports += [f"from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}" for name in own]
    functions = [line for part in _nested(scope) for line in ["", "", *_function(part)]]
    body = list(_Code(scope, model.settings.dtype).lines())
    return "\n".join([*imports, *functions, "", *([""] if functions else []), *body]) + "\n"


def _kinds(scope: Scope) -> Iterator[str]:
    for layer in scope.model.layers:
        yield layer.kind
    for inner in scope.inner.values():
        yield from _kinds(inner)


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
        self.variables: set[str] = {"keras", "layers", "model"}
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
        given = _listed([self.value(link) for link in self.scope.links[index]])
        shared = any(self.scope.called(other) == target for other in self.scope.order if other != index)
        made = self.layers.get(target) or self.made(target)
        if shared and target not in self.layers:
            self.layers[target] = self.variable(f"{self.scope.names[target]}_layer")
            yield f"{self.layers[target]} = {made}"
            made = self.layers[target]
        self.values[index] = self.variable(self.scope.names[index])
        yield f"{self.values[index]} = {made}({given})"
        layer = self.scope.model.layers[target]
        if isinstance(layer, Nested) and not layer.trainable:
            yield f"# the layers of {self.scope.names[target]} are frozen: set its trainable to False"

    def made(self, index: int) -> str:
        layer = self.scope.model.layers[index]
        if isinstance(layer, Nested):
            return f"{_function_name(self.scope.names[index])}()"
        settings = {name: simplest(layer, name) for name in layer.changed_settings()}
        common: dict[str, Any] = {"name": _valid(self.scope.names[index])}
        if not layer.trainable:
            common["trainable"] = False
        if (layer.dtype or self.dtype) != "float32":
            common["dtype"] = layer.dtype or self.dtype
        arguments = ", ".join(f"{name}={_value(value)}" for name, value in (settings | common).items())
        return f"{_class(layer)}({arguments})"

    def value(self, link: Link) -> str:
        if link.layer is None:
            return self.inputs[link.output or 0]
        many = len(self.scope.output_names(link.layer)) > 1
        return f"{self.values[link.layer]}[{link.output or 0}]" if many else self.values[link.layer]


def _class(layer: Layer) -> str:
    return f"{OWN[layer.kind].__name__}()" if layer.kind in OWN else f"layers.{layer.kind}"


def _value(value: Any) -> str:
    if isinstance(value, Layer):
        settings = {name: simplest(value, name) for name in value.changed_settings()}
        return f"{_class(value)}({', '.join(f'{name}={_value(item)}' for name, item in settings.items())})"
    return repr(value)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name)
    found = f"x{found}" if not found or found[0].isdigit() else found
    return f"{found}_" if keyword.iskeyword(found) else found


def _valid(name: str) -> str:
    """Keras lets no name hold a slash."""
    return name.replace("/", "_")
