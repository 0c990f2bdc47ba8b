"""The receptive field: which input pixels one value of a layer's output can depend on.

Each layer maps a range of output positions to a range of input positions, a straight line per
axis (:class:`cnncalc.layers.facts.Window`); the field is their composition, through branches the
hull of all paths. Padding counts as positions, so that a field may begin before the image.
Left out: dependence that only training has (batch statistics), and a field whose branches step
through the image at different strides, which no single stride describes: it is None, like the
field behind a layer that mixes all positions.

Source of the terms: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Facts, Number, Window

Field = tuple[Window | None, ...]
"""Per axis of the model's input a window, or None where all of the axis may be read."""


class ReceptiveField(NamedTuple):
    """Per spatial axis, in pixels of the input.

    ``size``: how many pixels a value can depend on, at most, padding included. ``stride``: how far
    the field moves from one output position to the next (a fraction behind upsampling).
    ``offset``: where the field of the first output position begins; negative within the padding.
    The field of position ``o`` is ``size`` pixels, from the first whole one at or behind
    ``offset + stride * o``.
    """

    size: tuple[int, ...]
    stride: tuple[Number, ...]
    offset: tuple[Number, ...]


def receptive_fields(graph: Graph) -> tuple[ReceptiveField | None, ...]:
    """The field of every node's output; None behind a layer that mixes all positions."""
    found: list[Field | None] = [tuple(map(Window, range(len(item.shape)))) for item in graph.inputs]
    sources = list(range(len(graph.inputs)))
    for node in graph.nodes:
        inputs = [found[value] for value in node.inputs]
        found.append(_hull([None if item is None else _through(node.facts, item) for item in inputs]))
        sources.append(sources[node.inputs[0]])
    spatial = _spatial_axes(graph, found, sources)
    fields = list(zip(found, sources, strict=True))[len(graph.inputs) :]
    return tuple(None if field is None else _report(field, spatial[source]) for field, source in fields)


def _spatial_axes(graph: Graph, found: Sequence[Field | None], sources: Sequence[int]) -> list[list[int]]:
    """For each input all axes but that of the channels.

    This is the last one, unless the first layer that says where it finds the channels says otherwise.
    """
    channels: dict[int, int] = {}
    for node in graph.nodes:
        value = node.inputs[0]
        source, field = sources[value], found[value]
        if field and source not in channels:
            wanted = _channel_axis(node.layer, len(graph.shape(value)))
            channels.update(
                (source, axis) for axis, window in enumerate(field) if window and window.axis == wanted
            )
    ranks = [len(item.shape) for item in graph.inputs]
    return [
        [axis for axis in range(rank) if axis != channels.get(source, rank - 1)]
        for source, rank in enumerate(ranks)
    ]


def _channel_axis(layer: Layer, rank: int) -> int | None:
    """Where a layer finds the channels of its input; None where it does not say."""
    if layer.layout is None:
        return None
    return 0 if layer.layout == "channels_first" else rank - 1


def _through(facts: Facts, field: Field) -> Field | None:
    """The field of a layer's output, from that of its input."""
    if facts.reads == "pointwise":
        return field
    if facts.reads == "everything":
        return None
    found = tuple(None if window is None else _compose(window, facts.reads) for window in field)
    return found if any(found) else None


def _compose(outer: Window, reads: Sequence[Window | None]) -> Window | None:
    window = reads[outer.axis] if outer.axis < len(reads) else None
    if window is None:
        return None
    return Window(
        window.axis,
        outer.stride * window.stride,
        outer.stride * window.first + outer.first,
        outer.stride * window.last + outer.last,
    )


def _hull(fields: Sequence[Field | None]) -> Field | None:
    first = fields[0]
    for other in fields[1:]:
        if first is None or other is None or len(first) != len(other):
            return None
        first = tuple(map(_wider, first, other))
    return first if first and any(first) else None


def _wider(one: Window | None, other: Window | None) -> Window | None:
    if one is None or other is None or (one.axis, one.stride) != (other.axis, other.stride):
        return None
    return Window(one.axis, one.stride, min(one.first, other.first), max(one.last, other.last))


def _report(field: Field, spatial: Sequence[int]) -> ReceptiveField | None:
    windows = [field[axis] for axis in spatial]
    if not windows or not all(windows):
        return None
    known = [window for window in windows if window is not None]
    return ReceptiveField(
        tuple(floor(window.last - window.first) + 1 for window in known),
        tuple(_plain(window.stride) for window in known),
        tuple(_plain(window.first) for window in known),
    )


def _plain(number: Number) -> Number:
    return number.numerator if number.denominator == 1 else number
