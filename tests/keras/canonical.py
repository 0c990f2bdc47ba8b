"""Settings in one form, where a person and Keras write the same in two."""

from __future__ import annotations

from typing import Any

from cnncalc.layers.base import Layer


def alike(one: Any, other: Any) -> bool:
    """Equal, where Keras has saved the number of channels for what was one group for each."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other or "one for each channel" in (one, other)


def canonical(layer: Layer) -> dict[str, Any]:
    """The settings of a layer in the longer form, which is Keras's, but for an axis in a list of one."""
    settings = layer.settings()
    if settings.get("activation", "") is None:
        settings["activation"] = "linear"
    if settings.get("strides", "") is None:
        settings["strides"] = settings["pool_size"]
    if isinstance(settings.get("axis"), tuple) and len(settings["axis"]) == 1:
        settings["axis"] = settings["axis"][0]
    if layer.kind == "GroupNormalization" and settings["groups"] == -1:
        settings["groups"] = "one for each channel"
    return settings
