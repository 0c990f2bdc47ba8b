"""What holds of every network, whatever it is made of, by every rule; nothing here repeats a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.footprints import Footprint
from cnncalc.memory.plan import Plan
from cnncalc.memory.replay import Timeline
from tests import branching, spatial_networks
from tests.graphs import models

FIGURE = 2**18
"""Bytes from which TensorFlow's allocator is traced, and so the rule for it counts."""

MANY = st.one_of(models(), branching.networks(), spatial_networks.networks(spatial_networks.ALL))


def timelines(model: cnncalc.Model, batch: int) -> Iterator[tuple[str, Timeline]]:
    """By rule and mode, of those that have an answer."""
    estimate = cnncalc.estimate(model, batch_size=batch, inference_batch_size=batch)
    for rule, answer in estimate.answers.items():
        yield f"{rule} inference", answer.inference.timeline
        if answer.training:
            yield f"{rule} training", answer.training.timeline


@settings(max_examples=50)
@given(MANY)
def test_a_prediction_takes_no_more_than_a_training_step(model: cnncalc.Model) -> None:
    for rule, answer in cnncalc.estimate(model, batch_size=3, inference_batch_size=3).answers.items():
        if answer.training:
            assert answer.inference.total_bytes <= answer.training.total_bytes, rule


@settings(max_examples=50)
@given(MANY)
def test_bytes_are_linear_in_the_batch_where_the_plan_is_the_same(model: cnncalc.Model) -> None:
    found = [dict(timelines(model, batch)) for batch in (2, 3, 4)]
    for name in found[0]:
        two, three, four = (each[name] for each in found)
        if two.plan.steps == three.plan.steps == four.plan.steps:
            alive = zip(two.step_bytes, three.step_bytes, four.step_bytes, strict=True)
            assert all(most - more == more - least for least, more, most in alive), name


@settings(max_examples=50)
@given(MANY)
def test_the_peak_is_no_less_than_any_step_touches(model: cnncalc.Model) -> None:
    for name, timeline in timelines(model, 2):
        assert timeline.peak.bytes >= max(touched(timeline.plan)), name


def touched(plan: Plan) -> Iterator[int]:
    """Bytes of what a step reads or makes."""
    for step in plan.steps:
        yield sum(plan.buffers[number].bytes for number in {*step.reads, *step.allocates})


def prefixes(model: cnncalc.Model) -> Iterator[cnncalc.Model]:
    """The same network with its first layer, its first two, ...; what nothing reads is an output."""
    for count in range(1, len(model.layers) + 1):
        layers = model.layers[:count]
        read = {name for layer in layers for name in layer.inputs}
        ends = [name for layer in layers if (name := str(layer.name)) not in read]
        yield cnncalc.Model(input=model.inputs[0].shape, layers=layers, outputs=ends)


@given(branching.networks() | spatial_networks.networks(spatial_networks.ALL))
def test_a_further_layer_never_lowers_the_book_s_figure(model: cnncalc.Model) -> None:
    before = 0
    for grown in prefixes(model):
        training = cnncalc.estimate(grown).memory["textbook"].training
        assert training is not None
        assert before <= training.total_bytes
        before = training.total_bytes


@settings(max_examples=50)
@given(MANY, st.integers(1, 2**31 - 1), st.sampled_from(["float16", "float64", "int8", "mixed_bfloat16"]))
def test_parameters_and_macs_depend_on_neither_batch_nor_type(
    model: cnncalc.Model, batch: int, dtype: str
) -> None:
    def counted(**given: Any) -> tuple[int, int, int]:
        found = cnncalc.estimate(model, **given)
        return found.parameters, found.trainable_parameters, found.macs

    assert counted() == counted(batch_size=batch, inference_batch_size=batch, dtype=dtype)


@settings(max_examples=50)
@given(MANY)
def test_tensorflow_takes_no_less_than_a_run_without_waste(model: cnncalc.Model) -> None:
    """At a batch so large that every output is one that its allocator's trace shows.

    Of networks of which TensorFlow runs every layer (it leaves out those that do nothing, and one of two
    that do the same); of training only chains, which have one order.
    """
    estimate = cnncalc.estimate(
        model, batch_size=FIGURE, inference_batch_size=FIGURE, dtype="float32", order="best"
    )
    assume("tensorflow" in estimate.answers)
    least, taken = estimate.memory["ideal"], estimate.memory["tensorflow"]
    if runs_every_layer(model, taken.inference.timeline.plan):
        assert least.inference.total_bytes <= lowest(taken.inference)
    if least.training and taken.training and is_chain(model):
        assert least.training.total_bytes <= lowest(taken.training)


def lowest(footprint: Footprint) -> int:
    """In whatever order it runs."""
    return footprint.variables_bytes + footprint.io_bytes + footprint.step_low_bytes


def runs_every_layer(model: cnncalc.Model, plan: Plan) -> bool:
    making = {step.name for step in plan.steps if step.allocates}
    return all(node.owner in making for node in model.graph.nodes if node.facts.alias != "view")


def is_chain(model: cnncalc.Model) -> bool:
    """One image, and each node reads the one before; the last is the output."""
    graph = model.graph
    return (
        len(graph.inputs) == 1
        and all(node.inputs == (index,) for index, node in enumerate(graph.nodes))
        and graph.outputs == (len(graph.nodes),)
    )
