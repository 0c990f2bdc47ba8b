"""The sizes of what a run holds, in bytes, for one batch size and one dtype policy."""

from __future__ import annotations

from math import prod

from cnncalc.graph import Graph, Node
from cnncalc.layers.facts import Made
from cnncalc.memory.plan import Draft, Step
from cnncalc.model import Input
from cnncalc.tensors import Policy, data_bytes, policy


class Sizes:
    """``values``: bytes of each value of the graph, for the whole batch."""

    def __init__(self, graph: Graph, batch_size: int, default: Policy) -> None:
        self.graph = graph
        self.batch_size = batch_size
        self.default = default
        inputs = [batch_size * self._data_bytes(item) * prod(item.shape) for item in graph.inputs]
        outputs = [
            batch_size * self._of(node.dtype).compute_bytes * prod(node.facts.output) for node in graph.nodes
        ]
        self.values = inputs + outputs

    def _data_bytes(self, item: Input) -> int:
        return data_bytes(item.dtype) if item.dtype else self.default.compute_bytes

    def _of(self, dtype: str | None) -> Policy:
        return policy(dtype) if dtype else self.default

    def parameters(self, node: Node) -> int:
        """Bytes of the weights that the node brings into the model."""
        return self._of(node.dtype).variable_bytes * sum(weight.size for weight in node.weights)

    @property
    def all_parameters(self) -> int:
        """Bytes of all weights of the model."""
        return sum(self.parameters(node) for node in self.graph.nodes)

    def trained(self, node: Node) -> int:
        """Bytes of the gradients of these: one of its size for each that is trainable, in its type."""
        sizes = (weight.size for weight in node.weights if weight.trainable)
        return self._of(node.dtype).variable_bytes * sum(sizes)

    def made(self, node: Node, made: Made) -> int:
        """Bytes of a tensor that the node makes for backward alone."""
        item = self._of(node.dtype).compute_bytes if made.item_bytes is None else made.item_bytes
        return (self.batch_size if made.per_sample else 1) * item * prod(made.shape)


def add_parameters(draft: Draft, sizes: Sizes) -> list[int]:
    """A buffer for the parameters of each layer that has any; their numbers."""
    graph = sizes.graph
    sized = [(graph.value_of(index), node, sizes.parameters(node)) for index, node in enumerate(graph.nodes)]
    return [draft.add(node.owner, "parameters", size, value) for value, node, size in sized if size]


def started(sizes: Sizes, slot_bytes: int = 0) -> Draft:
    """A plan that begins with what is there throughout: parameters, and the optimizer's slots."""
    draft = Draft()
    throughout = add_parameters(draft, sizes)
    if slot_bytes:
        throughout.append(draft.add("optimizer", "slots", slot_bytes))
    draft.steps.append(Step("parameters", allocates=tuple(throughout)))
    return draft
