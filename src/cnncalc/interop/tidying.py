"""A model with nothing said that goes without saying: default inputs, automatic names."""

from __future__ import annotations

from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import INPUT, Call, Input, Model, Namer, Nested, snake_case


def tidied(model: Model) -> Model:
    """The same network without names and links that are what they would be by default.

    >>> from cnncalc.layers import Flatten
    >>> tidied(Model(input=(4, 4), layers=[Flatten(name="flatten", inputs="input")])).layers
    (Flatten(name=None, inputs=(), trainable=True, dtype=None, device=None, data_format='channels_last'),)
    """
    scope = Scope(model, (), [])
    named = _named(scope)
    inputs = _inputs(model)
    layers = [_layer(scope, index, named[index]) for index in range(len(model.layers))]
    renamed = {model.inputs[0].name: INPUT} if inputs != model.inputs else {}
    linked = [layer.model_copy(update={"inputs": _renamed(layer, renamed)}) for layer in layers]
    outputs = _outputs(model, scope, renamed)
    return Model(
        name=model.name,
        source=model.source,
        inputs=inputs,
        layers=linked,
        outputs=dict(outputs),
        settings=model.settings,
    )


def _inputs(model: Model) -> tuple[Input, ...]:
    """A single input is called ``input``, as in a file that gives its shape alone."""
    if len(model.inputs) > 1 or any(layer.name == INPUT for layer in model.layers):
        return model.inputs
    return (model.inputs[0].model_copy(update={"name": INPUT}),)


def _layer(scope: Scope, index: int, named: bool) -> Layer:
    layer = scope.model.layers[index]
    update: dict[str, object] = {"name": layer.name if named else None, "inputs": _links(scope, index)}
    if isinstance(layer, Nested):
        update["model"] = tidied(layer.model)
    return layer.model_copy(update=update)


def _links(scope: Scope, index: int) -> tuple[str, ...]:
    """The inputs of a layer; none where it reads the layer before it, or first the only input."""
    layer = scope.model.layers[index]
    before = Link(index - 1, None) if index else Link(None, 0)
    by_default = scope.links[index] == (before,) and (index > 0 or len(scope.model.inputs) == 1)
    return () if by_default else tuple(layer.inputs)


def _renamed(layer: Layer, renamed: dict[str, str]) -> tuple[str, ...]:
    return tuple(renamed.get(name, name) for name in layer.inputs)


def _outputs(model: Model, scope: Scope, renamed: dict[str, str]) -> tuple[tuple[str, str], ...]:
    last = scope.names[-1]
    if model.outputs in (((last, last),), ()):
        return ()
    return tuple((name, renamed.get(reference, reference)) for name, reference in model.outputs)


def _named(scope: Scope) -> list[bool]:
    """Which layers need their names written: those whose automatic name would be another."""
    layers = scope.model.layers
    kept = [not _looks_automatic(layer, name) for layer, name in zip(layers, scope.names, strict=True)]
    while True:
        found = _automatic(scope, kept)
        wrong = [index for index, name in enumerate(scope.names) if not kept[index] and found[index] != name]
        if not wrong:
            return kept
        for index in wrong:
            kept[index] = True


def _looks_automatic(layer: Layer, name: str) -> bool:
    stem = snake_case(layer.kind.removeprefix("ops."))
    return name == stem or (name.startswith(f"{stem}_") and name[len(stem) + 1 :].isdigit())


def _automatic(scope: Scope, kept: list[bool]) -> list[str]:
    given = [
        name if kept[index] or isinstance(scope.model.layers[index], (Nested, Call)) else None
        for index, name in enumerate(scope.names)
    ]
    namer = Namer([name for name in given if name] + [item.name for item in scope.model.inputs])
    return [name or namer.name(layer.kind) for name, layer in zip(given, scope.model.layers, strict=True)]
