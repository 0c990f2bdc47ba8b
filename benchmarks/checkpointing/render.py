"""Write the table of docs/checkpointing.md from what has been measured:
``python -m benchmarks.checkpointing.render``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.checkpointing.measure import MEASURED, Row, plan
from cnncalc.checkpoints import Checkpoints
from cnncalc.footprints import Footprint

PAGE = Path(__file__).parents[2] / "docs" / "checkpointing.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->"
HEADER = ("model", "segments", "MACs again", "ideal", "rule `tensorflow`", "its band", "measured")


class Entry(NamedTuple):
    """A measured row beside today's plan. All bytes are those of the step: without variables and batch."""

    row: Row
    segments: list[list[str]]
    measured: list[int]
    planned: Checkpoints
    predicted: Footprint

    @property
    def ideal_bytes(self) -> int:
        fixed = ("parameters", "slots", "inputs")
        return sum(buffer.bytes for buffer in self.planned.peak.buffers if buffer.role not in fixed)

    @property
    def typical_bytes(self) -> int:
        """The most frequent value measured; of those that are equally frequent, the nearest to the rule's."""
        most = max(self.measured.count(size) for size in self.measured)
        frequent = [size for size in self.measured if self.measured.count(size) == most]
        return min(frequent, key=lambda size: abs(size - self.predicted.step_bytes))


def entries() -> list[Entry]:
    """What has been measured, in the order of the rows."""
    return [_entry(item) for item in records()]


def records() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(json.loads(MEASURED.read_text()).values())
    return found


def _entry(item: dict[str, Any]) -> Entry:
    row = Row(**item["row"])
    planned = plan(row)
    answer = planned.tensorflow
    if answer is None or answer.training is None:
        raise ValueError(f"{row.id}: no rule")
    return Entry(row, item["segments"], item["step_bytes"], planned, answer.training)


def main() -> None:
    """Write the table between its two marks."""
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + BEGIN + table(entries()) + END + after)


def table(found: list[Entry]) -> str:
    return "\n".join(
        [_line(HEADER), "|---|---:|---:|---:|---:|---:|---:|", *map(_line, map(_cells, found)), ""]
    )


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(item: Entry) -> tuple[str, ...]:
    low, high = item.predicted.step_low_bytes, item.predicted.step_high_bytes
    return (
        f"{item.row.model}, batch {item.row.batch_size}",
        str(len(item.segments)),
        f"{item.planned.recomputed_macs / item.planned.estimate.macs:.0%}",
        _mib(item.ideal_bytes),
        _mib(item.predicted.step_bytes),
        f"{_mib(low)} to {_mib(high)}" if low < high else "-",
        ", ".join(_counted(item.measured)),
    )


def _counted(sizes: list[int]) -> Iterator[str]:
    """Each value, with how often it came."""
    for size in sorted(set(sizes)):
        count = sizes.count(size)
        yield f"{_mib(size)} ({count})" if count > 1 else _mib(size)


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f}"


if __name__ == "__main__":
    main()
