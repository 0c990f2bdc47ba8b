"""Settings in one form, where a person and Keras write the same in two."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

import cnncalc
from cnncalc.layers.base import Layer
from cnncalc.tensors import Shape

SAME_FUNCTION = {"swish": "silu", "hard_swish": "hard_silu"}
"""Two names that Keras takes for one function, which it saves by the function's own name."""

SORTING = ("LayerNormalization", "RMSNormalization")
"""Kinds that sort their axes when they are built, and save them so."""


def input_shapes(model: cnncalc.Model) -> dict[str, Shape]:
    """Of each layer by name: the shape of the first input of its first call."""
    graph = model.graph
    return {row.name: graph.shape(graph.nodes[row.nodes[0]].inputs[0]) for row in graph.rows}


def canonical(layer: Layer, shape: Shape) -> dict[str, Any]:
    """The settings of a layer on an input of that shape in the longer form, which is Keras's, but for an
    axis in a list of one.
    """
    settings = layer.settings()
    for name in ("activation", "recurrent_activation"):
        if name in settings:
            settings[name] = SAME_FUNCTION.get(settings[name], settings[name] or "linear")
    if settings.get("strides", "") is None:
        settings["strides"] = settings["pool_size"]
    if layer.kind == "Normalization" and settings["axis"] is None:  # one mean of all values
        settings["axis"] = ()
    if layer.kind in SORTING and isinstance(settings["axis"], tuple):
        settings["axis"] = tuple(sorted(settings["axis"]))
    if isinstance(settings.get("axis"), tuple) and len(settings["axis"]) == 1:
        settings["axis"] = settings["axis"][0]
    if layer.kind == "GroupNormalization" and settings["groups"] == -1:  # one group for each channel
        settings["groups"] = (0, *shape)[settings["axis"]]
    if isinstance(settings.get("factor"), (int, float)):
        settings["factor"] = around_zero(layer.kind, settings["factor"])
    return settings


def around_zero(kind: str, factor: float) -> tuple[float, float]:
    """The range that a single factor stands for: as far below 0 as above, where the kind goes so low."""
    least = getattr(tf.keras.layers, kind)._FACTOR_BOUNDS[0]
    return max(-abs(factor), least), abs(factor)
