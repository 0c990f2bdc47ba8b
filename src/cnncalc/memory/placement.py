"""A graph whose layers run on several devices: what is copied between them, and a plan for each.

A value that is read on another device than that which computes it is copied there: once to each device,
however many layers read it there, as soon as it is computed. In training its gradient comes back the same
way, added up over its readers on that device. Images are fed to each device that reads them. The variables
of a layer are on one device; any other that runs the layer holds a copy of them during the step, and sends
back its part of their gradients. Sources: tensorflow/core/graph/graph_partition.cc (one pair of Send and Recv
for a tensor and a device), tensorflow/python/ops/resource_variable_ops.py (a read is placed with its reader).

Where the gradients of one value are added up is not fixed by TensorFlow; here it is where the readers are,
and what arrives is added to what is there without a buffer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cnncalc.graph import Graph, Node, Row
from cnncalc.layers.facts import Facts
from cnncalc.layers.reshaping import Identity
from cnncalc.memory.learning import owners
from cnncalc.memory.plan import Buffer, Draft, Plan, Step
from cnncalc.model import Input


class Copy(NamedTuple):
    """A value copied from a device to another: ``node`` of the placed graph reads it and makes the copy."""

    node: int
    source: str
    target: str


class Placed(NamedTuple):
    """A graph with a node for every copy.

    ``devices``: that of each of its values. ``homes``: for each node the devices that hold its layer's
    variables, their own first, then those that copy them; nothing for a node without weights.
    """

    graph: Graph
    devices: tuple[str, ...]
    homes: tuple[tuple[str, ...], ...]
    copies: tuple[Copy, ...]

    def where(self, buffer: Buffer) -> tuple[str, ...]:
        """The devices on which a buffer is, the one whose it is first."""
        if buffer.value is None:
            return ()
        if buffer.role in ("parameters", "weight_gradients"):
            return self.homes[buffer.value - len(self.graph.inputs)]
        return (self.devices[buffer.value],)


def placed(graph: Graph, devices: Sequence[str], variables: Sequence[str] | None = None) -> Placed:
    """The graph with its nodes on these devices, in run order.

    ``variables`` are the devices of the variables that each node brings in; the node's own where None.
    """
    return _Placing(graph, devices, variables or devices).placed()


class _Placing:
    """``values``: for each value of the graph and a device the value of the new graph that is it there."""

    def __init__(self, graph: Graph, devices: Sequence[str], variables: Sequence[str]) -> None:
        self.graph = graph
        self.of_nodes = devices
        self.of_variables = variables
        self.inputs: list[Input] = []
        self.nodes: list[Node] = []
        self.devices: list[str] = []
        self.copies: list[Copy] = []
        self.values: dict[tuple[int, str], int] = {}
        self.moved: dict[int, int] = {}

    def placed(self) -> Placed:
        graph = self.graph
        for value in range(len(graph.inputs)):
            self._feed(value)
        for index, node in enumerate(graph.nodes):
            self._run(index, node)
        outputs = tuple(self._home(value) for value in graph.outputs)
        rows = tuple(map(self._row, graph.rows))
        made = Graph(graph.name, tuple(self.inputs), tuple(self.nodes), outputs, rows, self._readers())
        return Placed(made, tuple(self.devices), self._homes(made), tuple(self.copies))

    def _feed(self, value: int) -> None:
        readers = [self.of_nodes[node] for node in self.graph.readers[value]]
        for device in dict.fromkeys(readers or self.of_nodes[:1]):
            self.values[value, device] = len(self.inputs)
            self.inputs.append(self.graph.inputs[value])
            self.devices.append(device)

    def _run(self, index: int, node: Node) -> None:
        device, value = self.of_nodes[index], self.graph.value_of(index)
        self.moved[index] = len(self.nodes)
        inputs = tuple(self.values[read, device] for read in node.inputs)
        source = self._append(value, device, node._replace(inputs=inputs))
        readers = dict.fromkeys(self.of_nodes[reader] for reader in self.graph.readers[value])
        for target in readers:
            if target != device:
                self.copies.append(Copy(len(self.nodes), device, target))
                self._append(value, target, _copying(node, source, target))

    def _append(self, value: int, device: str, node: Node) -> int:
        self.nodes.append(node)
        self.devices.append(device)
        self.values[value, device] = len(self.devices) - 1
        return len(self.devices) - 1

    def _home(self, value: int) -> int:
        """The value where it is computed; an image where it is first read."""
        return next(new for (old, _), new in self.values.items() if old == value)

    def _row(self, row: Row) -> Row:
        nodes = tuple(self.moved[node] for node in row.nodes)
        outputs = tuple(map(self._home, row.outputs))
        return row._replace(nodes=nodes, outputs=outputs, parts=tuple(map(self._row, row.parts)))

    def _readers(self) -> tuple[tuple[int, ...], ...]:
        found: list[list[int]] = [[] for _ in self.devices]
        for index, node in enumerate(self.nodes):
            for value in dict.fromkeys(node.inputs):
                found[value].append(index)
        return tuple(map(tuple, found))

    def _homes(self, made: Graph) -> tuple[tuple[str, ...], ...]:
        brought = {self.moved[index]: device for index, device in enumerate(self.of_variables)}
        found: dict[int, dict[str, None]] = {}
        owner = owners(made)
        for index, first in enumerate(owner):
            if made.nodes[first].weights:
                known = found.setdefault(first, {brought[first]: None})
                known[self.devices[made.value_of(index)]] = None
        return tuple(tuple(found.get(first, ())) for first in owner)


def _copying(node: Node, source: int, target: str) -> Node:
    """A node that copies the value of another to a device: a buffer there, and its gradient's here."""
    name = f"{node.owner} on {target}"
    facts = Facts(node.facts.output, reads="pointwise")
    return Node(name, name, Identity(), (source,), facts, (), node.dtype, node.trainable)


def plans(plan: Plan, where: Placed, slots: Mapping[str, int], devices: Sequence[str]) -> dict[str, Plan]:
    """What each device does of a plan of the placed graph: the steps that touch its buffers.

    ``slots`` are bytes of the optimizer's variables on each device, which are there throughout.
    """
    homes = [where.where(buffer) for buffer in plan.buffers]
    return {device: _on(device, plan, homes, slots.get(device, 0)) for device in devices}


def _on(device: str, plan: Plan, homes: list[tuple[str, ...]], slots: int) -> Plan:
    draft = Draft()
    numbers: dict[int, int] = {}
    for number, buffer in enumerate(plan.buffers):
        if device in homes[number]:
            a_copy = buffer.role == "parameters" and homes[number][0] != device
            role = "kept" if a_copy else buffer.role
            numbers[number] = draft.add(buffer.name, role, buffer.bytes, buffer.value)
    optimizer = (draft.add("optimizer", "slots", slots),) if slots else ()
    draft.steps.append(Step("optimizer", allocates=optimizer))
    draft.steps += _touching(numbers, plan.steps)
    return draft.done()


def _touching(numbers: Mapping[int, int], steps: Sequence[Step]) -> Iterator[Step]:
    """The steps that touch these buffers, with their new numbers."""
    for step in steps:
        own = [tuple(numbers[number] for number in part if number in numbers) for part in step[1:]]
        if any(own):
            yield Step(step.name, *own)
