"""The first layers not trained: no gradients and no slots for them, and backward ends before them."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.edits import rebuilt
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.linking import Scope
from cnncalc.model import Model

PARTS = 4
"""Tried are a quarter of the layers with weights, two quarters, ..., and all but the last."""


def frozen_layers(question: Question) -> Iterator[Remedy]:
    """The fewest first layers that make it fit; all but the last where none does."""
    if question.mode == "inference":
        return
    names = trained(question.model)
    counts = sorted({*(len(names) * part // PARTS for part in range(1, PARTS)), len(names) - 1} - {0, -1})
    found: list[Remedy] = []
    for count in counts:
        note = f"for a network that is trained already, up to {names[count - 1]}"
        text = f"the first {f'{count} ' if count > 1 else ''}of {len(names)} layers with weights frozen"
        found = [*question.remedy("freeze", text, frozen(names[:count]), note)] or found
        if found and found[0].fits:
            break
    yield from found


def trained(model: Model) -> list[str]:
    """The layers with weights to train, as they run; a nested model is one."""
    rows = {row.name: row for row in model.graph.rows}
    scope = Scope(model, (), [])
    names = [scope.names[index] for index in scope.order if scope.called(index) == index]
    nodes = model.graph.nodes
    return [
        name
        for name in names
        if any(weight.trainable for index in rows[name].nodes for weight in nodes[index].weights)
    ]


def frozen(names: list[str]) -> Change:
    """The change that freezes these layers."""

    def change(run: Run) -> Run:
        known = Scope(run.model, (), []).names
        layers = [
            layer.model_copy(update={"name": name, "trainable": layer.trainable and name not in names})
            for layer, name in zip(run.model.layers, known, strict=True)
        ]
        return run._replace(model=rebuilt(run.model, layers=layers))

    return change
