"""The control dependencies that hold a run to an order, as far as the order matters for its peak.

A stretch between two fixed steps in which no order needs more than the peak is left free. In the
others each step waits for the one in front of it, unless it reads it. Two neighbours in an order are
linked by the graph only where one reads the other: what stood between them would have to run in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cnncalc.graph import Graph
from cnncalc.memory.flow import Flow
from cnncalc.memory.segment import in_model_order
from cnncalc.memory.sizes import Sizes
from cnncalc.memory.worst_order import may_need_more
from cnncalc.tensors import Policy


def control_dependencies(
    graph: Graph, batch_size: int, default_policy: Policy, order: Sequence[int], peak_bytes: int
) -> tuple[tuple[int, int], ...]:
    """Pairs of nodes, the first of which must wait for the second.

    ``order``: all nodes, with a peak of ``peak_bytes`` in :func:`cnncalc.memory.ideal.prediction`. No
    order that keeps to the graph and to these pairs has a higher one.
    """
    sizes = Sizes(graph, batch_size, default_policy)
    segments, _ = in_model_order(Flow(sizes), sizes.all_parameters)
    found: list[tuple[int, int]] = []
    for segment in segments:
        if may_need_more(segment, peak_bytes):
            found += _waits(graph, order[segment.steps.start : segment.steps.stop])
    return tuple(found)


def _waits(graph: Graph, order: Sequence[int]) -> Iterator[tuple[int, int]]:
    for after, step in pairwise(order):
        if graph.value_of(after) not in graph.nodes[step].inputs:
            yield step, after
