"""The recorded measurements against today's estimates, without TensorFlow."""

from __future__ import annotations

import pytest

import cnncalc
from benchmarks.accuracy.ledger import Entry, entries, score
from benchmarks.accuracy.render import groups
from benchmarks.accuracy.rows import OPTIMIZERS, Row
from cnncalc.report.expected import MEASURED, error_words


@pytest.fixture(scope="module")
def found() -> list[Entry]:
    return list(entries())


def test_rows_are_there(found: list[Entry]) -> None:
    assert len(found) >= 567
    assert len(groups(found)) == 5


def test_variables_are_exact(found: list[Entry]) -> None:
    for item in found:
        assert item.estimate is not None, item.row.id
        assert item.estimate.variables_bytes == item.variables_bytes, item.row.id


def test_predictions_are_equal_to_the_byte(found: list[Entry]) -> None:
    predictions = groups(found)["prediction"]
    assert score(predictions).exact >= 0.98
    assert score(predictions).runs_inside >= 0.99
    off = {item.row.model for item in predictions if abs(item.error) > 0.02}
    assert off == {"ds_cnn", "nasnet_large"}  # of the second one of several measured values


def test_training_is_as_right_as_it_was(found: list[Entry]) -> None:
    """What has been reached, so that a change does not lose it; docs/accuracy.md gives the figures."""
    by_name = {name: score(items) for name, items in groups(found).items()}
    sgd, others = by_name["training, SGD"], by_name["training, momentum, RMSprop, Adam"]
    assert sgd.exact >= 0.89
    assert sgd.within_2 >= 0.93
    assert sgd.runs_inside >= 0.92
    assert others.median_error <= 0.015
    assert others.within_6 >= 0.95
    assert others.runs_inside >= 0.83


def test_the_error_that_estimate_prints_is_that_of_the_ledger(found: list[Entry]) -> None:
    scores = {name: score(items) for name, items in groups(found).items()}
    assert scores.keys() == MEASURED.keys()
    for name, share in MEASURED.items():
        assert share.rows == scores[name].rows, name
        assert share.within_2 == round(100 * scores[name].within_2, 1), name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_error_is_that_of_the_optimizer_s_group(name: str) -> None:
    row = Row(1, "geron_exercise", 0, 8, name)
    settings = cnncalc.estimate(row.build(), **row.settings()).settings
    group = next(group for group in groups([_entry(row)]))
    assert str(MEASURED[group]) in error_words(settings)


def test_the_error_in_other_types() -> None:
    row = Row(1, "geron_exercise", 0, 8, "SGD", "mixed_float16")
    settings = cnncalc.estimate(row.build(), **row.settings()).settings
    assert "76.3 % of 38 measured steps in other types than float32" in error_words(settings)


def _entry(row: Row) -> Entry:
    return Entry(row, (1,), 0, None, "", {})


def test_a_wrong_estimate_would_show(found: list[Entry]) -> None:
    wrong = [item._replace(measured=(item.measured[0] + 2**20,)) for item in found]
    assert score(wrong).exact < 0.1
