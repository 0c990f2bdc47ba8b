"""Numbers of 16 bits: with the weights in 32, or everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.tensors import policy

WORDS = {
    "mixed_float16": ("mixed precision (mixed_float16)", "weights and slots stay float32"),
    "float16": ("pure float16", "only scalars of the optimizer stay 32-bit; small values vanish"),
}
"""Each type with what it is called and what it leaves in 32 bits."""


def half_precision(question: Question) -> Iterator[Remedy]:
    """Both types, where the model's own is a larger one. A layer with a dtype of its own keeps it."""
    own = policy(question.settings.dtype)
    for name, (description, note) in WORDS.items():
        offered = policy(name)
        if (offered.compute_bytes, offered.variable_bytes) < (own.compute_bytes, own.variable_bytes):
            yield from question.remedy("float16", description, _in(name), note + _kept(question))


def _in(dtype: str) -> Change:
    return lambda run: run.changed(dtype=dtype)


def _kept(question: Question) -> str:
    """The layers that stay as they are, by number and type."""
    kept = sorted({layer.dtype for layer in question.model.layers if layer.dtype})
    return f"; layers with a dtype of their own keep it ({', '.join(kept)})" if kept else ""
