"""A larger stride in one layer, so that its output and all behind it are smaller."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.edits import named_rows, replaced, with_settings
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Named, Question, Remedy
from cnncalc.comparing.max_pooling import STRIDED
from cnncalc.layers.base import Layer
from cnncalc.layers.convolution import Sliding


def larger_stride(question: Question) -> Iterator[Remedy]:
    """The convolutions that gain most from twice their stride, of those whose output the rest can take."""
    layers = [(row.name, row.layer) for row in named_rows(question.model)]
    changes = [_named(name, layer) for name, layer in layers if isinstance(layer, STRIDED)]
    yield from question.best("stride", changes)


def _named(name: str, layer: Sliding) -> Named:
    before = max(layer.strides)
    gaps = any(2 * stride > span for stride, span in zip(layer.strides, layer.spans, strict=True))
    note = "jumps over a part of its input" if gaps else ""
    return Named(f"stride {2 * before} instead of {before} in {name}", doubled(name), note)


def doubled(name: str) -> Change:
    def change(run: Run) -> Run:
        return run._replace(model=replaced(run.model, name, _doubled))

    return change


def _doubled(layer: Layer) -> Layer:
    if not isinstance(layer, Sliding):
        return layer
    return with_settings(layer, strides=tuple(2 * stride for stride in layer.strides))
