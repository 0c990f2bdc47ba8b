"""The best and the worst order against every order there is, on small random graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.graph import Graph
from cnncalc.layers import Concatenate, Conv2D, Flatten
from cnncalc.memory import ideal
from cnncalc.memory.control import control_dependencies
from cnncalc.memory.orders import BestOrder, best_order
from cnncalc.memory.replay import replay
from cnncalc.memory.worst_order import worst_order
from cnncalc.tensors import policy
from tests.branching import networks
from tests.graphs import models

FLOAT = policy("float32")


def every_order(graph: Graph, waits: Iterable[tuple[int, int]] = ()) -> Iterator[tuple[int, ...]]:
    """All orders in which every node runs behind what it reads, and behind what it waits for."""
    inputs = len(graph.inputs)
    needs = [{value - inputs for value in node.inputs if value >= inputs} for node in graph.nodes]
    for step, after in waits:
        needs[step].add(after)

    def behind(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(needs):
            yield done
        for index, needed in enumerate(needs):
            if index not in done and needed <= {*done}:
                yield from behind((*done, index))

    return behind(())


def peak(graph: Graph, order: tuple[int, ...] | None = None) -> int:
    return replay(ideal.prediction(graph, 1, FLOAT, order)).peak.bytes


@given(networks())
@settings(max_examples=150, deadline=None)
def test_no_order_is_better(model: cnncalc.Model) -> None:
    least = min(peak(model.graph, order) for order in every_order(model.graph))
    found = best_order(model.graph, 1, FLOAT)
    assert found.exact
    assert found.peak_bytes == found.lower_bound_bytes == least == peak(model.graph, found.order)


@given(networks(), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_with_too_much_to_look_at_it_gives_bounds(model: cnncalc.Model, limit: int) -> None:
    least = min(peak(model.graph, order) for order in every_order(model.graph))
    found = best_order(model.graph, 1, FLOAT, limit)
    assert found.lower_bound_bytes <= least <= found.peak_bytes == peak(model.graph, found.order)
    assert found.exact == (found.lower_bound_bytes == found.peak_bytes)


@given(networks())
@settings(max_examples=150, deadline=None)
def test_no_order_is_worse(model: cnncalc.Model) -> None:
    most = max(peak(model.graph, order) for order in every_order(model.graph))
    found = worst_order(model.graph, 1, FLOAT)
    assert found.exact
    assert found.peak_bytes == found.upper_bound_bytes == most == peak(model.graph, found.order)


@given(networks(), st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_a_search_that_is_cut_off_bounds_the_worst(model: cnncalc.Model, limit: int) -> None:
    most = max(peak(model.graph, order) for order in every_order(model.graph))
    found = worst_order(model.graph, 1, FLOAT, limit)
    assert found.upper_bound_bytes >= most >= found.peak_bytes == peak(model.graph, found.order)
    assert found.exact == (found.upper_bound_bytes == found.peak_bytes)


@given(networks())
@settings(max_examples=150, deadline=None)
def test_control_dependencies_leave_no_order_above_the_best(model: cnncalc.Model) -> None:
    graph, best = model.graph, best_order(model.graph, 1, FLOAT)
    waits = control_dependencies(graph, 1, FLOAT, best.order, best.peak_bytes)
    orders = [*every_order(graph, waits)]
    assert best.order in orders
    assert {peak(graph, order) for order in orders} == {best.peak_bytes}


@given(networks())
@settings(max_examples=100, deadline=None)
def test_where_every_order_needs_as_much_nothing_waits(model: cnncalc.Model) -> None:
    graph, best = model.graph, best_order(model.graph, 1, FLOAT)
    waits = control_dependencies(graph, 1, FLOAT, best.order, best.peak_bytes)
    peaks = {peak(graph, order) for order in every_order(graph)}
    assert bool(waits) == (len(peaks) > 1)


@given(models(steps=4))
@settings(max_examples=60, deadline=None)
def test_on_layers_of_every_kind(model: cnncalc.Model) -> None:
    if len(model.graph.nodes) > 8:
        return
    peaks = [peak(model.graph, order) for order in every_order(model.graph)]
    assert best_order(model.graph, 1, FLOAT).peak_bytes == min(peaks)
    assert worst_order(model.graph, 1, FLOAT).peak_bytes == max(peaks)


def branches() -> Graph:
    """A narrow branch beside a wide one that ends thin: 2 values, and 8 then 1."""

    def conv(name: str, filters: int, inputs: str) -> Conv2D:
        return Conv2D(filters=filters, kernel_size=1, use_bias=False, name=name, inputs=inputs)

    layers = [
        conv("narrow", 2, "input"),
        conv("wide", 8, "input"),
        conv("thin", 1, "wide"),
        Concatenate(inputs=("narrow", "thin")),
    ]
    return cnncalc.Model(input=(1, 1, 1), layers=layers).graph


WEIGHTS = 4 * (2 + 8 + 8)


def test_the_small_branch_waits_for_the_large_one() -> None:
    graph = branches()
    assert peak(graph) == WEIGHTS + 4 * (2 + 8 + 1)  # narrow, wide, thin (1 + 2 + 8 before that)
    found = best_order(graph, 1, FLOAT)
    # Wide and thin come first: 1 + 8 + 1. The image must wait for narrow.
    needed = WEIGHTS + 4 * (1 + 8 + 1)
    assert found == BestOrder((1, 2, 0, 3), needed, exact=True, lower_bound_bytes=needed)
    waits = control_dependencies(graph, 1, FLOAT, found.order, found.peak_bytes)
    assert waits == ((0, 2),)  # narrow waits for thin


def test_the_worst_has_the_most_at_once() -> None:
    found = worst_order(branches(), 1, FLOAT)
    assert (found.peak_bytes, found.exact) == (WEIGHTS + 4 * (2 + 8 + 1), True)


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "densenet121", "xception"])
def test_it_is_exact_for_the_zoo(name: str) -> None:
    graph = cnncalc.load(name).graph
    found = best_order(graph, 1, FLOAT)
    assert found.exact
    assert found.peak_bytes == peak(graph, found.order) <= peak(graph)
    worst = worst_order(graph, 1, FLOAT)
    assert worst.exact
    assert worst.peak_bytes == peak(graph, worst.order) >= peak(graph)


def test_a_network_without_a_cut_has_bounds() -> None:
    graph = cnncalc.load(Path(__file__).parents[1] / "benchmarks/accuracy/models/nasnet_mobile.yaml").graph
    best, worst = best_order(graph, 1, FLOAT), worst_order(graph, 1, FLOAT)
    assert (best.exact, worst.exact) == (False, False)
    assert best.lower_bound_bytes < best.peak_bytes <= peak(graph)
    assert worst.upper_bound_bytes > worst.peak_bytes >= peak(graph)


def test_long_models_take_no_longer_than_their_length() -> None:
    layers = [Conv2D(filters=4, kernel_size=1, name=f"c{n}") for n in range(5000)]
    graph = cnncalc.Model(input=(4, 4, 4), layers=[*layers, Flatten()]).graph
    assert best_order(graph, 1, FLOAT).order == tuple(range(5001))
    assert worst_order(graph, 1, FLOAT).exact
    assert len(replay(ideal.training(graph, 1, FLOAT)).step_bytes) < 5 * 5001
