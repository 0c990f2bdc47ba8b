"""A layer less, or a branch with all that only it needs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from cnncalc.advice.edits import linked, outputs_of, rebuilt
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Named, Question, Remedy
from cnncalc.errors import GraphError
from cnncalc.graph import Graph
from cnncalc.linking import Link, Scope
from cnncalc.model import Call, Model

TRIED = 12
"""So many removals with the largest outputs are made to see whether the rest is still a network."""


class Removal(NamedTuple):
    """A layer whose readers read one of its inputs instead, and all that goes with it."""

    layer: str
    source: int
    gone: tuple[str, ...]


def fewer_layers(question: Question) -> Iterator[Remedy]:
    """The layer that can best go alone, and the branch, as a residual block is, that can best go whole.

    A layer can go where the rest is still a network and the shapes of the outputs stay. Those with the
    largest outputs are looked at.
    """
    model = question.model
    sizes = _sizes(model.graph)
    found = sorted(removals(model), key=lambda item: -sum(sizes.get(name, 0) for name in item.gone))
    alone = [_named(item) for item in found if len(item.gone) == 1]
    branch = [_named(item) for item in found if len(item.gone) > 1]
    yield from question.best("remove-layer", alone[:TRIED], shown=1)
    yield from question.best("remove-layer", branch[:TRIED], shown=1)


def _sizes(graph: Graph) -> dict[str, int]:
    """Values of the outputs that take memory of their own, by layer."""
    return {
        row.name: sum(
            prod(facts.output) for facts in (graph.nodes[i].facts for i in row.nodes) if not facts.alias
        )
        for row in graph.rows
    }


def _named(item: Removal) -> Named:
    more = f" and the {len(item.gone) - 1} that only it needs" if len(item.gone) > 1 else ""
    return Named(f"remove {item.layer}{more}", removed(item.layer, item.source))


def removals(model: Model) -> Iterator[Removal]:
    """Every layer that is no output and is not called again, by each of its inputs."""
    scope = Scope(model, (), [])
    kept = {link.layer for link in scope.outputs} | {
        _callee(scope, index) for index in range(len(scope.names))
    }
    for index in range(len(scope.names)):
        if index in kept or isinstance(model.layers[index], Call):
            continue
        for source in _sources(scope.links[index]):
            gone = set(range(len(scope.names))) - _needed(scope, index, source)
            if index in gone and not gone & kept:
                yield Removal(scope.names[index], source, tuple(scope.names[item] for item in sorted(gone)))


def _sources(links: tuple[Link, ...]) -> list[int]:
    """The numbers of the inputs, without those that come from where an earlier one does."""
    return [number for number, link in enumerate(links) if link not in links[:number]]


def _callee(scope: Scope, index: int) -> int | None:
    return scope.called(index) if isinstance(scope.model.layers[index], Call) else None


def removed(name: str, source: int) -> Change:
    """The change by which the readers of a layer read its input of that number instead."""

    def change(run: Run) -> Run:
        model = _without(run.model, name, source)
        if model.graph.output_shapes != run.model.graph.output_shapes or not _all_read(model.graph):
            raise GraphError([])
        return run._replace(model=model)

    return change


def _all_read(graph: Graph) -> bool:
    """Whether something still reads each input."""
    return all(graph.readers[number] for number in range(len(graph.inputs)))


def _without(model: Model, name: str, source: int) -> Model:
    scope = Scope(model, (), [])
    if name not in scope.index:
        raise GraphError([])
    index = scope.index[name]
    links = _relinked(scope, index, source)
    layers = linked(scope, sorted(_needed(scope, index, source)), links)
    return rebuilt(model, layers=layers, outputs=outputs_of(scope))


def _relinked(scope: Scope, index: int, source: int) -> list[tuple[Link, ...]]:
    new = scope.links[index][source]
    return [tuple(new if link.layer == index else link for link in links) for links in scope.links]


def _needed(scope: Scope, index: int, source: int) -> set[int]:
    """The layers on which an output depends once the layer is gone."""
    links = _relinked(scope, index, source)
    waiting = [link.layer for link in scope.outputs if link.layer is not None]
    found: set[int] = set()
    while waiting:
        item = waiting.pop()
        if item not in found:
            found.add(item)
            waiting += [link.layer for link in links[item] if link.layer is not None]
    return found
