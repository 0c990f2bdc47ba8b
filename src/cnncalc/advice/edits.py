"""A model with a few things changed by the names of its layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cnncalc.comparing.rewriting import place, rewritten
from cnncalc.graph import Row
from cnncalc.layers.base import Layer
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
