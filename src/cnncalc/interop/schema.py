"""The JSON Schema of the model file, for editors."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import CnncalcError
from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.layers.base import COMMON, Layer
from cnncalc.settings import Settings
from cnncalc.tensors import INTEGERS, POLICIES

_SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
_INPUT = {
    "anyOf": [
        _SHAPE,
        {
            "type": "object",
            "properties": {"shape": _SHAPE, "dtype": {"enum": sorted((*POLICIES, *INTEGERS))}},
            "required": ["shape"],
            "additionalProperties": False,
        },
    ]
}
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_PARAMETER = {"type": "string", "pattern": r"^\$", "description": "The value of a parameter of the block."}
_BESIDE: dict[str, Any] = {
    "name": {"type": "string", "description": "By which other layers refer to this one."},
    "inputs": {**_NAMES, "description": "The layers that it reads; without it, the layer before."},
    "trainable": {"type": "boolean", "default": True},
    "dtype": {"enum": sorted(POLICIES), "description": "The dtype policy of this layer alone."},
    "device": {"type": "string", "description": "The device that the layer is placed on."},
    "repeat": {
        "description": "How often; a name gets numbers from 1.",
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {
                "type": "object",
                "properties": {"from": {"type": "integer"}, "to": {"type": "integer"}},
                "required": ["to"],
                "additionalProperties": False,
            },
        ],
    },
}


def schema() -> dict[str, Any]:
    """The JSON Schema of a model file: every layer kind with its settings."""
    kinds = {kind: _kind(layer_class(kind)) for kind in CATALOGUE}
    model = _model()
    block = {
        "type": "object",
        "properties": {
            "parameters": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]},
            "inputs": _NAMES,
            "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}, "minItems": 1},
            "output": {"type": "string"},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A model file of cnncalc",
        **model,
        "$defs": {**kinds, "model": model, "block": block, "layer": _layer()},
    }


def _model() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "source": {"type": "string", "description": "Where the architecture is published."},
            "input": {**_INPUT, "description": "The shape of the only input, without the batch."},
            "inputs": {"type": "object", "additionalProperties": _INPUT},
            "blocks": {"type": "object", "additionalProperties": {"$ref": "#/$defs/block"}},
            "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}, "minItems": 1},
            "outputs": {"anyOf": [_NAMES, {"type": "object", "additionalProperties": {"type": "string"}}]},
            "settings": _settings(),
        },
        "required": ["layers"],
        "anyOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
    }


def _settings() -> dict[str, Any]:
    found = Settings.model_json_schema()
    found.pop("$defs", None)
    found["properties"]["dtype"] = {"enum": sorted(POLICIES), "default": "float32"}
    return found


def _layer() -> dict[str, Any]:
    """A kind by name alone, or a mapping with a kind; other keys are blocks of the file."""
    kinds = {kind: {"$ref": f"#/$defs/{kind}"} for kind in CATALOGUE}
    others = {"Model": {"$ref": "#/$defs/model"}, "call": {"type": "string"}}
    mapping = {"type": "object", "properties": {**_BESIDE, **kinds, **others}, "additionalProperties": True}
    return {"anyOf": [{"type": "string"}, mapping]}


def _kind(cls: type[Layer]) -> dict[str, Any]:
    """The settings of a kind; in a block each may be a parameter."""
    found = cls.model_json_schema()
    if "$defs" in found:
        raise CnncalcError(f"{cls.__name__} has settings whose schema needs definitions of its own.")
    properties = {
        name: _or_parameter(item) for name, item in found["properties"].items() if name not in COMMON
    }
    properties |= {
        name: {"description": "Accepted; changes no number."} for name in sorted(cls.without_effect)
    }
    entry: dict[str, Any] = {
        "description": str(found.get("description", "")).split("\n\n")[0],
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
    }
    required = [name for name in found.get("required", ()) if name not in COMMON]
    return {**entry, "required": required} if required else entry


def _or_parameter(item: dict[str, Any]) -> dict[str, Any]:
    kept = [key for key in ("default", "description") if key in item]
    rest = {key: value for key, value in item.items() if key not in (*kept, "title")}
    return {**{key: item[key] for key in kept}, "anyOf": [*rest.get("anyOf", [rest]), _PARAMETER]}
