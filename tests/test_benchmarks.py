"""The published figures: the page is made of what was recorded, and a figure that gets worse is seen."""

from __future__ import annotations

import pytest

import cnncalc
from benchmarks import timing
from benchmarks.speed import render, results
from benchmarks.speed.models import chain, residual
from benchmarks.speed.results import Figure
from cnncalc.interop.model_file import model_from_text


def test_the_page_is_what_was_recorded() -> None:
    assert render.PAGE.read_text(encoding="utf-8") == render.rendered()


def ratio(low: float, high: float, **wanted: float) -> Figure:
    return Figure("answers", "net: ideal, loaded", low, (low + high) / 2, high, **wanted)


@pytest.mark.parametrize(
    ("now", "before", "worse"),
    [
        (ratio(80, 90, least=40), ratio(95, 120, least=40), True),
        (ratio(80, 96, least=40), ratio(95, 120, least=40), False),  # the spreads touch
        (ratio(130, 140, least=40), ratio(95, 120, least=40), False),
        (ratio(1.9, 2.1, most=2), ratio(1.5, 1.8, most=2), True),
        (ratio(1.2, 1.3, most=2), ratio(1.5, 1.8, most=2), False),
        (ratio(80, 90), ratio(95, 120), False),  # a time by itself is the machine's
    ],
)
def test_worse_is_beyond_both_spreads(now: Figure, before: Figure, worse: bool) -> None:
    assert results.worse([now], [before]) == ([(now, before)] if worse else [])


def test_a_ratio_is_keras_s_builds_over_the_answers() -> None:
    def test(seconds: float, way: str) -> dict[str, object]:
        info = {"sort": "answer", "name": "net", "answer": "ideal", "way": way, "keras_seconds": seconds}
        return {"extra_info": info, "stats": {"q1": 0.01, "median": 0.02, "q3": 0.04}}

    found = {figure[:2]: figure for figure in results.figures([test(2.0, "loaded"), test(4.0, "file")])}
    assert found["seconds", "net: Keras"].median == 3
    figure = found["answers", "net: ideal, loaded"]
    assert figure.median == pytest.approx(150)  # 3 / 0.02
    assert figure.low == pytest.approx(62.5)  # 2.5 / 0.04
    assert figure.high == pytest.approx(350)  # 3.5 / 0.01
    assert figure.reached


@pytest.mark.parametrize(("text", "layers"), [(chain(7), 7), (residual(3), 16)])  # 1 + 3 * 5
def test_the_networks_that_grow(text: str, layers: int) -> None:
    assert len(model_from_text(text, "net", "net").layers) == layers


def test_macs_and_bytes_of_a_timed_step() -> None:
    row = timing.Row("geron_exercise", "inference", 10, "float32", "tensorflow", "CPU")
    predicted = timing.timing(row, (1.0, 2.0, 3.0))
    assert predicted.macs == 10 * 1_399_500_000
    outputs = 4 * (100 * 150 * 100 + 50 * 75 * 200 + 25 * 38 * 400)
    assert predicted.bytes == 4 * 903_400 + 10 * (4 * 200 * 300 * 3 + outputs)
    assert predicted.rate == 10 * 1_399_500_000 / 2
    trained = timing.timing(row._replace(mode="training"), (1.0, 2.0, 3.0))
    assert (trained.macs, trained.bytes) == (3 * predicted.macs, 3 * predicted.bytes)


def test_the_page_of_timings_says_that_there_is_no_gpu() -> None:
    found = timing.timings(timing.load())
    assert found
    page = timing.page(found)
    assert ("no rows of a GPU" in page) == all("CPU" in one.row.device for one in found)
    assert timing.PAGE.read_text(encoding="utf-8") == page
    assert timing.PLOT.read_text(encoding="utf-8") == timing.roofline(found)


def test_every_timed_model_is_in_the_zoo() -> None:
    assert all(cnncalc.load(name).origin == "zoo" for name in timing.MODELS)
