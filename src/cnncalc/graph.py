"""A model resolved: its nodes in run order, each with the facts of its layer.

Compositions and nested models are taken apart into primitive nodes; rows remember how the user
wrote them. Values are numbered: first the model's inputs, then the output of each node.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.collector import collector_paused
from cnncalc.errors import GraphError, Problem, ShapeError
from cnncalc.layers.base import Layer, Part
from cnncalc.layers.facts import Facts
from cnncalc.linking import Link, Scope
from cnncalc.model import Input, Model, Nested
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text


class Node(NamedTuple):
    """One primitive step of the run.

    ``owner`` is the layer as the user wrote it, ``name`` the step: the same but for a part of a
    composition. ``inputs`` are numbers of values. ``weights`` are those that this node brings into the model:
    none where it calls a layer again; not trainable where the layer is frozen. ``trainable`` says
    that neither the layer nor a model around it is frozen. ``device`` is the one that the call names, else
    its layer, else the nearest model around it; None where none does.
    """

    name: str
    owner: str
    layer: Layer
    inputs: tuple[int, ...]
    facts: Facts
    weights: tuple[Weight, ...]
    dtype: str | None
    trainable: bool = True
    device: str | None = None


class Row(NamedTuple):
    """A layer as the user wrote it, and the nodes that it runs as, over all of its calls.

    ``outputs`` are the values that its last call gives; ``parts`` the pieces of a composition or
    the rows of a nested model.
    """

    name: str
    layer: Layer
    nodes: tuple[int, ...]
    outputs: tuple[int, ...]
    calls: int
    parts: tuple[Row, ...]

    @property
    def kind(self) -> str:
        return self.layer.kind

    @property
    def is_model(self) -> bool:
        """Whether the layer is a whole model, so that its sums run over its parts."""
        return isinstance(self.layer, Nested)


class Graph(NamedTuple):
    """Nodes in run order. Value ``v`` is input ``v``, or the output of node ``v - len(inputs)``.

    ``readers`` holds for each value the nodes that read it, in run order.
    """

    name: str
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    rows: tuple[Row, ...]
    readers: tuple[tuple[int, ...], ...]

    def value_of(self, node: int) -> int:
        """The number of the value that a node computes."""
        return node + len(self.inputs)

    def node_of(self, value: int) -> Node | None:
        """The node that computes a value; None for an input of the model."""
        index = value - len(self.inputs)
        return self.nodes[index] if index >= 0 else None

    def shape(self, value: int) -> Shape:
        """The shape of a value, per sample."""
        node = self.node_of(value)
        return node.facts.output if node else self.inputs[value].shape

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        return tuple(map(self.shape, self.outputs))


@collector_paused()
def resolve(model: Model) -> Graph:
    """Order the layers, work out every shape, and link rows to nodes.

    Raises GraphError with every independent mistake: names that are not there or given twice,
    cycles, layers that nothing reads, shapes that a layer cannot take.
    """
    problems: list[Problem] = []
    run = _Run(Scope(model, (), problems), [item.shape for item in model.inputs])
    outputs = run.call_model(run.scope, tuple(range(len(model.inputs))), _Context())
    if problems:
        raise GraphError(problems)
    nodes = tuple(run.nodes)
    return Graph(model.name, model.inputs, nodes, tuple(outputs), run.rows(run.scope), _readers(run))


def _readers(run: _Run) -> tuple[tuple[int, ...], ...]:
    found: list[list[int]] = [[] for _ in run.shapes]
    for index, node in enumerate(run.nodes):
        for value in dict.fromkeys(node.inputs):
            found[value].append(index)
    return tuple(map(tuple, found))


class _Context(NamedTuple):
    """What the enclosing models impose on a layer."""

    name: str = ""
    trainable: bool = True
    dtype: str | None = None
    device: str | None = None

    def inside(self, name: str, layer: Layer, call: Layer) -> _Context:
        """The context of what a layer runs as; ``call`` is the layer itself, or what calls it again."""
        full = f"{self.name}/{name}" if self.name else name
        device = call.device or layer.device or self.device
        return _Context(full, self.trainable and layer.trainable, layer.dtype or self.dtype, device)


class _Record:
    """What the calls of one layer have left so far, and the parts that it is composed of."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.calls = 0
        self.nodes: list[int] = []
        self.outputs: list[int] = []
        self.weights: list[tuple[Weight, ...]] = []


