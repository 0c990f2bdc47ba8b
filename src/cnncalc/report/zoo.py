"""The list of the zoo as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.report.table import Grid, fitted
from cnncalc.units import count_text


def to_table(rows: Iterable[Mapping[str, Any]], width: int | None = None) -> str:
    """One line per architecture: name, parameters, MACs, where it is published."""
    header = ("name", "parameters", "MACs", "source")
    cells = tuple(
        (row["name"], f"{row['parameters']:,}", count_text(row["macs"]), _short(row["source"]))
        for row in rows
    )
    return fitted(Grid(header, cells, frozenset({0, 3}), optional=(3,)), width) + "\n"


def _short(source: str) -> str:
    return source if len(source) <= 80 else f"{source[:79]}…"
