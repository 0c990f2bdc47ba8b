"""Axis numbers as Keras writes them: 0 is the batch, -1 the last axis of the whole shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from cnncalc.errors import ShapeError
from cnncalc.layers.facts import Window
from cnncalc.tensors import Shape
from cnncalc.units import shape_text

_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}


def _one_or_several(value: object) -> object:
    if _is_whole(value):
        return value
    if isinstance(value, (tuple, list)) and all(map(_is_whole, value)):
        return tuple(value)
    raise ValueError("must be a whole number or a list of whole numbers")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


Axes = Annotated[int | tuple[int, ...], BeforeValidator(_one_or_several), WithJsonSchema(_SCHEMA)]
"""One axis number or several, kept as the user wrote them."""


def as_tuple(axes: int | tuple[int, ...]) -> tuple[int, ...]:
    """
    >>> as_tuple(-1), as_tuple((1, 2))
    ((-1,), (1, 2))
    """
    return (axes,) if isinstance(axes, int) else axes


def sample_axis(axis: int, shape: Shape, kind: str) -> int:
    """The index in a shape without its batch axis that Keras's axis number stands for.

    >>> sample_axis(1, (32, 32, 3), "Softmax"), sample_axis(-1, (32, 32, 3), "Softmax")
    (0, 2)
    """
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        raise ShapeError(
            f"{kind} finds no axis {axis} in its input of {shape_text(shape)} and the batch axis."
        )
    if axis % rank == 0:
        raise ShapeError(f"axis {axis} of {kind} is the batch axis of its input of {shape_text(shape)}.")
    return axis % rank - 1


def sample_axes(axes: int | tuple[int, ...], shape: Shape, kind: str) -> tuple[int, ...]:
    """:func:`sample_axis` of each, in the order given; none may stand for an axis twice."""
    found = tuple(sample_axis(axis, shape, kind) for axis in as_tuple(axes))
    if len(set(found)) < len(found):
        raise ShapeError(f"axes {axes} of {kind} name an axis of its input of {shape_text(shape)} twice.")
    return found


def mixing(axes: Iterable[int], rank: int) -> tuple[Window | None, ...]:
    """Reads of a layer that mixes the values along some axes and keeps the others apart.

    >>> mixing([1], 2)
    (Window(axis=0, stride=1, first=0, last=0), None)
    """
    mixed = set(axes)
    return tuple(None if axis in mixed else Window(axis) for axis in range(rank))
