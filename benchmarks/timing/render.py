"""Writes docs/timing.md and docs/roofline.svg from what was recorded. Nothing is measured here."""

from __future__ import annotations

from pathlib import Path

from benchmarks.timing.page import page
from benchmarks.timing.roofline import roofline
from benchmarks.timing.timed import recorded

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PLOT = DOCS / "timing.md", DOCS / "roofline.svg"


def render() -> None:
    found = recorded()
    PAGE.write_text(page(found), encoding="utf-8")
    PLOT.write_text(roofline(found), encoding="utf-8")
