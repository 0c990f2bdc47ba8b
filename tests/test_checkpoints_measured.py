"""The recorded measurements of models with segments against today's plans, without TensorFlow."""

from __future__ import annotations

import pytest

from benchmarks.checkpointing.measure import COMPILATIONS
from benchmarks.checkpointing.render import BEGIN, END, PAGE, Entry, entries, records, table


@pytest.fixture(scope="module")
def found() -> list[Entry]:
    return entries()


def test_rows_are_whole(found: list[Entry]) -> None:
    assert {item.row.model for item in found} == {"chain", "vgg16", "resnet50", "mobilenet_v2"}
    assert all(len(item.measured) >= COMPILATIONS for item in found)
    assert all(item["versions"] and item["date"] for item in records())


def test_the_segments_measured_are_those_of_today(found: list[Entry]) -> None:
    for item in found:
        assert [list(names) for names in item.planned.segments] == item.segments, item.row.id


@pytest.mark.parametrize(
    ("model", "share"), [("chain", 0), ("vgg16", 0), ("resnet50", 0.06), ("mobilenet_v2", 0.41)]
)
def test_tensorflow_takes_so_much_more_than_the_rule(found: list[Entry], model: str, share: float) -> None:
    """What has been reached, so that a change does not lose it; docs/checkpointing.md gives the figures."""
    for item in (item for item in found if item.row.model == model):
        more = item.typical_bytes / item.predicted.step_bytes - 1
        assert 0 <= more <= share, item.row.id
        assert min(item.measured) >= item.ideal_bytes, item.row.id


def test_more_segments_take_less(found: list[Entry]) -> None:
    for model in {item.row.model for item in found}:
        rows = sorted((item for item in found if item.row.model == model), key=lambda item: item.row.segments)
        sizes = [item.typical_bytes for item in rows]
        assert sizes == sorted(sizes, reverse=True), model
        assert sizes[-1] < 0.6 * sizes[0], model


def test_the_page_is_up_to_date(found: list[Entry]) -> None:
    assert PAGE.read_text().split(BEGIN)[1].split(END)[0] == table(found)
