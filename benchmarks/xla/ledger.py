"""The GPU's ledger: XLA's plan of each row beside what the CPU's runtime is estimated to take."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

import cnncalc
from benchmarks.accuracy.rows import Row
from benchmarks.xla.measure import load
from benchmarks.xla.rows import GpuRow
from cnncalc.errors import NoRuleError
from cnncalc.footprints import Footprint


class Entry(NamedTuple):
    """A row: XLA's plan, and the CPU's estimate; None where there is no rule."""

    row: GpuRow
    plan: dict[str, Any]
    estimate: Footprint | None

    @property
    def temporary_bytes(self) -> int:
        return int(self.plan["temporary_bytes"])

    @property
    def ratio(self) -> float:
        """XLA's temporaries over the CPU's typical value of the step."""
        return self.temporary_bytes / self.estimate.step_bytes if self.estimate else 0.0

    @property
    def inside(self) -> bool:
        """Whether XLA's temporaries lie in the band of the CPU's orders."""
        guess = self.estimate
        return guess is not None and guess.step_low_bytes <= self.temporary_bytes <= guess.step_high_bytes

    @property
    def kernel_copies_bytes(self) -> int:
        """Bytes of kernels in another layout or type that are alive at the peak."""
        return int(self.plan["kernel_copies_bytes"])


def entries() -> Iterator[Entry]:
    """All rows that XLA has answered, estimated anew."""
    for found in load().values():
        if "failed" not in found:
            row = GpuRow(found["gpu"], Row(**found["row"]))
            yield Entry(row, found, estimated(row.row))


def refusals() -> Iterator[tuple[str, str]]:
    """The rows that could not be asked, with the reason."""
    for name, found in load().items():
        if "failed" in found:
            yield name, found["failed"]


def estimated(row: Row) -> Footprint | None:
    """What the CPU's runtime is estimated to take for a row."""
    guess = cnncalc.estimate(row.build(), inference_batch_size=row.batch_size, **row.settings())
    try:
        answer = guess.memory["tensorflow"]
    except NoRuleError:
        return None
    return answer.training if row.optimizer else answer.inference


class Score(NamedTuple):
    """A set of rows in numbers: XLA's temporaries over the CPU's typical value."""

    rows: int
    lowest: float
    median: float
    highest: float
    within_2: float
    inside: float


def score(found: list[Entry]) -> Score:
    """Of the rows that have an estimate."""
    known = [item for item in found if item.estimate]
    ratios = [item.ratio for item in known]
    return Score(
        rows=len(known),
        lowest=min(ratios),
        median=median(ratios),
        highest=max(ratios),
        within_2=sum(abs(ratio - 1) <= 0.02 for ratio in ratios) / len(known),
        inside=sum(item.inside for item in known) / len(known),
    )
