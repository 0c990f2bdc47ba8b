"""The book's two memory rules, for any graph.

Prediction: the parameters, and the largest set of outputs that are alive at once when each is
freed after its last reader. The images count while they are read. Training: the parameters, the
images, and every layer's output, for the whole batch. In both, a view of a tensor, and the output
of a layer that overwrites its input, is no memory of its own.

Source: Geron, Hands-On Machine Learning, the exercises of the chapter on convolutional networks.
Left out, as in the book: gradients, the optimizer's state, temporaries. Since a real runtime also
saves where the rule does not (it adds in place, fuses, drops what backward does not read), the
rule is no bound in either direction.
"""

from __future__ import annotations

from typing import Literal

from cnncalc.graph import Graph, Node
from cnncalc.memory.plan import Draft, Plan, Step
from cnncalc.memory.sizes import Sizes, add_parameters
from cnncalc.tensors import Policy


def prediction(graph: Graph, batch_size: int, default: Policy) -> Plan:
    """The plan of one prediction on a batch of ``batch_size``."""
    return _Planner(graph, batch_size, default, keep=False).plan()


def training(graph: Graph, batch_size: int, default: Policy) -> Plan:
    """The plan of one training step on a batch of ``batch_size``: forward, everything kept."""
    return _Planner(graph, batch_size, default, keep=True).plan()


class _Planner:
    """``buffer``: which one holds each value; ``pending``: how many reads of each are to come."""

    def __init__(self, graph: Graph, batch_size: int, default: Policy, keep: bool) -> None:
        self.graph = graph
        self.sizes = Sizes(graph, batch_size, default)
        self.keep = keep
        self.draft = Draft()
        self.buffer: dict[int, int] = {}
        self.pending: dict[int, int] = {}

    def plan(self) -> Plan:
        parameters = add_parameters(self.draft, self.sizes)
        self.draft.steps.append(Step("parameters", allocates=tuple(parameters)))
        for index in range(len(self.graph.nodes)):
            self._run(index)
        return self.draft.done()

    def _run(self, index: int) -> None:
        node = self.graph.nodes[index]
        new = [self._load(value) for value in dict.fromkeys(node.inputs) if value not in self.buffer]
        reads = tuple(dict.fromkeys(self.buffer[value] for value in node.inputs))
        for value in dict.fromkeys(node.inputs):
            self.pending[self.buffer[value]] -= 1
        value = self.graph.value_of(index)
        home = self._home(node, self.sizes.values[value])
        if home is None:
            home = self._new(node.owner, "outputs", value)
            new.append(home)
        self._settle(value, home)
        released = () if self.keep else tuple(self._finished({*reads, home}))
        self.draft.steps.append(Step(node.owner, tuple(new), reads, released))

    def _load(self, value: int) -> int:
        buffer = self._new(self.graph.inputs[value].name, "inputs", value)
        self._settle(value, buffer)
        return buffer

    def _new(self, name: str, role: Literal["inputs", "outputs"], value: int) -> int:
        buffer = self.draft.add(name, role, self.sizes.values[value], value)
        self.pending[buffer] = 0
        return buffer

    def _settle(self, value: int, buffer: int) -> None:
        """Let the buffer hold the value, for all who will read it; what the model gives stays."""
        self.buffer[value] = buffer
        self.pending[buffer] += len(self.graph.readers[value]) + (value in self.graph.outputs)

    def _home(self, node: Node, size: int) -> int | None:
        """The buffer in which the output may stand without memory of its own."""
        buffer = self.buffer[node.inputs[0]]
        same = self.draft.buffers[buffer].bytes == size
        if node.facts.alias == "view" and same:
            return buffer
        if node.facts.alias == "overwrite" and same and self._free_to_overwrite(node, buffer):
            return buffer
        return None

    def _free_to_overwrite(self, node: Node, buffer: int) -> bool:
        """No one reads the old value any more; in training, where backward would, no one ever did."""
        only_reader = len(self.graph.readers[node.inputs[0]]) == 1
        a_users = self.draft.buffers[buffer].role == "inputs"
        return self.pending[buffer] == 0 and (only_reader or not self.keep) and not a_users

    def _finished(self, buffers: set[int]) -> list[int]:
        return sorted(buffer for buffer in buffers if self.pending[buffer] == 0)
