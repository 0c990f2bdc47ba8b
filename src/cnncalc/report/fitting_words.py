"""What a fit says, in sentences, and what a remedy costs, in a phrase."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.fitting import Fit
from cnncalc.advice.question import Remedy
from cnncalc.estimation import estimate
from cnncalc.report.words import listed
from cnncalc.units import bytes_text, count_text, shape_text


def sentences(fit: Fit, command: str) -> Iterator[str]:
    """The answer, the peak, the largest batch, and how sure it is."""
    yield f"{_need(fit)} {_room(fit)}: {_verdict(fit)}."
    yield f"Peak: {fit.need.peak}, with {_terms(fit)}. {_largest(fit)}"
    yield from _ratios(fit, command)


def _need(fit: Fit) -> str:
    images = "1 image" if fit.batch_size == 1 else f"batch {fit.batch_size}"
    size = bytes_text(fit.needed_bytes)
    if fit.mode == "inference":
        return f"{fit.model.name} predicting {images} needs up to {size} by the rule {fit.rule};"
    optimizer = fit.settings.optimizer.name
    return f"{fit.model.name} at {images} with {optimizer} needs up to {size} by the rule {fit.rule};"


def _room(fit: Fit) -> str:
    return f"the budget is {bytes_text(fit.budget_bytes)}"


def _verdict(fit: Fit) -> str:
    if fit.verdict == "fits":
        return f"it fits, {bytes_text(fit.budget_bytes - fit.high_bytes)} to spare"
    if fit.verdict == "uncertain":
        return "it is uncertain whether it fits"
    return f"it does not fit, {bytes_text(fit.low_bytes - fit.budget_bytes)} too much"


ROLES = {
    "parameters": "variables",
    "slots": "slots",
    "inputs": "images",
    "targets": "targets",
    "outputs": "outputs",
    "kept": "what is kept beside them",
    "gradients": "gradients",
    "weight_gradients": "gradients of weights",
    "updates": "the optimizer's temporaries",
}


def _terms(fit: Fit) -> str:
    found = sorted(fit.need.terms.items(), key=lambda item: -item[1])
    return listed([f"{bytes_text(size)} of {ROLES[role]}" for role, size in found if size])


def _largest(fit: Fit) -> str:
    size = fit.largest_batch_size
    if not size:
        return "Not even a batch of 1 fits."
    sure = " for sure" if fit.budget.ratios else ""
    return f"The largest batch that fits{sure} is {size}."


def _ratios(fit: Fit, command: str) -> Iterator[str]:
    ratios = fit.budget.ratios
    if ratios is None:
        return
    low, high = bytes_text(fit.low_bytes), bytes_text(fit.high_bytes)
    yield (
        f"The rule is that of the CPU. On a GPU Keras compiles with XLA, which took {ratios.low} to "
        f"{ratios.high} times the CPU's typical value ({ratios.source}): from {low} to {high} here."
    )
    if fit.verdict == "uncertain":
        yield f"To be sure, ask the compiler: {command} --rule xla"


def costs(fit: Fit, remedy: Remedy) -> str:
    """What the remedy changes beside memory, in the order of who will mind first."""
    return "; ".join(part for part in _costs(fit, remedy) if part)


def _costs(fit: Fit, remedy: Remedy) -> Iterator[str]:
    before = estimate(fit.model)
    yield remedy.note
    if remedy.output_shapes != fit.model.graph.output_shapes:
        yield f"output {', '.join(map(shape_text, remedy.output_shapes))}"
    if remedy.macs != before.macs:
        yield f"{count_text(remedy.macs)} MACs instead of {count_text(before.macs)}"
    if remedy.parameters != before.parameters:
        more = remedy.parameters > before.parameters
        difference = count_text(abs(remedy.parameters - before.parameters))
        yield f"{difference} parameters {'more' if more else 'fewer'}"
    if remedy.recomputed_macs:
        yield f"{count_text(remedy.recomputed_macs)} MACs a step computed again"
