"""What a training step differentiates: which values and weights have gradients, and what is kept for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cnncalc.graph import Graph, Row
from cnncalc.layers.facts import NOTHING, Kept
from cnncalc.memory.sizes import Sizes


class Learning:
    """``owner``: for each node the one that brought its weights in, itself where it did.

    ``trained``: bytes of gradients of each node's weights. ``active``: for each value, whether it
    depends on a weight that is trained. ``needed``: for each node, whether its output does and a
    loss depends on it. ``contributions``: how many nodes give to the gradients of an owner's weights.
    """

    def __init__(self, sizes: Sizes, order: Sequence[int]) -> None:
        self.graph = sizes.graph
        self.owner = owners(self.graph)
        own = [sizes.trained(node) if node.weights else 0 for node in self.graph.nodes]
        self.trained = [own[owner] for owner in self.owner]
        self.active = self._active(order)
        self.needed = self._needed(order)
        users = (self.owner[index] for index in order if self.needed[index] and self.trained[index])
        self.contributions = Counter(users)

    def _active(self, order: Sequence[int]) -> list[bool]:
        active = [False] * (len(self.graph.inputs) + len(order))
        for index in order:
            inputs = self.graph.nodes[index].inputs
            active[self.graph.value_of(index)] = self.trained[index] > 0 or any(active[v] for v in inputs)
        return active

    def _needed(self, order: Sequence[int]) -> list[bool]:
        reached = set(self.graph.outputs)
        for index in reversed(order):
            if self.graph.value_of(index) in reached:
                reached.update(self.graph.nodes[index].inputs)
        values = map(self.graph.value_of, range(len(order)))
        return [value in reached and self.active[value] for value in values]

    def kept(self, index: int) -> Kept:
        """What the node keeps: of what its kind does, what there is a gradient for."""
        node = self.graph.nodes[index]
        kept = node.facts.kept
        if not self.needed[index] or (kept.purpose == "weights" and not self.trained[index]):
            return NOTHING
        return NOTHING if kept.purpose == "training" and not node.trainable else kept

    def targets(self, index: int) -> list[int]:
        """The values that the node reads and that have gradients."""
        return [value for value in dict.fromkeys(self.graph.nodes[index].inputs) if self.active[value]]


def owners(graph: Graph) -> list[int]:
    """For each node the first that ran with its weights."""
    owner = list(range(len(graph.nodes)))
    for row in _leaves(graph.rows):
        for index in row.nodes[1:]:
            owner[index] = row.nodes[0]
    return owner


def _leaves(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        if row.parts:
            yield from _leaves(row.parts)
        elif not row.is_model:
            yield row
