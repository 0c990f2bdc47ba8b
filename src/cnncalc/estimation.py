"""``estimate``: the one call that library users and the command line share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.analysis.parameters import parameters
from cnncalc.analysis.receptive_field import ReceptiveField, receptive_fields
from cnncalc.collector import collector_paused
from cnncalc.errors import NoRuleError
from cnncalc.footprints import Memory, MemoryEstimate, memory_of, untrainable
from cnncalc.graph import Graph, Node, Row
from cnncalc.model import Model
from cnncalc.ordering import OrderName, Orders, known
from cnncalc.settings import LossSpec, Settings, loss
from cnncalc.tensors import Policy, Shape, Weight, policy


class LayerEstimate(NamedTuple):
    """One layer as the user wrote it.

    ``output_shapes`` are per sample (one, but for a nested model with several outputs), those of the
    last of its ``calls``; ``macs`` and ``output_bytes`` are for one sample, over all
    calls; a nested model's are the sums of its ``parts``.
    """

    name: str
    kind: str
    output_shapes: tuple[Shape, ...]
    parameters: int
    trainable_parameters: int
    macs: int
    output_bytes: int
    receptive_field: ReceptiveField | None
    weights: tuple[Weight, ...]
    calls: int
    parts: tuple[LayerEstimate, ...]

    @property
    def output_shape(self) -> Shape | tuple[Shape, ...]:
        """The shape of the output; of each, where a nested model has several."""
        return self.output_shapes[0] if len(self.output_shapes) == 1 else self.output_shapes

    @property
    def non_trainable_parameters(self) -> int:
        return self.parameters - self.trainable_parameters


class NotIncluded(NamedTuple):
    """Something that an estimate does not say, and why."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} ({self.reason})"


@dataclass(frozen=True)
class Estimate:
    """What a model costs. Parameters and MACs are exact; each memory rule says what it is.

    ``orders``: what prediction needs in the model's order, the best and the worst, by the ideal
    rule; ``order`` is the one that ``memory["ideal"]`` is of.
    """

    model: Model
    settings: Settings
    memory: Memory = field(repr=False)
    orders: Orders = field(repr=False)
    order: OrderName = "as-written"

    @cached_property
    def answers(self) -> dict[str, MemoryEstimate]:
        """The memory rules that have an answer, by name."""
        return {rule: answer for rule in self.memory if (answer := self._answer(rule))}

    def _answer(self, rule: str) -> MemoryEstimate | None:
        try:
            return self.memory[rule]
        except NoRuleError:
            return None

    @cached_property
    def not_included(self) -> tuple[NotIncluded, ...]:
        """What the estimate does not say, each with the reason."""
        return (*_not_included(self.model.graph, self.settings), *self._missing())

    def _missing(self) -> Iterator[NotIncluded]:
        for rule in self.memory:
            try:
                answer = self.memory[rule]
            except NoRuleError as error:
                yield NotIncluded(f"{rule} memory", str(error).rstrip("."))
                continue
            if answer.missing:
                yield NotIncluded(f"{rule} training", answer.missing)
            if answer.beside:
                yield NotIncluded(f"on the device, beside the {rule} plan", answer.beside)

    @property
    def name(self) -> str:
        return self.model.name

    @cached_property
    @collector_paused()
    def layers(self) -> tuple[LayerEstimate, ...]:
        """One row per layer as the user wrote it, in run order."""
        return _Rows(self.model.graph, policy(self.settings.dtype)).rows(self.model.graph.rows)

    @cached_property
    def trainable_parameters(self) -> int:
        return parameters(self.model.graph.nodes)[0]

    @cached_property
    def non_trainable_parameters(self) -> int:
        return parameters(self.model.graph.nodes)[1]

    @property
    def parameters(self) -> int:
        return self.trainable_parameters + self.non_trainable_parameters

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates per sample, by the convention in docs/conventions.md."""
        return sum(node.facts.macs for node in self.model.graph.nodes)

    @property
    def output_bytes(self) -> int:
        """Bytes of all layers' outputs, one sample."""
        return sum(layer.output_bytes for layer in self.layers)


