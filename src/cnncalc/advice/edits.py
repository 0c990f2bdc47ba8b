"""A model with a few things changed by the names of its layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from cnncalc.comparing.rewriting import place, rewritten
from cnncalc.graph import Row
from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import Model


def rebuilt(model: Model, **changes: Any) -> Model:
    """The model made anew with these fields in place of the old. Raises GraphError for no network."""
    kept = {"name": model.name, "inputs": model.inputs, "layers": model.layers, "settings": model.settings}
    return Model(**{**kept, "outputs": dict(model.outputs), **changes})


def replaced(model: Model, name: str, replace: Callable[[Layer], Layer]) -> Model:
    """The model with another layer in place of that one. Raises GraphError where that is no network."""
    return rewritten(model, lambda layer, *_: replace(layer) if layer.name == name else layer)


def with_settings(layer: Layer, **changes: Any) -> Layer:
    """The same layer with other settings, checked. Raises SettingError where they do not go together."""
    return type(layer)(**{**layer.settings(), **place(layer), **changes})


def linked(scope: Scope, order: Iterable[int], links: Sequence[Iterable[Link]]) -> list[Layer]:
    """The scope's layers of these numbers, in this order, each with its name and what it reads by name."""
    return [
        scope.model.layers[index].model_copy(
            update={"name": scope.names[index], "inputs": tuple(_name(scope, link) for link in links[index])}
        )
        for index in order
    ]


def outputs_of(scope: Scope) -> dict[str, str]:
    """The outputs as they are written, or the last layer, which is the one where none are."""
    return dict(scope.model.outputs) or {scope.names[-1]: scope.names[-1]}


def _name(scope: Scope, link: Link) -> str:
    if link.layer is None:
        return scope.model.inputs[link.output or 0].name
    own = scope.names[link.layer]
    return own if link.output is None else f"{own}.{scope.output_names(link.layer)[link.output]}"


def named_rows(model: Model) -> tuple[Row, ...]:
    """The layers of a model and of those nested in it, but for names that stand more than once."""
    rows = list(_all_rows(model.graph.rows))
    count = Counter(row.name for row in rows)
    return tuple(row for row in rows if count[row.name] == 1)


def _all_rows(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        if row.is_model:
            yield from _all_rows(row.parts)
        else:
            yield row
