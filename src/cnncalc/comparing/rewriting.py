"""A model with some of its layers replaced; names, links, calls, outputs and settings stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnncalc.graph import Graph, Row
from cnncalc.layers.base import Layer
from cnncalc.linking import Scope
from cnncalc.model import Model, Nested
from cnncalc.tensors import Shape

Replace = Callable[[Layer, Shape, Shape], Layer]
"""From a layer, which has its name, and the shapes of its input and output: what stands in its place."""


def rewritten(model: Model, replace: Replace) -> Model:
    """The model with every layer replaced, also in nested models; a layer inside a wrapper stays.

    Raises GraphError where the new layers do not form a network.
    """
    return _rewritten(model, model.graph, model.graph.rows, replace)


def place(layer: Layer) -> dict[str, Any]:
    """What a layer takes over from the one it replaces: name, inputs, trainable, dtype, device."""
    return {name: getattr(layer, name) for name in Layer.model_fields}


def _rewritten(model: Model, graph: Graph, rows: Sequence[Row], replace: Replace) -> Model:
    """Layers get the names that they had: a new kind would be named otherwise."""
    known = {row.name: row for row in rows}
    names = Scope(model, (), []).names
    named = [layer.model_copy(update={"name": name}) for layer, name in zip(model.layers, names, strict=True)]
    return Model(
        name=model.name,
        inputs=model.inputs,
        layers=[_layer(layer, graph, known.get(str(layer.name)), replace) for layer in named],
        outputs=dict(model.outputs),
        settings=model.settings,
    )


def _layer(layer: Layer, graph: Graph, row: Row | None, replace: Replace) -> Layer:
    if row is None:  # a call of another layer
        return layer
    if isinstance(layer, Nested):
        return layer.model_copy(update={"model": _rewritten(layer.model, graph, row.parts, replace)})
    (first, *_) = graph.nodes[row.nodes[0]].inputs
    return replace(layer, graph.shape(first), graph.shape(row.outputs[-1]))
