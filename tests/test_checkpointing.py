"""Segments run again: the plans, against every choice of segments there is, on small networks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import Add, BatchNormalization, Conv2D, MaxPooling2D, ReLU
from cnncalc.layers.base import Layer
from cnncalc.memory.checkpointing import Checkpointing
from cnncalc.memory.replay import replay
from cnncalc.tensors import policy
from tests.branching import networks
from tests.graphs import models

FLOAT = policy("float32")
IMAGE = 4 * 8 * 8 * 2
"""Bytes of an image of 8 x 8 x 2, and of every output of ``conv``."""
KERNEL = 4 * 2 * 2
"""Bytes of the parameters of every ``conv``, and of their gradient."""
MACS = 8 * 8 * 2 * 2


def conv(name: str, **more: Any) -> Conv2D:
    return Conv2D(filters=2, kernel_size=1, use_bias=False, name=name, **more)


def step(model: cnncalc.Model, batch: int = 1) -> Checkpointing:
    return Checkpointing(model, batch, FLOAT)


def every_choice(found: Checkpointing) -> Iterator[tuple[int, int, int]]:
    """Peak, MACs and number of segments of all: each cut is used or not, each piece runs again or not."""
    count = len(found.blocks)
    for used in product([False, True], repeat=count - 1):
        cuts = [0, *(number + 1 for number, one in enumerate(used) if one), count]
        pieces = [
            range(found.blocks[a].nodes.start, found.blocks[b - 1].nodes.stop) for a, b in pairwise(cuts)
        ]
        for again in product([False, True], repeat=len(pieces) - 1):
            chosen = [piece for piece, one in zip(pieces, again, strict=False) if one]
            for schedule in found.schedules:
                if chosen and chosen[-1].stop > schedule.blocks[-1].nodes.start:
                    continue  # from the first gradient that is put off on nothing runs again
                plan = found.plan(chosen, schedule.put_off)
                yield replay(plan).peak.bytes, macs(found, plan), len(chosen)


def macs(found: Checkpointing, plan: Any) -> int:
    """Of the steps that the plan itself calls so."""
    names = {f"{node.owner} again": node.facts.macs for node in found.graph.nodes}
    return sum(names.get(one.name, 0) for one in plan.steps)


def check_against_every_choice(model: cnncalc.Model, batch: int) -> None:
    found = step(model, batch)
    choices = list(every_choice(found))
    for peak, cost, number in choices:
        within = found.within(peak)
        assert within is not None
        assert within.recomputed_macs <= cost
        assert found.with_segments(number).peak_bytes <= peak
    assert found.with_segments(0).peak_bytes == found.chosen(()).peak_bytes >= found.curve[-1].peak_bytes
    for choice in found.curve:
        nodes = [segment.nodes for segment in choice.segments]
        plan = found.plan(nodes, choice.put_off)
        assert replay(plan).peak.bytes == choice.peak_bytes
        assert macs(found, plan) == choice.recomputed_macs


@st.composite
def chains(draw: st.DrawFn) -> cnncalc.Model:
    """Layers one behind the other, some of them with a residual around, widths that differ."""
    width = draw(st.integers(1, 6))
    layers: list[Layer] = [Conv2D(filters=width, kernel_size=1, name="x0")]
    for number in range(1, draw(st.integers(3, 6))):
        name, before = f"x{number}", f"x{number - 1}"
        kind = draw(st.sampled_from(["conv", "conv", "wide", "relu", "norm", "pool", "skip"]))
        if kind in ("conv", "wide"):
            width = draw(st.integers(1, 9)) if kind == "wide" else width
            layers.append(Conv2D(filters=width, kernel_size=3, padding="same", name=name, inputs=before))
        elif kind == "skip":
            layers.append(Conv2D(filters=width, kernel_size=1, name=name + "a", inputs=before))
            layers.append(ReLU(name=name + "b", inputs=name + "a"))
            layers.append(Add(name=name, inputs=(before, name + "b")))
        else:
            made = {"relu": ReLU, "norm": BatchNormalization, "pool": MaxPooling2D}[kind]
            more = {"pool_size": 2, "padding": "same"} if kind == "pool" else {}
            layers.append(made(name=name, inputs=before, **more))
    return cnncalc.Model(input=(8, 8, 2), layers=layers)


@given(chains(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_no_choice_of_segments_is_better(model: cnncalc.Model, batch: int) -> None:
    check_against_every_choice(model, batch)


@given(networks())
@settings(max_examples=60, deadline=None)
def test_in_networks_that_branch(model: cnncalc.Model) -> None:
    check_against_every_choice(model, 2)


@given(models(steps=5))
@settings(max_examples=100, deadline=None)
def test_on_layers_of_every_kind(model: cnncalc.Model) -> None:
    assume(len(step(model).blocks) <= 6)
    check_against_every_choice(model, 1)


def test_a_start_with_several_images_is_in_no_segment() -> None:
    layers = [
        conv("left", inputs="one"),
        conv("right", inputs="other"),
        Add(inputs=("left", "right"), name="sum"),
        *(conv(f"x{number}") for number in range(4)),
    ]
    model = cnncalc.Model(inputs={"one": (8, 8, 2), "other": (8, 8, 2)}, layers=layers)
    check_against_every_choice(model, 2)
    assert step(model).blocks[0].layers == ("left", "right", "sum")
    assert not any("sum" in segment.layers for choice in step(model).curve for segment in choice.segments)
