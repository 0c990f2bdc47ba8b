"""What a fit says, in sentences, and what a remedy costs, in a phrase."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.fitting import Fit
from cnncalc.advice.question import Remedy
from cnncalc.estimation import estimate
from cnncalc.report.words import listed
from cnncalc.units import bytes_text, count_text, shape_text


def sentences(fit: Fit, command: str) -> Iterator[str]:
    """The answer, the peak, the largest batch, and what stands behind the figures."""
    yield f"{_need(fit)} {_room(fit)}: {_verdict(fit)}."
    yield f"Peak: {fit.need.peak}, with {_terms(fit)}. {_largest(fit)}"
    yield from _ratios(fit, command)
    yield from _reserve(fit)
    yield from _notes(fit, command)


def _need(fit: Fit) -> str:
    images = "1 image" if fit.batch_size == 1 else f"batch {fit.batch_size}"
    doing = f"predicting {images}" if fit.mode == "inference" else f"at {images}"
    optimizer = "" if fit.mode == "inference" else f" with {fit.settings.optimizer.name}"
    size = bytes_text(fit.needed_bytes)
    if not fit.budget.ratios:
        return f"{fit.model.name} {doing}{optimizer} needs up to {size} by the rule {fit.rule};"
    compiled = _between(fit.low_bytes, fit.high_bytes)
    return f"{fit.model.name} {doing}{optimizer} needs up to {size} on the CPU, and {compiled} on a GPU;"


def _between(low: int, high: int) -> str:
    first, last = bytes_text(low), bytes_text(high)
    return first if first == last else f"{first} to {last}"


def _room(fit: Fit) -> str:
    if fit.device is None:
        return f"the budget is {bytes_text(fit.budget_bytes)}"
    left = _between(fit.budget_bytes, fit.budget_bytes + fit.budget.slack)
    return f"of the {bytes_text(fit.device.memory_bytes)} of {fit.device.name} {left} can be used"


def _verdict(fit: Fit) -> str:
    sure = fit.budget.ratios or fit.budget.slack
    if fit.verdict == "fits":
        return (
            f"it fits, {bytes_text(fit.budget_bytes - fit.high_bytes)} to spare{' at least' if sure else ''}"
        )
    if fit.verdict == "uncertain":
        return "it is uncertain whether it fits"
    missing = bytes_text(fit.low_bytes - fit.budget_bytes - fit.budget.slack)
    return f"it does not fit, {missing} too much{' at least' if sure else ''}"


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
    sure = "surely fits" if fit.budget.ratios or fit.budget.slack else "fits"
    return f"The largest batch that {sure} is {size:,}." if size else f"Not even a batch of 1 {sure}."


def _ratios(fit: Fit, command: str) -> Iterator[str]:
    ratios = fit.budget.ratios
    if ratios is None:
        return
    yield (
        f"On a GPU Keras compiles with XLA, which took {ratios.low} to {ratios.high} times the CPU's typical "
        f"{bytes_text(fit.need.typical_bytes)} ({ratios.source})."
    )
    if fit.verdict == "uncertain":
        yield f"To be sure, ask the compiler: {command} --rule xla"


def _reserve(fit: Fit) -> Iterator[str]:
    """The runtime's share, but where the user has said how much it is."""
    chosen = fit.sharing.memory_fraction is not None or (fit.reserve and fit.reserve.source == "as given")
    if fit.reserve is None or fit.device is None or chosen:
        return
    if not fit.reserve.high:
        yield f"Of {fit.device.name} {fit.reserve.source} (--reserve)."
        return
    taken = _between(fit.reserve.low, fit.reserve.high)
    yield f"Taken before: {taken}, not measured here. --reserve sets it; docs/fit.md says where it is from."


def _notes(fit: Fit, command: str) -> Iterator[str]:
    """What the figure leaves out for this device or this budget."""
    kind = fit.device.kind if fit.device else ""
    if kind == "microcontroller":
        weights = fit.need.variables_bytes
        rest = bytes_text(fit.needed_bytes - weights)
        size = bytes_text(weights)
        yield f"{size} of it are weights; where they are read from flash, {rest} of RAM are needed."
    if kind == "tpu":
        yield "How a TPU's compiler compares with the CPU's rule is not known here."
    if fit.rule == "tensorflow" and fit.budget_bytes < SMALL:
        yield (
            "The rule tensorflow counts no buffer below 256 KiB, which tells in so small a budget: "
            f"{command} --rule ideal"
        )


SMALL = 16 * 2**20
"""A budget in which what TensorFlow does not trace is no trifle."""


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
