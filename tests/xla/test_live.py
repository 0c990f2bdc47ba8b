"""XLA's compiler, asked live. `make test-xla` installs it and runs this; a GPU need not be there."""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import cnncalc
from cnncalc.cli import app
from cnncalc.errors import CnncalcError
from cnncalc.layers import Dense, LocalResponseNormalization
from cnncalc.measuring.job import Mode
from cnncalc.measuring.xla.asking import XlaMeasurement, ask_xla
from cnncalc.measuring.xla.rule import with_xla

EXERCISE = Path(__file__).parents[2] / "examples" / "geron_exercise.yaml"
SGD = "sgd"
TRAINED = (805_015_056, 654_014_736)
"""The exercise's temporaries at batch 50, by jax 0.10.2 and by 0.11.2."""


def newer() -> bool:
    """Whether it is jax 0.11 that is asked."""
    return version("jax").startswith("0.11.")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def asked(
    model: cnncalc.Model | str | Path, batch_size: int, mode: Mode, gpu: str = "h100"
) -> XlaMeasurement:
    guess = cnncalc.estimate(model, batch_size=batch_size, inference_batch_size=batch_size, optimizer=SGD)
    return ask_xla(guess, gpu, mode)


@pytest.mark.parametrize(
    ("model", "batch_size", "mode", "temporary_bytes"),
    [
        (EXERCISE, 50, "inference", (605_020_928, 605_020_928)),
        (EXERCISE, 50, "training", TRAINED),
        ("resnet50", 8, "inference", (77_084_944, 77_084_944)),
        ("resnet50", 8, "training", (776_708_688, 776_904_528)),
        ("vgg16", 8, "inference", (205_671_440, 205_671_440)),
        ("vgg16", 8, "training", (1_178_161_448, 1_178_161_448)),
    ],
)
def test_three_networks(
    model: str | Path, batch_size: int, mode: Mode, temporary_bytes: tuple[int, int]
) -> None:
    """As jax 0.10.2 and 0.11.2 plan them for an H100."""
    found = asked(model, batch_size, mode)
    guess = found.estimate.memory["tensorflow"]
    footprint = guess.training if mode == "training" else guess.inference
    assert footprint is not None
    assert found.plan.temporary_bytes == temporary_bytes[newer()]
    assert found.plan.argument_bytes == found.plan.variables_bytes + found.plan.io_bytes
    counter = 4 if mode == "training" else 0  # the optimizer's iteration is int32 on JAX, int64 on TensorFlow
    assert found.plan.variables_bytes == footprint.variables_bytes - counter
    assert found.plan.io_bytes == footprint.io_bytes


def test_the_largest_buffers_of_the_exercise() -> None:
    """Each output is kept once more, padded by a row and a column for the next SAME convolution."""
    found = asked(EXERCISE, 50, "training")
    largest = [item for item in found.plan.buffers if item.kind == "temporary"][:2]
    assert [(item.layer, item.bytes) for item in largest] == [
        ("conv2d", 4 * 50 * 101 * 151 * 100),
        ("conv2d_1", 4 * 50 * 51 * 77 * 200),
    ]


def test_the_second_time_is_instant() -> None:
    first, second = (asked(EXERCISE, 4, "inference") for _ in range(2))
    assert first.seconds > 0
    assert second.seconds == 0
    assert first.plan == second.plan


@pytest.mark.parametrize("gpu", ["v100", "t4", "a100-80gb", "rtx-4090", "rtx-5090"])
def test_other_gpus(gpu: str) -> None:
    assert asked(EXERCISE, 4, "training", gpu).plan.temporary_bytes > 4 * 4 * 100 * 150 * 100


def test_weights_are_never_allocated() -> None:
    """15 G parameters with two slots each are 180 GB; the process stays below 2 GiB."""
    model = cnncalc.Sequential([Dense(units=100_000), Dense(units=50_000), Dense(units=10)], input=(100_000,))
    guess = cnncalc.estimate(model, batch_size=4, optimizer="adam")
    found = ask_xla(guess, "h100", "training")
    assert found.plan.variables_bytes > 3 * 4 * (100_000**2 + 100_000 * 50_000)
    assert not found.fits
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2 * 2**20  # KiB


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_sixteen_bits(dtype: str) -> None:
    guess = cnncalc.estimate(EXERCISE, batch_size=50, dtype=dtype, optimizer="adam")
    whole = cnncalc.estimate(EXERCISE, batch_size=50, optimizer="adam")
    plans = [ask_xla(item, "h100", "training").plan for item in (guess, whole)]
    assert plans[0].temporary_bytes < 0.7 * plans[1].temporary_bytes


def test_a_layer_without_a_kernel_is_named() -> None:
    model = cnncalc.Sequential([LocalResponseNormalization()], input=(8, 8, 4))
    with pytest.raises(CnncalcError, match="LocalResponseNormalization is an operation of TensorFlow"):
        asked(model, 2, "inference")


def test_time_runs_out() -> None:
    guess = cnncalc.estimate("resnet50", batch_size=3)
    with pytest.raises(CnncalcError, match=r"XLA has not answered within 1 s"):
        ask_xla(guess, "h100", "training", timeout_s=1)


def test_the_rule_has_an_answer() -> None:
    found = with_xla(cnncalc.estimate(EXERCISE, batch_size=50, inference_batch_size=50), "h100")
    answer = found.memory["xla"]
    assert answer.training is not None
    assert (
        answer.inference.step_bytes == 605_020_928 + 4 * 50 * 25 * 38 * 400
    )  # the output is not a temporary
    assert answer.training.total_bytes == 4 * 903_400 + 4 + 4 + 112_000_000 + answer.training.step_bytes


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "measure",
        str(EXERCISE),
        "--compiler",
        "xla",
        "--gpu",
        "h100",
        "-b",
        "50",
        "--format",
        "json",
    ]
    app()(arguments, standalone_mode=False)
    data = json.loads(capsys.readouterr().out)
    assert data["temporary_bytes"] == TRAINED[newer()]
    assert data["temporary_bytes_by_layer"]["conv2d"] > 4 * 50 * 101 * 151 * 100
    assert "the CUDA context" in data["not_included"]


def test_no_environment_variable_changes_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    before = asked(EXERCISE, 4, "training").plan
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)  # so that it is asked again
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_autotune_level=4")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert asked(EXERCISE, 4, "training").plan == before


def test_only_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(CnncalcError, match="Linux only"):
        asked(EXERCISE, 4, "inference")
