"""Max pooling in place of a strided convolution: no weights, and as many channels as came in."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.edits import named_rows, replaced
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Named, Question, Remedy
from cnncalc.comparing.max_pooling import STRIDED, pooled


def max_pooling(question: Question) -> Iterator[Remedy]:
    """The strided convolutions that gain most from being a max pooling of the same window and stride."""
    rows = named_rows(question.model)
    names = [row.name for row in rows if isinstance(row.layer, STRIDED) and max(row.layer.strides) > 1]
    changes = [Named(f"max pooling instead of the convolution {name}", to_pooling(name)) for name in names]
    yield from question.best("pooling", changes, shown=1)


def to_pooling(name: str) -> Change:
    def change(run: Run) -> Run:
        return run._replace(model=replaced(run.model, name, pooled))

    return change
