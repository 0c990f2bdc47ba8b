"""The best order against every order there is, on small random graphs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.graph import Graph
from cnncalc.layers import Concatenate, Conv2D, Flatten
from cnncalc.memory import ideal
from cnncalc.memory.orders import best_order
from cnncalc.memory.replay import replay
from cnncalc.tensors import policy
from tests.branching import networks
from tests.graphs import models

FLOAT = policy("float32")


def every_order(graph: Graph) -> Iterator[tuple[int, ...]]:
    """All orders in which every node runs behind what it reads."""
    inputs = len(graph.inputs)
    needs = [{value - inputs for value in node.inputs if value >= inputs} for node in graph.nodes]

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


@given(models(steps=4))
@settings(max_examples=60, deadline=None)
def test_on_layers_of_every_kind(model: cnncalc.Model) -> None:
    if len(model.graph.nodes) > 8:
        return
    least = min(peak(model.graph, order) for order in every_order(model.graph))
    assert best_order(model.graph, 1, FLOAT).peak_bytes == least


def test_the_small_branch_waits_for_the_large_one() -> None:
    def conv(name: str, filters: int, inputs: str) -> Conv2D:
        return Conv2D(filters=filters, kernel_size=1, use_bias=False, name=name, inputs=inputs)

    layers = [
        conv("narrow", 2, "input"),
        conv("wide", 8, "input"),
        conv("thin", 1, "wide"),
        Concatenate(inputs=("narrow", "thin")),
    ]
    graph = cnncalc.Model(input=(1, 1, 1), layers=layers).graph
    weights = 4 * (2 + 8 + 8)
    assert peak(graph) == weights + 4 * (2 + 8 + 1)  # narrow, wide, thin (1 + 2 + 8 before that)
    found = best_order(graph, 1, FLOAT)
    # Wide and thin come first: 1 + 8 + 1. The image must wait for narrow.
    assert found == ((1, 2, 0, 3), weights + 4 * (1 + 8 + 1), True, weights + 4 * (1 + 8 + 1))


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "densenet121", "xception"])
def test_it_is_exact_for_the_zoo(name: str) -> None:
    graph = cnncalc.load(name).graph
    found = best_order(graph, 1, FLOAT)
    assert found.exact
    assert found.peak_bytes == peak(graph, found.order) <= peak(graph)


def test_long_models_take_no_longer_than_their_length() -> None:
    layers = [Conv2D(filters=4, kernel_size=1, name=f"c{n}") for n in range(5000)]
    graph = cnncalc.Model(input=(4, 4, 4), layers=[*layers, Flatten()]).graph
    assert best_order(graph, 1, FLOAT).order == tuple(range(5001))
    assert len(replay(ideal.training(graph, 1, FLOAT)).step_bytes) < 5 * 5001
