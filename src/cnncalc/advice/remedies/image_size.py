"""Smaller images."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.edits import rebuilt
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.graph import Graph
from cnncalc.model import Input
from cnncalc.tensors import Shape
from cnncalc.units import shape_text

EIGHTHS = (7, 6, 5, 4, 3, 2)
"""Tried are so many eighths of each side."""


def smaller_images(question: Question) -> Iterator[Remedy]:
    """The largest images that fit, in eighths of each side; else the smallest that the network takes.

    A dense layer behind a Flatten reads fewer values then, and has fewer weights.
    """
    graph = question.model.graph
    found: list[Remedy] = []
    for eighths in EIGHTHS:
        sizes = [scaled(graph, item.shape, eighths) for item in graph.inputs]
        if sizes == [item.shape for item in graph.inputs]:
            return
        text = f"images of {' and '.join(map(shape_text, sizes))}"
        found = [*question.remedy("image-size", text, resized(eighths), "less to see")] or found
        if found and found[0].fits:
            break
    yield from found


def scaled(graph: Graph, shape: Shape, eighths: int) -> Shape:
    """The shape with so many eighths of its spatial sizes; one without any stays."""
    if len(shape) < 3:
        return shape
    first = any(node.layer.layout == "channels_first" for node in graph.nodes)
    sides = [max(side * eighths // 8, 1) for side in (shape[1:] if first else shape[:-1])]
    return (shape[0], *sides) if first else (*sides, shape[-1])


def resized(eighths: int) -> Change:
    def change(run: Run) -> Run:
        graph = run.model.graph
        inputs = tuple(
            Input(name=item.name, dtype=item.dtype, shape=scaled(graph, item.shape, eighths))
            for item in graph.inputs
        )
        return run._replace(model=rebuilt(run.model, inputs=inputs))

    return change
