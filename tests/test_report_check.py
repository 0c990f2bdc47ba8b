"""How ``check`` prints an estimate beside what was measured; the measurements here are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.measuring.job import Facts, Mode, Run
from cnncalc.measuring.measurement import Measurement
from cnncalc.report.check import memory_table

EXERCISE = Path(__file__).parents[1] / "examples" / "geron_exercise.yaml"
TINY = cnncalc.Sequential([cnncalc.layers.ReLU()], input=(4,))  # all below 256 KiB: the estimate is 0


def measured(model: cnncalc.Model | Path, mode: Mode, *steps: int) -> Measurement:
    facts = Facts(0, 0, 0, 0, 0, 0, "CPU:0", {"tensorflow": "2.21.0", "keras": "3.15.1"})
    runs = tuple(Run(step, (), 0, None, ()) for step in steps)
    return Measurement(cnncalc.estimate(model), mode, 1, runs, facts)


def lines(prediction: Measurement, training: Measurement) -> dict[str, list[str]]:
    """The cells of the table by the name of the row."""
    table = memory_table(prediction, training).split("\n\n", maxsplit=1)[0]
    cells = [[cell for cell in line.split("  ") if cell] for line in table.splitlines()]
    return {name.strip(): [cell.strip() for cell in rest] for name, *rest in cells}


def test_estimate_and_measurement_stand_side_by_side() -> None:
    prediction = measured(EXERCISE, "inference", 9_000_000, 9_000_000)
    training = measured(EXERCISE, "training", 600_000_000, 800_000_000, 720_000_000)
    found = lines(prediction, training)
    # Outputs of 300, 150 and 76 million bytes, and two gradients of the loss.
    assert found["estimated, typical"] == ["9,000,000", "678,000,000"]
    assert found["measured, lowest"] == ["9,000,000", "600,000,000"]
    assert found["measured, median"] == ["9,000,000", "720,000,000"]
    assert found["measured, highest"] == ["9,000,000", "800,000,000"]
    assert found["error"] == ["none", "-5.8%"]  # 678 / 720 = 0.9417


def test_without_bytes_measured_the_error_has_no_share() -> None:
    found = lines(measured(EXERCISE, "inference", 0), measured(TINY, "training", 0))
    assert found["error"] == ["+9,000,000 B", "none"]


def test_without_a_rule_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cnncalc.Estimate, "answers", {})
    found = lines(measured(EXERCISE, "inference", 7), measured(EXERCISE, "training", 8))
    assert found["estimated, highest"] == ["-", "-"]
    assert found["measured, median"] == ["7", "8"]
    assert found["error"] == ["no rule", "no rule"]
