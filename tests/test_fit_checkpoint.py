"""The remedy ``checkpoint``: layers that run again in the backward pass."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.advice.fitting import Fit
from cnncalc.advice.needs import Run
from cnncalc.advice.remedies.remove_layer import removed
from cnncalc.interop.converting import convert

MIB = 2**20


def asked(budget: int, rule: str = "tensorflow") -> Fit:
    return cnncalc.fit("resnet18", budget_bytes=budget * MIB, batch_size=16, rule=rule)


@pytest.mark.parametrize("rule", ["tensorflow", "ideal"])
def test_the_figure_is_the_estimate_of_the_model(rule: str, tmp_path: Path) -> None:
    found = asked(300, rule)
    (remedy,) = [remedy for remedy in found.remedies if remedy.kind == "checkpoint"]
    read = cnncalc.load(convert(remedy.model, tmp_path / "changed.yaml"))
    training = cnncalc.estimate(read).memory[rule].training
    assert training is not None
    needed = training.variables_bytes + training.io_bytes + training.step_high_bytes
    assert remedy.needed_bytes == needed
    assert remedy.saved_bytes == found.needed_bytes - needed
    assert remedy.fits
    assert not found.fits
    macs = {layer.name: layer.macs for layer in cnncalc.estimate("resnet18").layers}
    inside = sum(macs[name] for segment in remedy.settings.segments for name in segment)
    assert 0 < remedy.recomputed_macs <= 16 * inside  # the last layers of a segment need not run
    assert (remedy.macs, remedy.output_shapes) == (cnncalc.estimate("resnet18").macs, ((1000,),))


def test_a_tighter_budget_costs_more_work() -> None:
    wide, tight = (
        next(remedy for remedy in asked(budget).remedies if remedy.kind == "checkpoint")
        for budget in (400, 260)
    )
    assert wide.fits
    assert wide.recomputed_macs < tight.recomputed_macs
    assert wide.needed_bytes > tight.needed_bytes


def test_predictions_and_the_books_rule_gain_nothing() -> None:
    predicting = cnncalc.fit("resnet18", budget_bytes=MIB, mode="inference")
    for found in (predicting, asked(300, "textbook")):
        assert "checkpoint" not in {remedy.kind for remedy in found.remedies}


def test_a_layer_of_a_segment_does_not_go() -> None:
    found = asked(300)
    remedy = next(remedy for remedy in found.remedies if remedy.kind == "checkpoint")
    changed = found.question.possible(remedy.change)
    inside = remedy.settings.segments[0][2]
    assert isinstance(changed, Run)
    assert found.question.possible(removed(inside, 0)) is not None
    assert found.question.possible(removed(inside, 0), changed) is None
