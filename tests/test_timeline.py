"""A timeline as arrays: bytes by step, and from when to when each buffer is there."""

from __future__ import annotations

import numpy as np
import pytest

import cnncalc
from cnncalc.footprints import Footprint
from cnncalc.memory.plan import Buffer, Plan, Step
from cnncalc.memory.replay import replay


def footprint(rule: str, name: str) -> Footprint:
    found = cnncalc.estimate(name).memory[rule].training
    assert found is not None
    return found


def test_each_buffer_has_its_owner_and_its_time() -> None:
    steps = (Step("conv", (1,)), Step("relu", (0,), (1,), (1,)), Step("again", (1,), (0,)))
    timeline = replay(Plan((Buffer("relu", "outputs", 8), Buffer("conv", "kept", 5)), steps))
    assert timeline.bytes.dtype == np.int64
    assert timeline.bytes.tolist() == [5, 5 + 8, 8 + 5]
    assert timeline.buffers.tolist() == [
        (1, "conv", "kept", 5, 0, 2),  # alive in steps 0 and 1
        (0, "relu", "outputs", 8, 1, 3),  # never freed: there are 3 steps
        (1, "conv", "kept", 5, 2, 3),
    ]


@pytest.mark.parametrize("rule", ["textbook", "ideal", "tensorflow"])
@pytest.mark.parametrize("name", ["geron_exercise", "resnet50", "inception_v3"])
def test_the_buffers_alive_add_up_at_every_step(rule: str, name: str) -> None:
    timeline = footprint(rule, name).timeline
    change = np.zeros(len(timeline.bytes) + 1, np.int64)
    np.add.at(change, timeline.buffers["allocated"], timeline.buffers["bytes"])
    np.add.at(change, timeline.buffers["freed"], -timeline.buffers["bytes"])
    assert change.cumsum()[:-1].tolist() == timeline.bytes.tolist()


def test_the_peak_is_where_the_array_has_its_maximum() -> None:
    timeline = footprint("tensorflow", "resnet50").timeline
    step = int(timeline.bytes.argmax())
    alive = timeline.buffers[(timeline.buffers["allocated"] <= step) & (step < timeline.buffers["freed"])]
    assert sorted(alive["owner"].tolist()) == sorted(buffer.name for buffer in timeline.peak.buffers)
