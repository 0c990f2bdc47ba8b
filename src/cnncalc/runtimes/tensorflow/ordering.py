"""The order of operations in the graph that Grappler leaves: in it the readers of a tensor become ready.

Grappler runs all its passes twice (tensorflow/core/grappler/optimizers/meta_optimizer.cc). In the second
round the model pruner gives the graph an order of its own, in which nothing is left of the order of creation
(utils/transitive_fanin.cc). Then it is sorted by levels (utils/topological_sort.cc), for the remapper depth
first (utils/graph_view.cc, SortTopologically), and at the end by levels again. What becomes ready together
in a sort keeps the order that it had. The graph here is without constants and arguments of the function.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.runtimes.tensorflow.ops import BACKWARD, UPDATE, Op

WRITES = frozenset({"Assign", "AssignSub"})

COMMUTATIVE = frozenset({"Mul", "AddV2", "AddN", "Maximum", "Minimum", "SquaredDifference"})

Numbers = list[int]


def ordered(ops: Sequence[Op]) -> list[Op]:
    """The same operations in Grappler's order."""
    for number, op in enumerate(ops):
        op.number = number
    before = [
        _by_names(op)
        if len(op.inputs) > 1 and op.kind in COMMUTATIVE
        else [value.op.number for value in op.inputs if value.op is not None]
        for op in ops
    ]
    for op in ops:
        if op.after:
            before[op.number] += [other.number for other in op.after]
    readers = _readers(before)
    order = _pruned(_ends(ops, readers), before)
    for sort in (_by_levels, _depth_first, _by_levels):
        _arrange(readers, order)
        order = sort(order, before, readers)
    return [ops[number] for number in order]


def _by_names(op: Op) -> Numbers:
    """The operations that make the operands of a sum or a product, in the order of their names
    (common_subgraph_elimination.cc), of which the layers' are known."""
    makers = [value.op for value in op.inputs if value.op is not None]
    if len(makers) > 1:
        makers.sort(key=_name)
    return [maker.number for maker in makers]


def _name(op: Op) -> tuple[bool, str]:
    """``gradient_tape/`` and the layer's name, or the model's name and the layer's."""
    return op.phase != BACKWARD, op.owner


def _ends(ops: Sequence[Op], readers: Sequence[Numbers]) -> Numbers:
    """The ends of the graph by name: losses and outputs, averages of layers, the optimizer's writes and later
    reads.

    The optimizer's names end in their numbers, so that the ninth comes behind the tenth.
    """
    updates: Numbers = []
    averages: Numbers = []
    others: Numbers = []
    again: Numbers = []
    for op in ops:
        if op.kind in WRITES:
            (updates if op.phase == UPDATE else averages).append(op.number)
            continue
        if not readers[op.number]:
            others.append(op.number)
        if op.after and op.kind == "Read":
            again.append(op.number)
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


def _readers(before: Sequence[Numbers]) -> list[Numbers]:
    """Who waits for each."""
    readers: list[Numbers] = [[] for _ in before]
    for number, numbers in enumerate(before):
        for other in numbers:
            readers[other].append(number)
    return readers


def _arrange(readers: Sequence[Numbers], order: Numbers) -> None:
    """Put the readers of each in this order."""
    places = [0] * len(readers)
    for place, number in enumerate(order):
        places[number] = place
    for numbers in readers:
        if len(numbers) > 1:
            numbers.sort(key=places.__getitem__)


def _by_levels(order: Numbers, before: Sequence[Numbers], readers: Sequence[Numbers]) -> Numbers:
    """Each as soon as the last that it waits for has its place: Kahn's algorithm with a queue."""
    waiting = list(map(len, before))
    ready = [number for number in order if not waiting[number]]
    for number in ready:  # which grows while it is read
        for reader in readers[number]:
            waiting[reader] -= 1
            if not waiting[reader]:
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
                stack += [~number, *readers[number]]
    return found[::-1]
