"""A comparison as tables, for a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from cnncalc.comparing.comparison import Candidate, Change, Comparison, PrunedModel
from cnncalc.report.comparison_words import sentences, share_text
from cnncalc.report.table import Grid, fitted, markdown, wrapped
from cnncalc.report.turning import side_by_side
from cnncalc.units import bytes_text, count_text, shape_text


def to_table(comparison: Comparison, width: int | None = None) -> str:
    """The comparison for a terminal of ``width`` columns; None: as wide as it needs to be."""
    tables = [side_by_side(model_grid(comparison.candidates), width)]
    tables += [fitted(change_grid(item), width) for item in comparison.candidates if item.changes]
    if comparison.pruned:
        tables.append(side_by_side(pruned_grid(comparison.pruned), width))
    words = [text if width is None else wrapped(text, width) for text in sentences(comparison)]
    return "\n\n".join([*tables, "\n".join(words)]) + "\n"


def to_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown: its tables and sentences."""
    grids = [model_grid(comparison.candidates)]
    grids += [change_grid(item) for item in comparison.candidates if item.changes]
    if comparison.pruned:
        grids.append(pruned_grid(comparison.pruned))
    return "\n\n".join([*map(markdown, grids), *sentences(comparison)]) + "\n"


def model_grid(candidates: Iterable[Candidate]) -> Grid:
    """One row per model; a variant stands below what it is a variant of."""
    header = ("model", "parameters", "MACs", "depth", "prediction", "training", "receptive field")
    return Grid(header, tuple(map(_model_row, candidates)), frozenset({0}))


def _model_row(item: Candidate) -> tuple[str, ...]:
    memory, field = item.memory, item.receptive_field
    return (
        f"with {item.variant}" if item.variant else item.name,
        f"{item.parameters:,}",
        count_text(item.macs),
        str(item.depth),
        bytes_text(memory.inference.total_bytes),
        bytes_text(memory.training.total_bytes) if memory.training else "-",
        shape_text(field.field.size) if field else "-",
    )


def change_grid(item: Candidate) -> Grid:
    """One row per layer that was replaced: its parameters before and after, and its MACs."""
    header = (item.estimate.name, "parameters", f"with {item.variant}", "MACs before and after")
    return Grid(header, tuple(map(_change_row, item.changes)), frozenset({0}), optional=(3,))


def _change_row(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    macs = f"{count_text(before.macs)}, {count_text(after.macs)}"
    return change.name, f"{before.parameters:,}", f"{after.parameters:,}", macs


def pruned_grid(models: Iterable[PrunedModel]) -> Grid:
    """One row per model and dtype: bytes of the weights in each form, and the break-evens."""
    header = ("pruned", "dtype", "zeros", "dense", "CSR", "pays from", "bitmap", "pays from")
    rows = [row for model in models for row in _pruned_rows(model)]
    return Grid(header, tuple(rows), frozenset({0, 1}))


def _pruned_rows(model: PrunedModel) -> Iterable[tuple[str, ...]]:
    for item in model.weights.storages:
        yield (
            model.name,
            item.dtype,
            share_text(model.weights.sparsity),
            bytes_text(item.dense_bytes),
            bytes_text(item.csr_bytes),
            _pays_from(item.csr_break_even),
            bytes_text(item.bitmap_bytes),
            _pays_from(item.bitmap_break_even),
        )


def _pays_from(break_even: Fraction | None) -> str:
    return "never" if break_even is None else share_text(break_even)