def estimate(
    model: Model | str | PathLike[str],
    *,
    batch_size: int | None = None,
    inference_batch_size: int | None = None,
    dtype: str | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    order: OrderName = "as-written",
    segments: Iterable[Sequence[str]] | None = None,
) -> Estimate:
    """Work out what a model costs, without running anything.

    ``model`` is a :class:`cnncalc.Model` or the path of a model file. ``batch_size`` is that of
    training, ``inference_batch_size`` that of prediction. What is None comes from the model's own
    settings, else 32, 1, "float32", "sgd", and the loss that suits the last activation. ``order``:
    in which the ideal prediction runs independent branches, "as-written", "best" or "worst".
    ``segments``: names of layers that run again in the backward pass (:func:`cnncalc.checkpoint` finds them).
    Raises :class:`cnncalc.errors.CnncalcError` for settings that cannot be.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Dense
    >>> estimate(Sequential([Dense(units=10)], input=(4,))).parameters
    50
    """
    if not isinstance(model, Model):
        from cnncalc.interop.loading import load

        model = load(model)
    settings = model.settings.changed(
        batch_size=batch_size,
        inference_batch_size=inference_batch_size,
        dtype=dtype,
        optimizer=optimizer,
        loss=loss,
        segments=None if segments is None else tuple(map(tuple, segments)),
    )
    if settings.loss is None:
        settings = settings.changed(loss=_loss_by_last_activation(model.graph))
    orders, order = Orders(model.graph, settings), known(order)
    nodes = None if order == "as-written" else lambda: orders[order].order
    memory = memory_of(model.graph, settings, nodes, _stages(model, settings))
    return Estimate(model, settings, memory, orders, order)


def _stages(model: Model, settings: Settings) -> list[tuple[range, ...]]:
    if not settings.segments:
        return []
    from cnncalc.memory.cuts import stages

    return stages(model, settings.segments)


def _not_included(graph: Graph, settings: Settings) -> tuple[NotIncluded, ...]:
    unknown = [node for node in graph.nodes if not node.layer.counted]
    found = [NotIncluded(f"layer {node.owner}", node.layer.describe()) for node in unknown]
    if untrainable(graph, settings):
        reason = "int8 has no gradients; models are trained in a float type"
        found.append(NotIncluded("textbook training", reason))
    return tuple(found)


_LOSSES = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}


def _loss_by_last_activation(graph: Graph) -> LossSpec:
    node = graph.node_of(graph.outputs[-1])
    while node and node.facts.alias == "view":
        node = graph.node_of(node.inputs[0])
    activation = node.layer.activation_name if node else ""
    return loss(_LOSSES.get(activation, "mean_squared_error"))


class _Rows:
    """Turns the graph's rows into estimates."""

    def __init__(self, graph: Graph, default: Policy) -> None:
        self.graph = graph
        self.default = default
        self.fields = receptive_fields(graph)

    def rows(self, rows: tuple[Row, ...]) -> tuple[LayerEstimate, ...]:
        return tuple(map(self.row, rows))

    def row(self, row: Row) -> LayerEstimate:
        nodes = [self.graph.nodes[index] for index in row.nodes]
        trainable, frozen = parameters(nodes)
        shapes = tuple(map(self.graph.shape, row.outputs))
        parts = self.rows(row.parts)
        return LayerEstimate(
            name=row.name,
            kind=row.kind,
            output_shapes=shapes,
            parameters=trainable + frozen,
            trainable_parameters=trainable,
            macs=sum(node.facts.macs for node in nodes),
            output_bytes=sum(part.output_bytes for part in parts)
            if row.is_model
            else self._output_bytes(row, nodes),
            receptive_field=self._field(row),
            weights=tuple(weight for node in nodes for weight in node.weights),
            calls=row.calls,
            parts=parts,
        )

    def _output_bytes(self, row: Row, nodes: list[Node]) -> int:
        """Each call's last node gives the layer's output."""
        step = len(nodes) // row.calls
        return sum(self._bytes(node) for node in nodes[step - 1 :: step])

    def _bytes(self, node: Node) -> int:
        item = (policy(node.dtype) if node.dtype else self.default).compute_bytes
        return item * prod(node.facts.output)

    def _field(self, row: Row) -> ReceptiveField | None:
        index = row.outputs[-1] - len(self.graph.inputs)
        return self.fields[index] if index >= 0 else None
