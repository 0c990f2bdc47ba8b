"""``checkpoint`` in Python and on the command line: sums by hand, baselines, budgets, refusals."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.layers import Conv2D
from tests.commands import Run

IMAGE = 4 * 16 * 16 * 3 * 2
"""Bytes of a batch of two images of 16 x 16 x 3, and of every output of ``chain``."""
KERNEL = 4 * 1 * 1 * 3 * 3
"""Bytes of the parameters of each of its layers, and of their gradient."""
FIXED = 9 * KERNEL + 8 + 4
"""All parameters, and the optimizer's step counter and rate."""
MACS = 16 * 16 * 3 * 3


def chain(length: int = 9) -> cnncalc.Model:
    """Convolutions of one size without an activation: each keeps its input."""
    layers = [Conv2D(filters=3, kernel_size=1, use_bias=False) for _ in range(length)]
    return cnncalc.Sequential(layers, input=(16, 16, 3), name="chain")


def test_without_segments_all_inputs_stay() -> None:
    found = cnncalc.checkpoint(chain(), segments=0, batch_size=2)
    # the image and eight inputs of layers behind the first, the last output, which becomes its gradient,
    # and the gradient of the last layer's parameters
    assert found.peak_bytes == found.without_bytes == FIXED + (1 + 8 + 1) * IMAGE + KERNEL
    assert (found.segments, found.recomputed_macs) == ((), 0)


def test_one_segment_of_five() -> None:
    found = cnncalc.checkpoint(chain(), segments=1, batch_size=2)
    assert found.segments == (("conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "conv2d_4"),)
    # when backward begins: the image, the inputs of the four layers behind the segment, the last output;
    # when it reaches the segment: the image, four inputs made again, the gradient of its output
    assert found.peak_bytes == FIXED + (1 + 4 + 1) * IMAGE + KERNEL
    # its output is there no longer, and nothing keeps that of its last layer
    assert found.recomputed_macs == 4 * MACS


def test_a_budget_is_met_with_the_least_work() -> None:
    trades = cnncalc.checkpoint(chain(), batch_size=2).curve
    for before, trade in pairwise(trades):
        found = cnncalc.checkpoint(chain(), batch_size=2, budget_bytes=trade.peak_bytes)
        assert (found.peak_bytes, found.recomputed_macs) == (trade.peak_bytes, trade.recomputed_macs)
        assert found.fits
        assert before.recomputed_macs < trade.recomputed_macs
        assert before.peak_bytes > trade.peak_bytes


def test_no_rule_of_thumb_is_better() -> None:
    found = cnncalc.checkpoint("resnet18", batch_size=4)
    assert {trade.name for trade in found.baselines} == {
        "every cut",
        "every 2nd cut",
        "every 4th cut",
        "square root",
    }
    for thumb in found.baselines:
        assert found.peak_bytes <= thumb.peak_bytes
        assert any(
            trade.peak_bytes <= thumb.peak_bytes and trade.recomputed_macs <= thumb.recomputed_macs
            for trade in found.curve
        )


def test_where_nothing_fits_it_says_so(run: Run) -> None:
    found = cnncalc.checkpoint(chain(), batch_size=2, budget_bytes=1000)
    assert not found.fits
    assert found.peak_bytes == found.curve[-1].peak_bytes
    assert (
        "No choice of segments fits in 1000 B."
        in run("checkpoint", "alexnet_single", "--budget", "1000").words
    )


@pytest.mark.parametrize(("segments", "budget"), [(2, 1000), (-1, None)])
def test_two_questions_at_once_are_refused(segments: int, budget: int | None) -> None:
    with pytest.raises(CnncalcError, match="either a number of segments, 0 or more, or a budget"):
        cnncalc.checkpoint(chain(), segments=segments, budget_bytes=budget)


def test_whole_numbers_are_not_trained() -> None:
    with pytest.raises(CnncalcError, match="int8 has no gradients"):
        cnncalc.checkpoint(chain(), dtype="int8")


def test_json_has_the_whole_curve(run: Run) -> None:
    data = json.loads(
        run("checkpoint", "resnet18", "--batch-size", "4", "--segments", "2", "--format", "json").out
    )
    found = cnncalc.checkpoint("resnet18", batch_size=4, segments=2)
    assert data["peak_bytes"] == found.peak_bytes == sum(item["bytes"] for item in data["peak"]["buffers"])
    assert data["segments"] == [list(names) for names in found.segments]
    assert len(data["curve"]) == len(found.curve)
    assert data["rule"] == "ideal"


def test_the_table_shows_the_answer_first(run: Run) -> None:
    text = run("checkpoint", "resnet18", "--batch-size", "4", "--segments", "1").out
    rows = [line.split() for line in text.splitlines()]
    assert ["this", "answer"] in [row[:2] for row in rows]
    assert any(row[:2] == ["square", "root"] for row in rows)
