"""The answer in a sentence or two, and the memory rules in a line each."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.estimation import Estimate
from cnncalc.footprints import Footprint
from cnncalc.report.expected import error_words
from cnncalc.units import bytes_text

RULES = {
    "textbook": "the book's rule",
    "ideal": "no waste",
    "tensorflow": "Keras allocates",
    "xla": "XLA's plan",
}
"""What each memory rule is, in three words."""


def memory_rows(estimate: Estimate) -> Iterator[tuple[str, ...]]:
    """Rule, what it is, bytes of prediction, bytes of training, and where the latter go over the orders."""
    for rule, memory in estimate.answers.items():
        training = bytes_text(memory.training.total_bytes) if memory.training else "-"
        band = _band(memory.training) if memory.training else ""
        what = RULES[rule]
        if rule == "ideal" and estimate.order != "as-written":
            what += f", {estimate.order} order"
        yield rule, what, bytes_text(memory.inference.total_bytes), training, band


def _band(footprint: Footprint) -> str:
    """From where to where the bytes go; nothing where that does not show."""
    fixed = footprint.variables_bytes + footprint.io_bytes
    low, high = (bytes_text(fixed + step) for step in (footprint.step_low_bytes, footprint.step_high_bytes))
    return "" if low == high else f"{low} to {high}"


def answer(estimate: Estimate) -> str:
    """What prediction and training take, and what is alive at the peak."""
    memory = estimate.memory["textbook"]
    sentences = [_prediction(estimate, memory.inference)]
    if memory.training:
        sentences.append(_training(estimate, memory.training))
    runtime = estimate.answers.get("tensorflow")
    if runtime and runtime.training:
        sentences.append(_runtime(estimate, runtime.training))
    compiled = estimate.answers.get("xla")
    if compiled and compiled.training:
        sentences.append(_compiled(compiled.training))
    return "\n".join(sentences)


def _prediction(estimate: Estimate, footprint: Footprint) -> str:
    images = estimate.settings.inference_batch_size
    what = "one image" if images == 1 else f"{images} images"
    alive = [buffer for buffer in footprint.peak.buffers if buffer.role != "parameters"]
    parameters = bytes_text(footprint.terms.get("parameters", 0))
    size = bytes_text(sum(buffer.bytes for buffer in alive))
    names = listed([buffer.name for buffer in alive])
    verb = "are alive together" if len(alive) > 1 else "is alive"
    total = bytes_text(footprint.total_bytes)
    alive_text = f"{names} {verb} ({size}) beside {parameters} of parameters"
    return f"By the book's rule predicting {what} takes {total}: {alive_text}."


def _training(estimate: Estimate, footprint: Footprint) -> str:
    terms = {role: bytes_text(size) for role, size in footprint.terms.items()}
    total = bytes_text(footprint.total_bytes)
    outputs, images = terms.get("outputs", "0 B"), terms.get("inputs", "0 B")
    return (
        f"Training at batch {estimate.settings.batch_size} takes {total} by that rule: {outputs} of outputs, "
        f"all kept for the backward pass, {images} of images, {terms.get('parameters', '0 B')} of parameters."
    )


def _runtime(estimate: Estimate, footprint: Footprint) -> str:
    """What TensorFlow takes, and where its peak is."""
    terms = footprint.terms
    made = sorted(((size, role) for role, size in terms.items() if role in STEP_ROLES), reverse=True)
    parts = listed([f"{bytes_text(size)} of {STEP_ROLES[role]}" for size, role in made])
    total = bytes_text(footprint.total_bytes)
    return (
        f"With TensorFlow on the CPU it takes about {total}: {parts}, beside variables and images. "
        f"The peak is in {footprint.peak.step}. {error_words(estimate.settings)}"
    )


def _compiled(footprint: Footprint) -> str:
    """What the compiler plans: its one step is named after the device."""
    total, temporaries = bytes_text(footprint.total_bytes), bytes_text(footprint.step_bytes)
    return f"{footprint.peak.step}: {total} for training, {temporaries} of them above variables and images."


STEP_ROLES = {"outputs": "outputs", "gradients": "gradients", "updates": "the optimizer's temporaries"}


def listed(names: list[str], most: int = 4) -> str:
    """Names as an enumeration.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nothing"
