"""An estimate as a table that reads at a glance, in a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.estimation import Estimate, LayerEstimate
from cnncalc.report.ordering import order_words
from cnncalc.report.words import answer, memory_rows
from cnncalc.settings import Settings
from cnncalc.units import bytes_text, count_text, shape_text

BAR = 12
"""The length of the longest bar, in characters."""


class Grid(NamedTuple):
    """Cells as text. The first ``left`` columns are aligned left, the others right.

    ``optional`` columns, by number, are left out one after the other where space is short.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: frozenset[int]
    optional: tuple[int, ...] = ()

    def without(self, column: int) -> Grid:
        def cut(cells: tuple[str, ...]) -> tuple[str, ...]:
            return cells[:column] + cells[column + 1 :]

        def shifted(number: int) -> int:
            return number - (number > column)

        return Grid(
            cut(self.header),
            tuple(map(cut, self.rows)),
            frozenset(shifted(number) for number in self.left - {column}),
            tuple(shifted(number) for number in self.optional if number != column),
        )


def to_table(estimate: Estimate, width: int | None = None) -> str:
    """The estimate for a terminal of ``width`` columns; None: as wide as it needs to be."""
    settings = estimate.settings
    inputs = " and ".join(shape_text(item.shape) for item in estimate.model.inputs)
    origin = "   from the zoo" if estimate.model.origin == "zoo" else ""
    head = f"{estimate.name}   input {inputs}   {settings.dtype}{origin}"
    tables = [fitted(layer_grid(estimate), width), fitted(memory_grid(estimate), width)]
    text = "\n".join([answer(estimate), *order_words(estimate)])
    words = text if width is None else wrapped(text, width)
    notes = [f"Not included: {item}." for item in estimate.not_included]
    return "\n".join([head, "", tables[0], "", tables[1], "", words, *notes]) + "\n"


def to_markdown(estimate: Estimate) -> str:
    """The estimate as Markdown: two tables and the answer."""
    tables = [markdown(layer_grid(estimate).without(6)), markdown(memory_grid(estimate))]
    notes = [f"Not included: {item}." for item in estimate.not_included]
    parts = [f"## {estimate.name}", *tables, answer(estimate), *order_words(estimate), *notes]
    return "\n\n".join(parts) + "\n"


def layer_grid(estimate: Estimate) -> Grid:
    """One row per layer, and the totals."""
    largest = max(layer.output_bytes for layer in estimate.layers)
    rows = [_layer_row(layer, largest) for layer in estimate.layers]
    totals = (f"{estimate.parameters:,}", count_text(estimate.macs), bytes_text(estimate.output_bytes))
    header = ("layer", "kind", "output shape", "parameters", "MACs", "output, 1 image", "")
    total = ("total", "", "", *totals, "")
    return Grid(header, (*rows, total), frozenset({0, 1, 6}), optional=(6, 1, 4))


def _layer_row(layer: LayerEstimate, largest: int) -> tuple[str, ...]:
    calls = f" x {layer.calls}" if layer.calls > 1 else ""
    bar = "█" * round(BAR * layer.output_bytes / largest)
    return (
        layer.name + calls,
        layer.kind,
        ", ".join(map(shape_text, layer.output_shapes)),
        f"{layer.parameters:,}",
        count_text(layer.macs),
        bytes_text(layer.output_bytes),
        bar,
    )


def memory_grid(estimate: Estimate) -> Grid:
    """One row per memory rule: prediction and training."""
    settings = estimate.settings
    images = settings.inference_batch_size
    header = (
        "memory",
        "",
        f"prediction, {images} image{'s' * (images > 1)}",
        training_header(settings),
        "by order",
    )
    grid = Grid(header, tuple(memory_rows(estimate)), frozenset({0, 1}), optional=(1, 4))
    return grid if any(row[4] for row in grid.rows) else grid.without(4)


def training_header(settings: Settings) -> str:
    """What stands over the figures of a training step."""
    count = len(settings.segments)
    again = f", {count} segment{'s' * (count > 1)} run again" if count else ""
    return f"training, batch {settings.batch_size}, {settings.optimizer.name}{again}"


def fitted(grid: Grid, width: int | None) -> str:
    """The grid within ``width`` columns, where it can be without cutting a number."""
    columns = [max(map(len, cells)) for cells in zip(grid.header, *grid.rows, strict=True)]
    needed = sum(columns) + 2 * len(columns)
    if width is None or needed <= width:
        return aligned(grid, columns)
    if grid.optional:
        return fitted(grid.without(grid.optional[0]), width)
    columns[0] = max(columns[0] - (needed - width), 8)
    return aligned(grid, columns)


def stacked(grid: Grid, width: int | None) -> str:
    """The grid; where it is wider than that, its columns under each other, each beside the first one."""
    text = fitted(grid, None)
    if width is None or max(map(len, text.splitlines())) <= width:
        return text
    return "\n\n".join([f" {grid.header[0]}", *(_alone(grid, column, width) for column in _others(grid))])


def _others(grid: Grid) -> range:
    return range(1, len(grid.header))


def _alone(grid: Grid, column: int, width: int) -> str:
    """One column beside the first; a cell without room stands on a line of its own."""
    cells = [(row[0], row[column]) for row in grid.rows]
    wide = min(max(len(label) + 2 + len(cell) for label, cell in cells), width - 1)
    lines = [
        f" {label}{cell.rjust(wide - len(label))}"
        if len(label) + 2 + len(cell) <= wide
        else f" {label}\n {cell.rjust(wide)}"
        for label, cell in cells
    ]
    return "\n".join([f" {grid.header[column]}", *lines])


def aligned(grid: Grid, columns: Sequence[int]) -> str:
    return "\n".join(_line(cells, columns, grid.left) for cells in (grid.header, *grid.rows))


def _line(cells: tuple[str, ...], columns: Sequence[int], left: frozenset[int]) -> str:
    padded = [
        _cut(cell, width).ljust(width) if index in left else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(cells, columns, strict=True))
    ]
    return (" " + "  ".join(padded)).rstrip()


def _cut(cell: str, width: int) -> str:
    """The end of a long name tells more than its middle."""
    return cell if len(cell) <= width else f"{cell[: (width - 1) // 2]}…{cell[-(width // 2) :]}"


def markdown(grid: Grid) -> str:
    rule = ["---" if index in grid.left else "---:" for index in range(len(grid.header))]
    lines = (grid.header, rule, *grid.rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.fill(line, width, break_long_words=False) for line in text.splitlines())
