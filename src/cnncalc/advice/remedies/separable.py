"""A depthwise-separable convolution in place of a plain one: fewer weights, slots and gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.advice.edits import named_rows, replaced
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Named, Question, Remedy
from cnncalc.comparing.rewriting import place
from cnncalc.layers.base import Layer
from cnncalc.layers.convolution import Conv, Conv1D, Conv2D
from cnncalc.layers.depthwise import SeparableConv1D, SeparableConv2D

SEPARABLE = {Conv1D: SeparableConv1D, Conv2D: SeparableConv2D}


def separable_convolution(question: Question) -> Iterator[Remedy]:
    """The convolution that gains most from being separable, of those with most weights."""
    rows = [row for row in named_rows(question.model) if _can_be(row.layer)]
    nodes = question.model.graph.nodes
    size = {row.name: sum(w.size for index in row.nodes for w in nodes[index].weights) for row in rows}
    largest = sorted(size, key=lambda name: size[name], reverse=True)[:TRIED]
    changes = [Named(f"a separable convolution in place of {name}", to_separable(name)) for name in largest]
    yield from question.best("separable", changes, shown=1)


TRIED = 4
"""So many of the largest are tried: the number of weights is known without an estimate."""


def _can_be(layer: Layer) -> bool:
    return (
        type(layer) in SEPARABLE
        and isinstance(layer, Conv)
        and max(layer.kernel_size) > 1
        and layer.groups == 1
    )


def to_separable(name: str) -> Change:
    def change(run: Run) -> Run:
        return run._replace(model=replaced(run.model, name, _separable))

    return change


def _separable(layer: Layer) -> Layer:
    if not _can_be(layer):
        return layer
    settings: dict[str, Any] = {name: value for name, value in layer.settings().items() if name != "groups"}
    return SEPARABLE[type(layer)](**settings, **place(layer))  # type: ignore[index]
