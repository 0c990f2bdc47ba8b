"""The published figures: the page is made of what was recorded, and a figure that gets worse is seen."""

from __future__ import annotations

import signal
from typing import Any

import pytest

import cnncalc
from benchmarks import recorded
from benchmarks.speed import peers, render, results
from benchmarks.speed.models import chain, load, residual
from benchmarks.speed.results import Figure
from benchmarks.timing import measuring, timed
from benchmarks.timing import render as timing
from benchmarks.timing.beside import beside
from benchmarks.timing.page import page, percent
from benchmarks.timing.roofline import roofline, short
from benchmarks.timing.rows import Row, rows
from benchmarks.timing.timed import Roof, Timed
from cnncalc.achieved import ACHIEVED, achieved_text
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


def test_a_row_beside_another_tool_is_made_of_medians() -> None:
    found = [("ideal", 2.0), ("tool", 9.0), ("ideal", 4.0), ("tool", 7.0), ("parameters", [5, 5])]
    assert peers.gathered(found, 0) == {"seconds": {"ideal": 3.0, "tool": 8.0}, "parameters": [5, 5]}


@pytest.mark.parametrize(
    ("said", "status", "failed"),
    [
        ([("failed", "RecursionError after 3.0 s")], 0, "RecursionError after 3.0 s"),
        ([], -signal.SIGALRM, f"not in {peers.LIMIT_SECONDS} s"),
        ([], -signal.SIGKILL, "ends by SIGKILL"),
        ([], 1, "ends with status 1"),
    ],
)
def test_a_tool_that_gives_no_answer_says_why(
    said: list[tuple[str, object]], status: int, failed: str
) -> None:
    row = peers.gathered([(f"{peers.SUMS}, loaded", 0.5), *said], status)
    assert row == {"seconds": {f"{peers.SUMS}, loaded": 0.5}, "failed": failed}
    assert render.faster(row, f"{peers.SUMS}, loaded") == "0.500 s"
    assert render.slower(row) == failed


def test_ratios_beside_other_tools() -> None:
    row = {"seconds": {peers.SUMS: 0.002, "tool": 0.4}}
    assert render.slower(row) == "400 (200)"  # 0.4 s in ms; 0.4 / 0.002
    assert render.faster(row, peers.SUMS) == "200 (0.002 s)"


def test_other_tools_count_the_same_network() -> None:
    counts = [
        (row["model"], *row["parameters"])
        for row in recorded.load(peers.RESULT).values()
        if "parameters" in row
    ]
    own = {name: cnncalc.estimate(load(name)).trainable_parameters for name in peers.SMALL}
    assert {name for name, *_ in counts} >= {*own}
    assert all(theirs == ours == own.get(name, ours) for name, theirs, ours in counts)


def test_a_count_that_differs_is_named() -> None:
    row = {"model": "net", "tool": "other", "parameters": [12, 10]}
    assert "other of net, 12 (cnncalc 10)" in render.counted([row])


ROW = Row("geron_exercise", "inference", 10, "float32", "tensorflow", "CPU")


def test_macs_and_bytes_of_a_timed_step() -> None:
    predicted = Timed(ROW, {"seconds": [1.0, 2.0, 3.0]})
    assert predicted.work.all_macs == 10 * 1_399_500_000
    images, weights = 10 * 4 * 200 * 300 * 3, 4 * 903_400
    assert predicted.work.bytes == weights + images + 10 * 4 * 25 * 38 * 400
    assert predicted.rate == 10 * 1_399_500_000 / 2
    trained = Timed(ROW._replace(mode="training"), {})
    # The first convolution has no gradient of its images.
    assert trained.work.all_macs == 10 * (2 * 40_500_000 + 3 * 675_000_000 + 3 * 684_000_000)
    inputs = 10 * 4 * (100 * 150 * 100 + 50 * 75 * 200)  # of the second and the third
    slots = 8 + 4  # SGD counts its steps and has a learning rate
    assert trained.work.bytes == 2 * weights + 2 * slots + images + 2 * inputs
    assert trained.rate is None


def test_the_page_of_timings_is_what_was_measured() -> None:
    found = timed.recorded()
    assert timing.PAGE.read_text(encoding="utf-8") == page(found)
    assert timing.PLOT.read_text(encoding="utf-8") == roofline(found)
    assert ACHIEVED.read_text(encoding="utf-8") == achieved_text(timing.steps(found))


def test_a_page_without_a_gpu_says_so() -> None:
    processor = [one for one in timed.recorded() if one.row.on_processor]
    assert "No GPU is among the devices." in page(processor)
    assert "No GPU" not in timing.PAGE.read_text(encoding="utf-8")


def test_a_row_that_failed_is_on_the_page_with_the_reason() -> None:
    stamp = {"versions": {"keras": "3"}, "date": "2026-01-01", "load": 1.0}
    text = page([Timed(ROW, {"failed": "no memory", **stamp})])
    assert "| geron_exercise | inference | 10 | float32 | – | – | – | – |" in text
    assert "Failed: geron_exercise, inference, batch 10, float32: no memory." in text


def test_timed_rows_are_complete() -> None:
    for name, found in measuring.load().items():
        row = Row(**found["row"])
        assert name == row.id
        assert cnncalc.load(row.model).origin == "zoo"
        assert {"seconds", "failed", "peak_bytes"} & {*found}
        if {"seconds", "failed"} & {*found}:
            assert {"keras", row.backend} == {*found["versions"]}
            assert found["date"] >= "2026"


def test_no_row_of_a_timed_device_is_left_out() -> None:
    for (device, backend), found in timed.places(timed.recorded()).items():
        assert {one.row for one in found} == {*rows(backend, device)}


@pytest.mark.parametrize(
    ("backend", "found", "figure", "over"),
    [
        ("jax", {"asked_bytes": {"0.11.2": 90}, "plan_bytes": 100, "peak_bytes": 300}, 90, 100),
        # The first two outputs of ten images, beside the weights: nothing else has to be there.
        ("torch", {"peak_bytes": 10**9}, 4 * (10 * (100 * 150 * 100 + 50 * 75 * 200) + 903_400), 10**9),
    ],
)
def test_what_stands_beside_measured_memory(
    backend: str, found: dict[str, Any], figure: int, over: int
) -> None:
    one = Timed(ROW._replace(backend=backend, device="GPU"), found)
    assert (figure, over) in [pair(one) for pair in beside(one).pairs.values()]
    nothing = Timed(one.row, {})
    assert all(pair(nothing) is None for pair in beside(nothing).pairs.values())


def test_memory_of_tensorflow_stands_beside_its_rule() -> None:
    one = Timed(ROW, {"peak_bytes": 100})
    total = one.estimate.memory["tensorflow"].inference.total_bytes
    assert [pair(one) for pair in beside(one).pairs.values()] == [(total, 100)]


def test_a_roof_is_the_lower_of_products_and_bytes() -> None:
    roof = Roof("stated", 100.0, 10.0)
    assert [roof.at(intensity) for intensity in (2, 10, 50)] == [20, 100, 100]


def test_figures_of_the_page_and_the_plot() -> None:
    assert [percent(share) for share in (0.000123, 0.783, 1.89)] == ["0.012 %", "78 %", "189 %"]
    assert [short(value) for value in (247.35e12, 100, 1e9)] == ["247 T", "100", "1 G"]
