"""A table of few columns and many rows turned on its side where it would be too wide."""

from __future__ import annotations

from cnncalc.report.table import Grid, fitted

LEAST = 8
"""No name is cut to fewer characters than these."""


def side_by_side(grid: Grid, width: int | None) -> str:
    """The grid as it is, or with a column for each of its rows: as many blocks as it takes, nothing left out.

    >>> grid = Grid(("model", "parameters"), (("one", "1"), ("two", "22")), frozenset({0}))
    >>> print(side_by_side(grid, 18))
     model       one
     parameters    1
    <BLANKLINE>
     model       two
     parameters   22
    """
    if width is None or _needed(grid) <= width:
        return fitted(grid, None)
    room = max(width - max(map(len, grid.header)) - 4, LEAST)
    rows = tuple((_cut(name, room), *figures) for name, *figures in grid.rows)
    return "\n\n".join(fitted(block, None) for block in _blocks(grid._replace(rows=rows), width))


def _blocks(grid: Grid, width: int) -> list[Grid]:
    """The grid on its side, in pieces that fit."""
    pieces: list[tuple[tuple[str, ...], ...]] = []
    for row in grid.rows:
        wider = (*pieces[-1], row) if pieces else (row,)
        if len(wider) > 1 and _needed(_turned(grid.header, wider)) > width:
            pieces.append((row,))
        else:
            pieces[-1:] = [wider]
    return [_turned(grid.header, piece) for piece in pieces]


def _turned(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Grid:
    first, *rest = zip(header, *rows, strict=True)
    return Grid(first, tuple(rest), frozenset({0}))


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _needed(grid: Grid) -> int:
    """The columns of a terminal that the grid takes, with one free in front of each cell and one behind."""
    columns = [max(map(len, cells)) for cells in zip(grid.header, *grid.rows, strict=True)]
    return sum(columns) + 2 * len(columns)
