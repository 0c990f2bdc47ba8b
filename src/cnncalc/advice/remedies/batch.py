"""A smaller batch, with the gradients of several added up before each update."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.settings import OptimizerSpec

STEPS = "gradient_accumulation_steps"


def smaller_batch(question: Question) -> Iterator[Remedy]:
    """The largest part of the batch that fits, as many of which make up the whole; one image where none does.

    Parts divide the batch, so that the updates see as many images as before. Gradients are added up in one
    more slot of the weights' size, which the estimate counts. Not the same: batch normalisation takes its
    statistics from the smaller batch.
    """
    parts = divisors(question.batch_size)[1:]
    if not parts:
        return
    chosen = next((part for part in parts if _fits(question, part)), 1)
    yield from batch_remedy(question, chosen)


def _fits(question: Question, part: int) -> bool:
    run = question.possible(batch_of(question, part))
    return run is not None and question.verdict(run) == "fits"


def batch_remedy(question: Question, part: int) -> Iterator[Remedy]:
    """The remedy of batches of that size."""
    words = _description(question, part), batch_of(question, part), _note(question)
    yield from question.remedy("batch", *words)


def divisors(number: int) -> list[int]:
    """
    >>> divisors(50)
    [50, 25, 10, 5, 2, 1]
    """
    return [part for part in range(number, 0, -1) if number % part == 0]


def batch_of(question: Question, part: int) -> Change:
    """The change to batches of that size, over which gradients are added up."""
    times = question.batch_size // part

    def change(run: Run) -> Run:
        smaller = question.with_batch(run, part)
        if question.mode == "inference":
            return smaller
        return smaller.changed(optimizer=accumulating(run.settings.optimizer, times))

    return change


def accumulating(optimizer: OptimizerSpec, times: int) -> OptimizerSpec:
    """The optimizer that updates after ``times`` as many batches as before.

    >>> from cnncalc.settings import optimizer
    >>> accumulating(optimizer("adam"), 4)
    OptimizerSpec('Adam', {'gradient_accumulation_steps': 4})

    Raises SettingError for one that cannot.
    """
    if "inner_optimizer" in optimizer.options:
        inner = accumulating(optimizer.value("inner_optimizer"), times)
        return OptimizerSpec(optimizer.name, {**optimizer.options, "inner_optimizer": inner})
    before = optimizer.options.get(STEPS) or 1
    return OptimizerSpec(optimizer.name, {**optimizer.options, STEPS: before * times})


def _description(question: Question, part: int) -> str:
    times = question.batch_size // part
    if question.mode == "inference":
        return f"batch {part}"
    return f"batch {part}, gradients accumulated over {times} steps"


def _note(question: Question) -> str:
    if question.mode == "inference":
        return "more predictions, one after the other"
    normalised = any(node.layer.kind == "BatchNormalization" for node in question.model.graph.nodes)
    return "the same gradients" + (" but for batch statistics" if normalised else "")
