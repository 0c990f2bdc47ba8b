"""Where a model can be cut so that a single tensor passes, and the segments between two cuts.

A cut lies between two layers as the user wrote them: all that the layers behind it read of what is in front
of it is one value, the output of the layer before it. Chains can be cut anywhere, residual networks between
their blocks. Nested models stay whole. No cut is at a value that the model gives, nor one that is a view of
the value at the cut before: the same memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cnncalc.errors import Problem, SettingError, nearest
from cnncalc.graph import Graph
from cnncalc.linking import Scope
from cnncalc.memory.learning import Learning
from cnncalc.model import Model


class Stretch(NamedTuple):
    """Layers that run one behind the other: their names, and the nodes that they run as."""

    layers: tuple[str, ...]
    nodes: range


def calls(model: Model) -> Iterator[Stretch]:
    """The layers in run order, one of several calls by the call's name."""
    scope = Scope(model, (), [])
    counts = {row.name: len(row.nodes) // row.calls for row in model.graph.rows}
    start = 0
    for index in scope.order:
        stop = start + counts[scope.names[scope.called(index)]]
        yield Stretch((scope.names[index],), range(start, stop))
        start = stop


def blocks(model: Model) -> list[Stretch]:
    """The model in the smallest stretches between two cuts."""
    graph, found = model.graph, []
    single = _single(graph)
    names: tuple[str, ...] = ()
    start = 0
    for call in calls(model):
        names += call.layers
        stop = call.nodes.stop
        if (single[stop] and not _view_of_cut(graph, start, stop)) or stop == len(graph.nodes):
            found.append(Stretch(names, range(start, stop)))
            names, start = (), stop
    return found


def stages(model: Model, segments: Iterable[Sequence[str]]) -> list[tuple[range, ...]]:
    """The nodes of segments given by the names of their layers, cut wherever a single value passes.

    Raises SettingError where a segment is not layers that run one behind the other, from one cut to another,
    and where two segments have a layer in common.
    """
    found = [_stages(model, tuple(layers)) for layers in segments if layers]
    for before, after in pairwise(sorted(found, key=lambda one: one[0].start)):
        if before[-1].stop > after[0].start:
            raise _refused("two segments have a layer in common.")
    return found


def whole(segments: Iterable[Sequence[range]]) -> list[range]:
    """The nodes of each segment, whatever its stages."""
    return [range(stages[0].start, stages[-1].stop) for stages in segments]


def _stages(model: Model, layers: tuple[str, ...]) -> tuple[range, ...]:
    graph, single = model.graph, _single(model.graph)
    places = {call.layers[0]: call.nodes for call in calls(model)}
    for name in layers:
        if name not in places:
            raise _refused(f'a segment names "{name}", no layer.{nearest(name, places)}')
    inside = [places[name] for name in layers]
    what = f'the segment "{layers[0]}" to "{layers[-1]}"'
    if any(one.stop != other.start for one, other in pairwise(inside)):
        raise _refused(f"{what}: its layers do not run one behind the other.")
    start, stop = inside[0].start, inside[-1].stop
    begins = single[start] if start else entry(graph, range(start, stop)) is not None
    if not begins or not single[stop]:
        raise _refused(f"{what} must begin and end where a single value passes, which is no output.")
    cuts = [start, *(nodes.stop for nodes in inside if single[nodes.stop])]
    return tuple(range(*pair) for pair in pairwise(cuts))


def _refused(message: str) -> SettingError:
    return SettingError([Problem(("segments",), message)])


def joined(stretches: Sequence[Stretch]) -> Stretch:
    """One stretch of several that follow one another."""
    names = tuple(name for stretch in stretches for name in stretch.layers)
    return Stretch(names, range(stretches[0].nodes.start, stretches[-1].nodes.stop))


def entry(graph: Graph, nodes: range) -> int | None:
    """The value that a stretch behind a cut reads; None for a start with several images."""
    if nodes.start:
        return graph.value_of(nodes.start - 1)
    return 0 if len(graph.inputs) == 1 else None


def run_again(graph: Graph, learning: Learning, nodes: range, output: bool) -> tuple[tuple[int, ...], bool]:
    """The nodes to run again for the gradients of a stretch, and whether they or these need its input.

    Those that nothing kept comes of are not among them. ``output``: the stretch's output is needed too.
    """
    wanted = {graph.value_of(nodes[-1])} if output else set()
    for index in nodes:
        kept = learning.kept(index)
        wanted.update(graph.nodes[index].inputs[number] for number in kept.inputs)
        if kept.output or kept.made:
            wanted.add(graph.value_of(index))
    again = []
    for index in reversed(nodes):
        if graph.value_of(index) in wanted:
            again.append(index)
            wanted.update(graph.nodes[index].inputs)
    return tuple(reversed(again)), entry(graph, nodes) in wanted


def _single(graph: Graph) -> list[bool]:
    """For each number of nodes, whether of all that is there then only the latest is read later."""
    first, count = len(graph.inputs), len(graph.nodes)
    until = [max(readers, default=-1) + 1 for readers in graph.readers]
    for value in graph.outputs:
        until[value] = count + 1
    ends = [0] * (count + 2)
    alive, found = 0, []
    for value, end in enumerate(until):
        alive += 1
        ends[end] += 1
        position = value - first + 1
        if position >= 0:
            alive -= ends[position]
            found.append(alive == 1 and position < end <= count)
    return found


def _view_of_cut(graph: Graph, start: int, stop: int) -> bool:
    """Whether all that lies between two cuts are views of the value at the first."""
    return start > 0 and all(graph.nodes[index].facts.alias == "view" for index in range(start, stop))