class _Run:
    """Runs scopes on shapes alone: appends nodes, and notes what each layer's calls have left."""

    def __init__(self, scope: Scope, inputs: list[Shape]) -> None:
        self.scope = scope
        self.shapes = list(inputs)
        self.first_node = len(inputs)
        self.nodes: list[Node] = []
        self.records: dict[tuple[int, int], _Record] = {}

    def call_model(self, scope: Scope, inputs: tuple[int, ...], context: _Context) -> list[int]:
        """The values of the model's outputs; fewer where a mistake leaves them unknown."""
        values: dict[int, list[int]] = {}
        for index in scope.order:
            given = [self._value(scope, index, link, values, inputs) for link in scope.links[index]]
            known = tuple(value for value in given if value is not None)
            complete = known and len(known) == len(given) and index not in scope.wrong
            values[index] = self._call(scope, index, known, context) if complete else []
        found = [self._value(scope, None, link, values, inputs) for link in scope.outputs]
        return [value for value in found if value is not None]

    def _value(
        self,
        scope: Scope,
        reader: int | None,
        link: Link,
        values: dict[int, list[int]],
        inputs: tuple[int, ...],
    ) -> int | None:
        if link.layer is None:
            return inputs[link.output or 0]
        outputs = values.get(link.layer, [])
        if link.output is None and len(outputs) > 1 and reader is not None:
            owner = scope.names[link.layer]
            names = ", ".join(f"{owner}.{name}" for name in scope.output_names(link.layer))
            scope.problem(reader, f"say which output of {owner} it reads: {names}.")
            return None
        return outputs[link.output or 0] if outputs else None

    def _call(self, scope: Scope, index: int, inputs: tuple[int, ...], context: _Context) -> list[int]:
        target = scope.called(index)
        layer = scope.model.layers[target]
        record = self.records.get((id(scope), target))
        if record is None:
            record = self.records[id(scope), target] = _Record(layer.parts())
        first = len(self.nodes)
        inner = context.inside(scope.names[index], layer, scope.model.layers[index])
        try:
            record.outputs = self._apply(scope, target, record, inputs, inner)
        except ShapeError as error:
            scope.problem(index, str(error))
            return []
        record.calls += 1
        record.nodes += range(first, len(self.nodes))
        return record.outputs

    def _apply(
        self, scope: Scope, target: int, record: _Record, inputs: tuple[int, ...], context: _Context
    ) -> list[int]:
        layer = scope.model.layers[target]
        if isinstance(layer, Nested):
            return self._apply_model(layer.model, scope.inner.get(target), inputs, context)
        _check_arity(layer, len(inputs))
        for number, part in enumerate(record.parts or (Part("", layer),)):
            inputs = (self._append(part, number, record, inputs, context),)
        return list(inputs)

    def _apply_model(
        self, model: Model, scope: Scope | None, inputs: tuple[int, ...], context: _Context
    ) -> list[int]:
        wanted = tuple(item.shape for item in model.inputs)
        found = tuple(self.shapes[value] for value in inputs)
        if wanted != found:
            raise ShapeError(f"the model takes {_shapes_text(wanted)}, found {_shapes_text(found)}.")
        return self.call_model(scope, inputs, context) if scope else []

    def _append(
        self, part: Part, number: int, record: _Record, inputs: tuple[int, ...], context: _Context
    ) -> int:
        facts = part.layer.facts(*(self.shapes[value] for value in inputs))
        if record.calls == 0:
            record.weights.append(facts.weights)
        elif record.weights[number] != facts.weights:
            raise ShapeError(_clash(record.weights[number], facts.weights))
        weights = _owned(part, facts, context) if record.calls == 0 else ()
        name = f"{context.name}/{part.name}" if part.name else context.name
        _, trainable, dtype, device = context
        self.nodes.append(
            Node(name, context.name, part.layer, inputs, facts, weights, dtype, trainable, device)
        )
        self.shapes.append(facts.output)
        return len(self.shapes) - 1

    def rows(self, scope: Scope) -> tuple[Row, ...]:
        """One row per layer, in the order of each layer's last call."""
        numbers = range(len(scope.names))
        found = [(index, self.records.get((id(scope), index))) for index in numbers]
        rows = [self._row(scope, index, record) for index, record in found if record]
        return tuple(sorted(rows, key=lambda row: row.nodes[-1]))

    def _row(self, scope: Scope, index: int, record: _Record) -> Row:
        layer = scope.model.layers[index]
        nodes = tuple(record.nodes)
        inner = scope.inner.get(index)
        parts = self.rows(inner) if inner else self._part_rows(record.parts, nodes)
        return Row(scope.names[index], layer, nodes, tuple(record.outputs), record.calls, parts)

    def _part_rows(self, parts: tuple[Part, ...], nodes: tuple[int, ...]) -> tuple[Row, ...]:
        return tuple(
            Row(part.name, part.layer, own, (own[-1] + self.first_node,), len(own), ())
            for number, part in enumerate(parts)
            for own in [nodes[number :: len(parts)]]
        )


def _check_arity(layer: Layer, count: int) -> None:
    least, most = layer.arity
    if least <= count <= most:
        return
    wanted = str(least) if least == most else f"at least {least}" if count < least else f"at most {most}"
    raise ShapeError(f"takes {wanted} {'input' if wanted == '1' else 'inputs'}, found {count}.")


def _clash(made: tuple[Weight, ...], wanted: tuple[Weight, ...]) -> str:
    have, need = (
        ", ".join(f"{weight.name} {shape_text(weight.shape)}" for weight in weights)
        for weights in (made, wanted)
    )
    return f"its weights are {have} since its first call; this call needs {need}."


def _owned(part: Part, facts: Facts, context: _Context) -> tuple[Weight, ...]:
    return tuple(
        Weight(
            part.weight_names.get(weight.name, weight.name),
            weight.shape,
            weight.trainable and context.trainable,
        )
        for weight in facts.weights
    )


def _shapes_text(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(shape_text, shapes)) or "nothing"
