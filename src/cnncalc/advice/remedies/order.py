"""Another order of branches: what takes much memory runs when it is needed, not before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.advice.edits import linked, outputs_of, rebuilt
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Question, Remedy
from cnncalc.errors import GraphError, NoRuleError
from cnncalc.linking import Scope
from cnncalc.model import Call, Model
from cnncalc.ordering import Orders


def better_order(question: Question) -> Iterator[Remedy]:
    """The layers of a prediction in the best order of the ideal rule, which control dependencies keep.

    Raises NoRuleError for another rule where it would save something: TensorFlow's executor has an order of
    its own, and the book's sum has none.
    """
    if question.mode == "training":
        return
    orders = Orders(question.model.graph, question.settings)
    if orders.best.peak_bytes >= orders.as_written.peak_bytes:
        return
    if question.rule != "ideal":
        raise NoRuleError(f"the rule {question.rule} follows no order that is asked for; ideal does.")
    count = len(orders.best.control_dependencies)
    yield from question.remedy(
        "order",
        "the branches in their best order",
        _reordered,
        f"{count} control dependenc{'y keeps' if count == 1 else 'ies keep'} a run to it",
    )


def _reordered(run: Run) -> Run:
    best = Orders(run.model.graph, run.settings).best
    return run._replace(model=in_order(run.model, best.order))


def in_order(model: Model, order: Sequence[int]) -> Model:
    """The model with its layers written in the order in which these nodes end.

    Raises GraphError where a layer is called more than once, which has no one place.
    """
    scope = Scope(model, (), [])
    if any(isinstance(layer, Call) for layer in model.layers):
        raise GraphError([])
    places = {node: place for place, node in enumerate(order)}
    ends = {row.name: max(places[node] for node in row.nodes) for row in model.graph.rows}
    numbers = sorted(range(len(scope.names)), key=lambda index: ends[scope.names[index]])
    return rebuilt(model, layers=linked(scope, numbers, scope.links), outputs=outputs_of(scope))
