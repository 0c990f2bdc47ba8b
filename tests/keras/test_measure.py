"""Measured anew, live: what TensorFlow allocates beside the estimate, so that drift shows."""

from __future__ import annotations

import pytest

import cnncalc
from benchmarks.accuracy.random_graphs import random_model
from cnncalc.measuring.measurement import Measurement

PREDICTED = ("geron_exercise", "lenet5", "resnet8", "ds_cnn", "mobilenet_v1_025_96")
TRAINED = (("geron_exercise", 8), ("lenet5", 512), ("resnet8", 64))


def step_bytes(found: Measurement) -> int:
    answer = found.estimate.memory["tensorflow"]
    footprint = answer.training if found.mode == "training" else answer.inference
    assert footprint is not None
    assert footprint.variables_bytes == found.variables_bytes
    assert footprint.io_bytes == found.facts.io_bytes
    return footprint.step_bytes


@pytest.mark.parametrize("name", PREDICTED)
def test_a_prediction_takes_what_is_estimated(name: str) -> None:
    found = cnncalc.measure(name, mode="inference", batch_size=64, compilations=1)
    assert [run.step_bytes for run in found.runs] == [step_bytes(found)]


@pytest.mark.parametrize(("name", "batch_size"), TRAINED)
def test_a_training_step_takes_what_is_estimated(name: str, batch_size: int) -> None:
    """The estimate is one of the values that fresh compilations take."""
    found = cnncalc.measure(name, batch_size=batch_size, compilations=4)
    assert step_bytes(found) in [run.step_bytes for run in found.runs]
    assert all(run.left_bytes == 0 for run in found.runs)


@pytest.mark.parametrize("number", [3, 5])
def test_random_networks(number: int) -> None:
    found = cnncalc.measure(random_model(number), batch_size=16, compilations=4)
    assert step_bytes(found) in [run.step_bytes for run in found.runs]


def test_the_buffers_at_the_peak_add_up() -> None:
    found = cnncalc.measure("geron_exercise", mode="inference", batch_size=4, compilations=1, timeline=True)
    (run,) = found.runs
    assert sum(size for _, size, _ in run.buffers) == run.step_bytes
    assert max(total for total, _ in run.timeline) == run.step_bytes
