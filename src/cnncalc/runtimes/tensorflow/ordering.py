"""The order of operations in the graph that Grappler leaves: in it the readers of a tensor become ready.

Grappler runs all its passes twice (tensorflow/core/grappler/optimizers/meta_optimizer.cc). In the second
round the model pruner gives the graph an order of its own, in which nothing is left of the order of creation
(utils/transitive_fanin.cc). Then it is sorted by levels (utils/topological_sort.cc), for the remapper depth
first (utils/graph_view.cc, SortTopologically), and at the end by levels again. What becomes ready together
in a sort keeps the order that it had. The graph here is without constants and arguments of the function.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from cnncalc.runtimes.tensorflow.ops import BACKWARD, ONEDNN, UPDATE, Op
from cnncalc.runtimes.tensorflow.touching import Numbers, seen, touching

COMMUTATIVE = frozenset({"Mul", "AddV2", "AddN", "Maximum", "Minimum", "SquaredDifference"})


class Links(NamedTuple):
    """Who waits for whom, operations being their numbers in the list.

    ``order``: in which they stand, without those that memory does not see; ``before``: what each waits for;
    ``readers``: who waits for it, in the order in which they become ready; ``touching``: whether it makes or
    reads a tensor that is counted.
    """

    order: Numbers
    before: list[Numbers]
    readers: list[Numbers]
    touching: list[bool]


def linked(ops: Sequence[Op], as_created: bool = False) -> Links:
    """The operations in Grappler's order, or ``as_created``.

    oneDNN's operations are made anew by the layout pass, so they stand behind all others; of a layer the
    input gradient before the weight gradient, as that pass mostly numbers them.
    """
    for number, op in enumerate(ops):
        op.number = number
    before = _before(ops)
    touch = touching(ops, before)
    kept = seen(before, touch)
    first = range(len(ops)) if as_created else _pruned(_ends(ops, before), before)
    order = [number for number in first if kept[number]]
    readers = _readers(order, before)
    several = [numbers for numbers in readers if len(numbers) > 1]
    if not as_created:
        order = _sorted(order, before, readers, several)
    _arrange(several, order + [op.number for op in ops if op.kind in ONEDNN], len(ops))
    return Links(order, before, readers, touch)


def _sorted(
    order: Numbers, before: Sequence[Numbers], readers: Sequence[Numbers], several: Sequence[Numbers]
) -> Numbers:
    """By levels, depth first, by levels; ``several``: the readers of which the order is in doubt."""
    order = _by_levels(order, before, readers)
    for sort in (_depth_first, _by_levels):
        _arrange(several, order, len(before))
        order = sort(order, before, readers)
    return order


def _before(ops: Sequence[Op]) -> list[Numbers]:
    """The operations that each waits for; those that make the operands of a sum or a product in the order of
    their names (common_subgraph_elimination.cc): ``gradient_tape/`` and the layer's, or the model's and the
    layer's."""
    before = [[value.op.number for value in op.inputs if value.op is not None] for op in ops]
    owners = [op.owner for op in ops]
    forward = [op.phase != BACKWARD for op in ops]
    for op, numbers in zip(ops, before, strict=True):
        if len(numbers) > 1 and op.kind in COMMUTATIVE:
            numbers.sort(key=owners.__getitem__)
            numbers.sort(key=forward.__getitem__)
        if op.after:
            numbers += [other.number for other in op.after]
    return before


def _ends(ops: Sequence[Op], before: Sequence[Numbers]) -> Numbers:
    """The ends of the graph by name: losses and outputs, averages of layers, the optimizer's writes and later
    reads.

    The optimizer's names end in their numbers, so that the ninth comes behind the tenth.
    """
    read = set(chain.from_iterable(before))
    writes = [op for op in ops if not op.outputs]
    others = [number for number in range(len(ops)) if number not in read and ops[number].outputs]
    averages = [op.number for op in writes if op.phase != UPDATE]
    updates = [op.number for op in writes if op.phase == UPDATE]
    again = [op.number for op in ops if op.after and op.kind == "Read"]
    return [*others, *averages, *_by_name(updates), *_by_name(again)]


def _by_name(numbered: Numbers) -> Numbers:
    return [numbered[index] for index in sorted(range(len(numbered)), key=str)]


def _pruned(ends: Numbers, before: Sequence[Numbers]) -> Numbers:
    """From the ends up, the last end first and the last of several inputs first; and all that backwards."""
    seen = [False] * len(before)
    found = []
    while ends:
        number = ends.pop()
        if not seen[number]:
            seen[number] = True
            found.append(number)
            ends += before[number]
    return found[::-1]


def _readers(order: Numbers, before: Sequence[Numbers]) -> list[Numbers]:
    """Who waits for each, in this order."""
    readers: list[Numbers] = [[] for _ in before]
    for number in order:
        for other in before[number]:
            readers[other].append(number)
    return readers


def _arrange(several: Sequence[Numbers], order: Numbers, count: int) -> None:
    """Put the readers of each in this order; what is named twice has the later place."""
    places = [0] * count
    for place, number in enumerate(order):
        places[number] = place
    for numbers in several:
        numbers.sort(key=places.__getitem__)


def _by_levels(order: Numbers, before: Sequence[Numbers], readers: Sequence[Numbers]) -> Numbers:
    """Each as soon as the last that it waits for has its place: Kahn's algorithm with a queue."""
    waiting = list(map(len, before))
    ready = [number for number in order if not waiting[number]]
    for number in ready:  # which grows while it is read
        for reader in readers[number]:
            waiting[reader] = left = waiting[reader] - 1
            if not left:
                ready.append(reader)
    return ready


def _depth_first(order: Numbers, before: Sequence[Numbers], readers: Sequence[Numbers]) -> Numbers:
    """Each behind all that it leads to, the last root first and the last reader first; that backwards."""
    seen = [False] * len(before)
    found = []
    for root in reversed([number for number in order if not before[number]]):
        stack = [root]
        while stack:
            number = stack.pop()
            if number < 0:  # all that it leads to is there
                found.append(~number)
            elif not seen[number]:
                seen[number] = True
                stack.append(~number)
                stack += readers[number]
    return found[::-1]
