"""Several devices that hold the whole model, each with a part of the batch (data parallel)."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.memory.variables import variables_bytes
from cnncalc.units import bytes_text

COUNTS = (2, 4, 8)


def more_devices(question: Question) -> Iterator[Remedy]:
    """The fewest devices on which it fits, else the most that are tried.

    Every device has all variables and slots; only what grows with the batch is divided.
    """
    counts = [count for count in COUNTS if question.batch_size % count == 0]
    found: list[Remedy] = []
    for count in counts:
        part = question.batch_size // count
        text = f"{count} devices, data parallel, batch {part} on each"
        found = [*question.remedy("devices", text, spread(question, count), _note(question))] or found
        if found and found[0].fits:
            break
    yield from found


def spread(question: Question, count: int) -> Change:
    def change(run: Run) -> Run:
        part = question.batch_size // count
        return question.with_batch(run, part)._replace(devices=count)

    return change


def _note(question: Question) -> str:
    """What is exchanged: one gradient for each trained value."""
    if question.mode == "inference":
        return "more hardware"
    settings = question.settings
    found = variables_bytes(question.model.graph, settings.dtype, settings.optimizer)
    return f"more hardware; each step sums {bytes_text(found.trainable)} of gradients"
