"""The least time of a step on a device, and the measured steps beside it."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import achieved, layers
from cnncalc.achieved import Achieved
from cnncalc.devices import Device, PeakRates, load_device, rated_names
from cnncalc.errors import CnncalcError
from cnncalc.timing import timed
from tests.graphs import models

EXERCISE = str(Path(__file__).parents[1] / "examples" / "geron_exercise.yaml")


def device(operations_per_s: dict[str, int], bytes_per_s: int) -> Device:
    """One of our own, as its file would say."""
    peak = PeakRates(
        sources=("https://example.org",), operations_per_s=operations_per_s, bytes_per_s=bytes_per_s
    )
    about = load_device("t4").model_dump() | {"id": "own", "name": "A board", "xla": None}
    return Device(**about | {"peak": peak})


def dense(**given: Any) -> cnncalc.Model:
    """10 inputs to 20 units to 5: 200 and 100 MACs, 220 and 105 weights."""
    stack = [layers.Dense(units=20, name="a"), layers.Dense(units=5, name="b", **given)]
    return cnncalc.Sequential(stack, input=(10,))


def test_the_larger_of_both_times_binds() -> None:
    estimate = cnncalc.estimate(dense(), inference_batch_size=10, batch_size=4)
    slow_to_multiply = cnncalc.time_bound(estimate, device({"float32": 2000}, 10**6)).inference
    assert slow_to_multiply.macs_s == 10 * 300 / 1000  # a MAC is two operations
    moved = 4 * (220 + 105 + 10 * 10 + 10 * 5)
    assert slow_to_multiply.bytes_s == moved / 10**6
    assert (slow_to_multiply.seconds, slow_to_multiply.binding) == (3, "MACs")
    assert slow_to_multiply.images_per_s == pytest.approx(10 / 3)
    assert slow_to_multiply.ridge == pytest.approx(1000 / 10**6)
    assert slow_to_multiply.macs_per_byte == pytest.approx(3000 / moved)
    slow_to_move = cnncalc.time_bound(estimate, device({"float32": 2 * 10**9}, 100)).inference
    assert (slow_to_move.seconds, slow_to_move.binding) == (moved / 100, "bytes")


def test_a_training_step_has_the_batch_of_training_and_the_optimizer_s_variables() -> None:
    estimate = cnncalc.estimate(dense(), inference_batch_size=10, batch_size=4, optimizer="adam")
    found = cnncalc.time_bound(estimate, device({"float32": 2000}, 1000)).training
    assert found is not None
    assert found.macs_s == 4 * (2 * 200 + 3 * 100) / 1000
    adam = 2 * 4 * (220 + 105) + 8 + 4
    assert found.bytes_s == (4 * (2 * (220 + 105) + 4 * 10) + 2 * 4 * (4 * 20) + 2 * adam) / 1000


def test_each_type_has_its_own_rate() -> None:
    estimate = cnncalc.estimate(dense(dtype="float32"), dtype="mixed_float16")
    found = cnncalc.time_bound(estimate, device({"float32": 20, "float16": 200}, 10**9))
    assert found.inference.macs_s == 200 / 100 + 100 / 10


def test_a_type_without_gradients_has_no_training() -> None:
    estimate = cnncalc.estimate(dense(), dtype="int8")
    found = cnncalc.time_bound(estimate, device({"int8": 2000}, 10**6))
    assert (found.training, found.bounds) == (None, (found.inference,))
    assert found.inference.macs_s == 300 / 1000


def test_a_network_that_multiplies_nothing_has_no_ridge() -> None:
    model = cnncalc.Sequential([layers.Flatten()], input=(4, 4, 1))
    found = cnncalc.time_bound(cnncalc.estimate(model), "h200").inference
    assert (found.ridge, found.macs_s, found.binding) == (None, 0, "bytes")
    assert found.bytes_s == 4 * (16 + 16) / 4.8e12


@pytest.mark.parametrize(
    ("dtype", "name", "message"),
    [
        ("float32", "rp2040", r"no peak rates are stated for rp2040; .* h200, .* tpu-v4, "),
        (
            "float64",
            "h200",
            "no stated peak rate for float64; dtypes with one are float32, float16, bfloat16, ",
        ),
        ("int8", "t4", "no stated peak rate for int8; dtypes with one are float32, float16, mixed_float16"),
        (
            "float32",
            "tpu-v4",
            "no stated peak rate for float32; dtypes with one are bfloat16, mixed_bfloat16",
        ),
        ("float32", "h2000", "Did you mean h200"),
    ],
)
def test_what_is_not_stated_is_named(dtype: str, name: str, message: str) -> None:
    with pytest.raises(CnncalcError, match=message):
        cnncalc.time_bound(cnncalc.estimate(EXERCISE, dtype=dtype), name)


def test_a_model_or_its_name_is_estimated_and_what_is_no_device_is_named() -> None:
    assert cnncalc.time_bound("lenet5", "h200") == cnncalc.time_bound(cnncalc.estimate("lenet5"), "h200")
    with pytest.raises(CnncalcError, match=r"a device is a name, a file or a Device .* found 5"):
        cnncalc.time_bound("lenet5", 5)  # type: ignore[arg-type]
    with pytest.raises(CnncalcError, match=r"Known are a100-40gb, .* v100") as refused:
        cnncalc.time_bound("lenet5", "zzz")
    assert "rp2040" not in str(refused.value)


def test_float32_is_full_float32_before_ampere_only() -> None:
    """Compute capability 8.0 brought TensorFloat-32."""
    for name in rated_names():
        found = load_device(name)
        if found.xla:
            ampere = float(found.xla.compute_capability) >= 8
            assert (found.rates.float32_as == "TensorFloat-32") == ampere, name


FAST = dict.fromkeys(("float16", "bfloat16", "float32", "float64"), 10**12)


@settings(max_examples=50)
@given(models(), st.integers(1, 50))
def test_twice_the_batch_takes_at_most_twice_as_long(model: cnncalc.Model, batch: int) -> None:
    one, two = (
        cnncalc.time_bound(
            cnncalc.estimate(model, batch_size=size, inference_batch_size=size), device(FAST, 10**11)
        )
        for size in (batch, 2 * batch)
    )
    for less, more in zip(one.bounds, two.bounds, strict=True):
        assert less.seconds <= more.seconds <= 2 * less.seconds
        assert more.work.all_macs == 2 * less.work.all_macs


@settings(max_examples=50)
@given(models(), st.integers(1, 50))
def test_a_training_step_has_the_work_of_a_prediction_and_more(model: cnncalc.Model, batch: int) -> None:
    """But for what the model gives, which training need not write: a value has 8 bytes at most."""
    estimate = cnncalc.estimate(model, batch_size=batch, inference_batch_size=batch)
    found = cnncalc.time_bound(estimate, device(FAST, 10**11))
    assert found.training is not None
    assert found.training.macs_s >= found.inference.macs_s
    given_bytes = sum(8 * batch * prod(shape) for shape in model.graph.output_shapes)
    assert found.training.work.bytes + given_bytes >= found.inference.work.bytes


@settings(max_examples=50)
@given(models())
def test_a_faster_device_has_no_larger_bound(model: cnncalc.Model) -> None:
    estimate = cnncalc.estimate(model)
    twice = {dtype: 2 * rate for dtype, rate in FAST.items()}
    slow, multiplies, moves, fast = (
        cnncalc.time_bound(estimate, device(*rates))
        for rates in ((FAST, 10**11), (twice, 10**11), (FAST, 2 * 10**11), (twice, 2 * 10**11))
    )
    for bounds in zip(slow.bounds, multiplies.bounds, moves.bounds, fast.bounds, strict=True):
        most, *between, least = (bound.seconds for bound in bounds)
        assert all(least <= one <= most for one in between)
        assert least == pytest.approx(most / 2)


STEP = Achieved("h200", "jax", "keras 3", "2026-11-26", "net", "inference", 1, "float32", 1000, 1.0, 4.0)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        STEP,
        STEP._replace(macs=4000),
        STEP._replace(macs=5000),
        STEP._replace(device="t4", macs=9000),
        STEP._replace(mode="training"),
        STEP._replace(dtype="mixed_bfloat16"),
    )
    monkeypatch.setattr(achieved, "achieved", lambda: steps)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("name", "mode", "dtype", "macs", "expected"),
    [
        ("h200", "inference", "float32", 1000, [1000, 4000]),  # up to four times as many
        ("h200", "inference", "float32", 1001, [1000, 4000]),
        ("h200", "inference", "float32", 1250, [1000, 4000, 5000]),
        ("h200", "inference", "float32", 4001, [4000, 5000]),  # 1000 is less than a quarter
        ("h200", "inference", "float32", 10**9, [1000, 4000, 5000]),  # none of like size
        ("t4", "inference", "float32", 1000, [9000]),  # measured on this device, of whatever size
        ("l4", "inference", "float32", 4000, [1000, 4000, 5000, 9000]),
        ("h200", "training", "float32", 1000, [1000]),
        ("h200", "inference", "bfloat16", 1000, [1000]),  # computes as mixed_bfloat16 does
        ("h200", "inference", "float16", 1000, []),
    ],
)
def test_the_measured_steps_beside(name: str, mode: str, dtype: str, macs: int, expected: list[int]) -> None:
    found = achieved.like(name, mode, dtype, macs)
    assert [step.macs for step in found] == expected
    assert all(step.share == 0.25 for step in found)


def test_the_recorded_bounds_are_those_of_today() -> None:
    """``python -m benchmarks.timing render`` writes the file again."""
    assert len(achieved.achieved()) >= 118
    for step in achieved.achieved():
        estimate = cnncalc.estimate(
            cnncalc.load(step.model),
            batch_size=step.batch_size,
            inference_batch_size=step.batch_size,
            dtype=step.dtype,
            loss="mean_squared_error",
        )
        again = timed(
            estimate,
            step.device,
            step.mode,
            step.seconds,
            backend=step.backend,
            versions=step.versions,
            date=step.date,
        )
        assert again == step


def test_the_file_is_as_it_is_written_and_small() -> None:
    text = achieved.ACHIEVED.read_text(encoding="utf-8")
    assert achieved.achieved_text(reversed(achieved.achieved())) == text
    assert len(text) < 100_000


def test_no_recorded_step_beats_its_bound() -> None:
    """docs/time.md says so; one may, and then the page has to say why."""
    assert max(step.share for step in achieved.achieved()) < 1
