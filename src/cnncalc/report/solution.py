"""The worked solution of a model: sections of sums, as a teacher writes them on the board.

Data only; ``report/explain.py`` writes it as plain text, Markdown or LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from cnncalc.estimation import Estimate
from cnncalc.graph import Graph, Row
from cnncalc.report.folding import Fold, folded
from cnncalc.report.memory_solution import prediction, training
from cnncalc.report.sums import Section, Sum
from cnncalc.tensors import Policy, Shape, Weight, policy
from cnncalc.units import bytes_text, shape_text


def solution(estimate: Estimate) -> Iterator[Section]:
    """Sections in the order in which they are read: the layers, the totals, the memory."""
    if estimate.model.source:
        yield Section(estimate.name, f"{estimate.model.source}.")
    board = _Board(estimate.model.graph, policy(estimate.settings.dtype))
    yield from board.sections(board.graph.rows, 0)
    yield _totals(estimate)
    yield prediction(estimate)
    yield from training(estimate)


def _totals(estimate: Estimate) -> Section:
    owners = [layer for layer in estimate.layers if layer.parameters]
    workers = [layer for layer in estimate.layers if layer.macs]
    rows = [
        Sum("parameters", _plus([layer.parameters for layer in owners]), f"{estimate.parameters:,}"),
        Sum("MACs", _plus([layer.macs for layer in workers]), f"{estimate.macs:,}", "for one image"),
    ]
    if estimate.non_trainable_parameters:
        rows.insert(1, Sum("of them trained", "", f"{estimate.trainable_parameters:,}"))
    return Section("All layers together", sums=tuple(rows))


def _plus(terms: list[int]) -> str:
    return " + ".join(f"{term:,}" for term in terms) if 1 < len(terms) <= 6 else ""


@dataclass(slots=True)
class _Board:
    graph: Graph
    default: Policy
    explained: set[int] = field(default_factory=set)

    def sections(self, rows: tuple[Row, ...], depth: int) -> Iterator[Section]:
        for fold in folded(rows, self.signature):
            if fold.times > 1:
                yield self.repeated(fold, depth)
            for row in fold.rows:
                yield from self.row(row, depth)

    def repeated(self, fold: Fold[Row], depth: int) -> Section:
        count = len(fold.rows)
        layers = "This layer" if count == 1 else f"These {count} layers"
        names = f"{fold.first.name} to {fold.last.name}"
        text = f"{layers} stand {fold.times} times, one behind the other ({names}); worked out once."
        return Section("", text.replace("This layer stand", "This layer stands"), depth=depth)

    def signature(self, row: Row) -> object:
        """What two layers have in common that are worked out alike."""
        nodes = [self.graph.nodes[index] for index in row.nodes]
        settings = tuple(
            sorted((key, str(value)) for key, value in row.layer.changed_settings().items() if key != "model")
        )
        shapes = tuple(tuple(map(self.graph.shape, node.inputs)) for node in nodes)
        return row.kind, settings, shapes, tuple(node.facts for node in nodes), row.layer.trainable

    def row(self, row: Row, depth: int) -> Iterator[Section]:
        if row.is_model:
            yield Section(row.name, f"a model of {len(row.parts)} layers{_called(row)}", depth=depth)
            yield from self.sections(row.parts, depth + 1)
            return
        phrase = row.layer.describe(*self.input_shapes(row)) + _called(row)
        yield Section(row.name, phrase, tuple(self.sums(row)), depth)

    def input_shapes(self, row: Row) -> tuple[Shape, ...]:
        return tuple(map(self.graph.shape, self.graph.nodes[row.nodes[0]].inputs))

    def sums(self, row: Row) -> Iterator[Sum]:
        working = [part for part in row.parts or (row,) if self.works(part)]
        labelled = [(part, f", {part.name}" if len(working) > 1 else "") for part in working]
        for part, of in labelled:
            yield from self.parameters(part, of)
        yield from self.output(row)
        for part, of in labelled:
            yield from self.macs(part, of)
        yield from self.bytes(row)

    def works(self, row: Row) -> bool:
        facts = self.graph.nodes[row.nodes[0]].facts
        return bool(facts.weights or facts.macs)

    def parameters(self, row: Row, of: str) -> Iterator[Sum]:
        weights = [weight for index in row.nodes for weight in self.graph.nodes[index].weights]
        if weights:
            total = sum(weight.size for weight in weights)
            note = parameter_note(weights, row.layer.unit)
            yield Sum(f"parameters{of}", parameter_sum(weights), f"{total:,}", note)

    def output(self, row: Row) -> Iterator[Sum]:
        shape = self.graph.shape(row.outputs[-1])
        shapes = self.input_shapes(row)
        how = row.layer.output_sum(*shapes)
        same = "as its input" if len(shapes) == 1 and shapes[0] == shape and not how else ""
        text = shape_text(shape)
        yield Sum("output", how if how != text else "", text, same)

    def macs(self, row: Row, of: str) -> Iterator[Sum]:
        node = self.graph.nodes[row.nodes[0]]
        if not node.facts.macs:
            return
        kernel = max((weight.size for weight in node.facts.weights), default=0)
        positions, rest = divmod(node.facts.macs, kernel) if kernel else (0, 1)
        how = f"{positions:,} · {kernel:,}" if positions > 1 and not rest else ""
        note = "positions x the products at each" if how else ""
        yield Sum(f"MACs{of}", how, f"{node.facts.macs:,}", note)

    def bytes(self, row: Row) -> Iterator[Sum]:
        last = self.graph.nodes[row.nodes[-1]]
        item = (policy(last.dtype) if last.dtype else self.default).compute_bytes
        shape = last.facts.output
        size = item * prod(shape)
        alias = {"view": "the input's memory, seen otherwise", "overwrite": "may overwrite its input"}
        note = bytes_text(size)
        if not row.parts and last.facts.alias:
            note = f"{note}; {alias[last.facts.alias]}"
        yield Sum("bytes", " · ".join(map(str, (item, *shape))), f"{size:,}", note)


def _called(row: Row) -> str:
    return f", called {row.calls} times with the same weights" if row.calls > 1 else ""


def parameter_sum(weights: list[Weight]) -> str:
    """The sum of a layer's parameters with its numbers.

    >>> parameter_sum([Weight("kernel", (3, 3, 3, 100)), Weight("bias", (100,))])
    '(3 · 3 · 3 + 1) · 100'
    >>> parameter_sum([Weight("gamma", (64,)), Weight("beta", (64,))])
    '2 · 64'
    """
    if _kernel_and_bias(weights):
        *each, count = weights[0].shape
        return f"({_times(each)} + 1) · {count}"
    if len(weights) > 1 and len({weight.shape for weight in weights}) == 1:
        return f"{len(weights)} · {_times(weights[0].shape)}"
    return " + ".join(_times(weight.shape) for weight in weights)


def _times(shape: Shape | list[int]) -> str:
    return " · ".join(map(str, shape)) or "1"


def _kernel_and_bias(weights: list[Weight]) -> bool:
    if len(weights) != 2 or len(weights[0].shape) < 2:
        return False
    return weights[1].shape == weights[0].shape[-1:]


def parameter_note(weights: list[Weight], unit: str) -> str:
    """What the numbers of a parameter sum are.

    >>> parameter_note([Weight("kernel", (3, 3, 3, 100)), Weight("bias", (100,))], "filter")
    '27 weights and 1 bias for each of 100 filters'
    """
    if not any(weight.trainable for weight in weights):
        return f"{_names(weights)}; not trained"
    if _kernel_and_bias(weights) and unit:
        *each, count = weights[0].shape
        return f"{prod(each):,} weights and 1 bias for each of {count} {unit}s"
    still = [weight for weight in weights if not weight.trainable]
    return f"{_names(weights)}; {_names(still)} not trained" if still else _names(weights)


def _names(weights: list[Weight]) -> str:
    return ", ".join(weight.name for weight in weights)
