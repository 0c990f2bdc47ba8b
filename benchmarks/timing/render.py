"""Writes the page, the plot, and the steps that ``estimate --time`` shows. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing.page import page
from benchmarks.timing.roofline import roofline
from benchmarks.timing.timed import DEVICES, Timed, recorded
from cnncalc.achieved import ACHIEVED, Achieved, achieved_text
from cnncalc.timing import timed

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PLOT = DOCS / "timing.md", DOCS / "roofline.svg"


def render() -> None:
    found = recorded()
    PAGE.write_text(page(found), encoding="utf-8")
    PLOT.write_text(roofline(found), encoding="utf-8")
    ACHIEVED.write_text(achieved_text(steps(found)), encoding="utf-8")


def steps(found: list[Timed]) -> Iterator[Achieved]:
    """The timed steps of devices whose peak rates are stated."""
    for one in found:
        row = one.row
        if row.device in DEVICES and one.seconds:
            versions = ", ".join(f"{name} {number}" for name, number in one.found["versions"].items())
            stamp = {"backend": row.backend, "versions": versions, "date": one.found["date"]}
            yield timed(one.estimate, DEVICES[row.device], row.mode, one.seconds[1], **stamp)
