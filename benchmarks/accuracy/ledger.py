"""The ledger: each measured row beside its estimate and beside the formulas that people use today."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from statistics import median, multimode
from typing import Any, NamedTuple

import cnncalc
from benchmarks.accuracy.measure import load
from benchmarks.accuracy.rows import Row
from cnncalc.errors import NoRuleError
from cnncalc.estimation import Estimate
from cnncalc.footprints import Footprint


class Entry(NamedTuple):
    """A row: what was measured, and the estimate; None where there is no rule, with the reason."""

    row: Row
    measured: tuple[int, ...]
    variables_bytes: int
    estimate: Footprint | None
    reason: str
    formulas: dict[str, int]

    @property
    def typical(self) -> int:
        """The most frequent measured value that is nearest to the estimate, of those equally frequent."""
        frequent = multimode(self.measured)
        guess = self.estimate.step_bytes if self.estimate else 0
        return min(frequent, key=lambda value: abs(value - guess))

    @property
    def exact(self) -> bool:
        return self.estimate is not None and self.estimate.step_bytes == self.typical

    @property
    def error(self) -> float:
        """The estimate's relative error against the typical measured value; 1 without an estimate."""
        if self.estimate is None:
            return 1.0
        return (self.estimate.step_bytes - self.typical) / max(self.typical, 1)

    @property
    def inside(self) -> int:
        """How many of the measured runs lie in the band."""
        if self.estimate is None:
            return 0
        low, high = self.estimate.step_low_bytes, self.estimate.step_high_bytes
        return sum(low <= value <= high for value in self.measured)

    @property
    def width(self) -> float:
        """The band's width over the typical estimate."""
        if self.estimate is None:
            return 0.0
        span = self.estimate.step_high_bytes - self.estimate.step_low_bytes
        return span / max(self.estimate.step_bytes, 1)


def entries() -> Iterator[Entry]:
    """All rows that have been measured, estimated anew."""
    for found in load().values():
        if "failed" not in found:
            yield entry(Row(**found["row"]), found)


def entry(row: Row, found: dict[str, Any]) -> Entry:
    guess = cnncalc.estimate(row.build(), inference_batch_size=row.batch_size, **row.settings())
    estimate, reason = _footprint(guess, row)
    variables = found["weights_bytes"] + found["optimizer_bytes"]
    return Entry(row, tuple(found["step_bytes"]), variables, estimate, reason, formulas(guess, row))


def _footprint(guess: Estimate, row: Row) -> tuple[Footprint | None, str]:
    try:
        answer = guess.memory["tensorflow"]
    except NoRuleError as error:
        return None, str(error)
    return (answer.training if row.optimizer else answer.inference), answer.missing


def formulas(guess: Estimate, row: Row) -> dict[str, int]:
    """What is widely used: weights only, the sum of all outputs, twice the outputs of layers with weights.

    In bytes, weights included; the first is Keras's summary, the last torchinfo's.
    """
    weights = 4 * guess.parameters
    batch = row.batch_size
    outputs = batch * guess.output_bytes
    with_weights = sum(
        batch * 4 * sum(map(prod, layer.output_shapes)) for layer in guess.layers if layer.parameters
    )
    return {"weights": weights, "outputs": weights + outputs, "torchinfo": weights + 2 * with_weights}


class Score(NamedTuple):
    """A set of rows in numbers."""

    rows: int
    exact: float
    within_2: float
    within_6: float
    median_error: float
    runs_inside: float
    median_width: float


def score(found: list[Entry]) -> Score:
    """Shares of rows (and of runs), over all rows: one without an estimate counts as missed."""
    count = len(found)
    runs = sum(len(item.measured) for item in found)
    return Score(
        rows=count,
        exact=sum(item.exact for item in found) / count,
        within_2=sum(abs(item.error) <= 0.02 for item in found) / count,
        within_6=sum(abs(item.error) <= 0.06 for item in found) / count,
        median_error=median(abs(item.error) for item in found),
        runs_inside=sum(item.inside for item in found) / runs,
        median_width=median(item.width for item in found),
    )
