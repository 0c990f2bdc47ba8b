"""A model as a model file: plain data, YAML or JSON, with nothing said that goes without saying."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isinf, isnan
from typing import Any

from cnncalc.errors import CnncalcError
from cnncalc.interop.block_folding import fold
from cnncalc.interop.marked import plain_scalar
from cnncalc.interop.model_file import model_from_text
from cnncalc.interop.tidying import tidied
from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import INPUT, Call, Input, Model, Nested
from cnncalc.settings import Settings
from cnncalc.specs import Spec

BESIDE = ("name", "inputs", "trainable", "dtype", "device")
"""What stands beside the kind of a layer, in this order."""


def to_data(model: Model) -> dict[str, Any]:
    """The model as dictionaries, lists, numbers and texts; ``load`` reads it back.

    >>> from cnncalc.layers import Dense
    >>> to_data(Model(name="net", input=(4,), layers=[Dense(units=2)]))
    {'name': 'net', 'input': [4], 'layers': [{'Dense': {'units': 2}}]}
    """
    tidy = tidied(model)
    source = {"source": tidy.source} if tidy.source else {}
    layers = list(map(_layer, tidy.layers))
    found: dict[str, Any] = {"name": tidy.name, **source, **_inputs(tidy), "layers": layers}
    if tidy.outputs:
        same = all(name == reference for name, reference in tidy.outputs)
        found["outputs"] = [name for name, _ in tidy.outputs] if same else dict(tidy.outputs)
    settings = _settings(tidy.settings)
    return {**found, "settings": settings} if settings else found


def to_json(model: Model) -> str:
    """The model file as JSON."""
    return json.dumps(to_data(model), indent=1) + "\n"


def to_yaml(model: Model) -> str:
    """The model file as YAML, one line per layer and one for each thing beside it.

    Repeated blocks are folded where the names of the layers tell them, and where that is exact.
    """
    flat = _text(to_data(model))
    folded = _folded(model)
    return folded if folded is not None and len(folded) < len(flat) else flat


def _text(data: dict[str, Any]) -> str:
    return "\n".join(_model_lines(data)) + "\n"


def _folded(model: Model) -> str | None:
    """The model file with blocks, read again to see that it says the same; None where there are none."""
    tidy = tidied(model)
    scope = Scope(tidy, (), [])
    layers, blocks = fold([_explicit(scope, index) for index in range(len(scope.names))], scope.names)
    if not blocks:
        return None
    data = to_data(model)
    ordered = {key: data[key] for key in data if key in ("name", "source", "input", "inputs")}
    text = _text({**ordered, "blocks": blocks, **data, "layers": layers})
    return text if _says(text, tidy) else None


def _says(text: str, tidy: Model) -> bool:
    try:
        return tidied(model_from_text(text, "", tidy.name)) == tidy
    except CnncalcError:
        return False


def _explicit(scope: Scope, index: int) -> dict[str, Any]:
    """A layer with its name and the names of all its inputs written out."""
    layer = scope.model.layers[index].model_copy(update={"name": None, "inputs": ()})
    item = _layer(layer)
    found = {item: None} if isinstance(item, str) else dict(item)
    return {
        **found,
        "name": scope.names[index],
        "inputs": [_source(scope, link) for link in scope.links[index]],
    }


def _source(scope: Scope, link: Link) -> str:
    if link.layer is None:
        return scope.model.inputs[link.output or 0].name
    outputs = scope.output_names(link.layer)
    own = scope.names[link.layer]
    return own if link.output is None else f"{own}.{outputs[link.output]}"


def _inputs(model: Model) -> dict[str, Any]:
    first = model.inputs[0]
    if len(model.inputs) == 1 and first.name == INPUT and first.dtype is None:
        return {"input": list(first.shape)}
    return {"inputs": {item.name: _input(item) for item in model.inputs}}


def _input(item: Input) -> Any:
    return {"shape": list(item.shape), "dtype": item.dtype} if item.dtype else list(item.shape)


def _layer(layer: Layer) -> Any:
    beside = {key: _plain(getattr(layer, key)) for key in BESIDE if getattr(layer, key) != layer.default(key)}
    if len(beside.get("inputs", ())) == 1:
        beside["inputs"] = beside["inputs"][0]
    content = _content(layer)
    if not beside and content in ({}, None):
        return layer.kind
    return {"call" if isinstance(layer, Call) else layer.kind: content or None, **beside}


def _content(layer: Layer) -> Any:
    """What stands behind the kind: settings, the name of what is called, or a whole model."""
    if isinstance(layer, Call):
        return layer.layer
    if isinstance(layer, Nested):
        return to_data(layer.model)
    return {name: _plain(simplest(layer, name)) for name in layer.changed_settings()}


def simplest(layer: Layer, setting: str) -> Any:
    """A setting's value with one number where that stands for all axes.

    >>> from cnncalc.layers import Conv2D, ZeroPadding2D
    >>> simplest(Conv2D(filters=8, kernel_size=(3, 3)), "kernel_size")
    3
    >>> simplest(ZeroPadding2D(padding=((1, 2), (1, 2))), "padding")
    ((1, 2), (1, 2))
    """
    value = getattr(layer, setting)
    while isinstance(value, tuple) and value and all(item == value[0] for item in value):
        if not _means(layer, setting, value[0]):
            break
        value = value[0]
    return value


def _means(layer: Layer, setting: str, value: Any) -> bool:
    try:
        return bool(type(layer)(**layer.settings() | {setting: value}).settings() == layer.settings())
    except Exception:  # a value that the layer refuses says something else
        return False


def _plain(value: Any) -> Any:
    if isinstance(value, Layer):
        return _layer(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _settings(settings: Settings) -> dict[str, Any]:
    default = Settings()
    names = [name for name in Settings.model_fields if getattr(settings, name) != getattr(default, name)]
    return {name: _setting(getattr(settings, name)) for name in names}


def _setting(value: Any) -> Any:
    if not isinstance(value, Spec):
        return _plain(value)
    return value.config() if value.options else value.name


def _model_lines(data: dict[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        if key == "layers":
            yield "layers:"
            for layer in value:
                yield from _layer_lines(layer)
        elif key == "blocks":
            yield "blocks:"
            for name, block in value.items():
                yield f"  {flow(name)}:"
                yield from (f"    {line}" for line in _model_lines(block))
        else:
            yield f"{key}: {flow(value)}"


def _layer_lines(layer: Any) -> Iterator[str]:
    if isinstance(layer, str):
        yield f"  - {layer}"
        return
    (kind, content), *beside = layer.items()
    if kind == "Model":
        yield f"  - {kind}:"
        yield from (f"      {line}" for line in _model_lines(content))
    else:
        yield f"  - {kind}:" if content is None else f"  - {kind}: {flow(content)}"
    yield from (f"    {key}: {flow(value)}" for key, value in beside)


def flow(value: Any) -> str:
    """A value on one line, as YAML 1.2 reads it.

    >>> flow({"filters": 8, "padding": "same", "axis": [1, -1], "name": "1e3", "bias": False})
    '{filters: 8, padding: same, axis: [1, -1], name: "1e3", bias: false}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, float) and (isinf(value) or isnan(value)):
        return ".nan" if isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, str) and _WORD.fullmatch(value) and plain_scalar(value) == value:
        return value
    return json.dumps(value)


_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
