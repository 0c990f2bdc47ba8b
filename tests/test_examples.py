"""Every file of examples/ runs, and gives the exercise's figures where it is the exercise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
MODELS = sorted(EXAMPLES.glob("*.yaml"))

PREDICTION = 4 * 100 * 150 * 100 + 4 * 50 * 75 * 200 + 4 * 903_400  # 6,000,000 + 3,000,000 + 3,613,600
TRAINING = 50 * (4 * 200 * 300 * 3 + 6_000_000 + 3_000_000 + 4 * 25 * 38 * 400) + 4 * 903_400


def test_there_are_examples_of_both_sorts() -> None:
    assert SCRIPTS
    assert MODELS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_solves_the_exercise(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert f"{PREDICTION:,} B" in done.stdout
    assert f"{TRAINING:,} B" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("file", MODELS, ids=lambda path: path.name)
def test_a_model_file_is_estimated(file: Path) -> None:
    estimate = cnncalc.estimate(file)
    memory = estimate.memory["textbook"]
    assert estimate.name == file.stem
    assert estimate.parameters > 0
    assert memory.training
    assert memory.training.total_bytes > memory.inference.total_bytes


def test_the_residual_network() -> None:
    estimate = cnncalc.estimate(EXAMPLES / "residual.yaml")
    stem = 3 * 3 * 3 * 16 + 4 * 16
    first = 3 * 2 * (3 * 3 * 16 * 16 + 4 * 16)  # three blocks of two convolutions and normalisations
    second = stage(16, 32)
    third = stage(32, 64)
    head = (64 + 1) * 10
    assert estimate.parameters == stem + first + second + third + head
    assert estimate.layers[-1].output_shape == (10,)


def stage(before: int, filters: int) -> int:
    """A halving block (two convolutions and a shortcut of 1 x 1), then two residual blocks."""
    same = 3 * 3 * filters * filters + 4 * filters
    halving = (3 * 3 * before * filters + 4 * filters) + same + (before * filters + 4 * filters)
    return halving + 2 * 2 * same
