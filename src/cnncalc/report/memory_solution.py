"""The memory sections of a worked solution: the book's rules, unrounded and as the book rounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cnncalc.estimation import Estimate
from cnncalc.footprints import Footprint
from cnncalc.memory.plan import Buffer, Role
from cnncalc.report.sums import Section, Sum
from cnncalc.units import bytes_text

MIB = 2**20
MOST_TERMS = 8
"""Sums of more terms than this are not written out."""


def prediction(estimate: Estimate) -> Section:
    """What is alive at the peak of a prediction."""
    footprint = estimate.memory["textbook"].inference
    images = estimate.settings.inference_batch_size
    title = "Predicting one image" if images == 1 else f"Predicting {images} images"
    phrase = (
        "Once a layer is computed, its input can be released, unless a later layer reads it. "
        f"The most is alive when {footprint.peak.step} has just been computed:"
    )
    alive = [buffer for buffer in footprint.peak.buffers if buffer.role != "parameters"]
    sums = [
        Sum("alive together", _named_terms(alive), f"{_total(alive):,} B"),
        _parameters(estimate, footprint),
        _together(footprint),
    ]
    return Section(title, phrase, tuple(sums))


def training(estimate: Estimate) -> Iterator[Section]:
    """What a training step keeps, and the same as the book prints it."""
    footprint = estimate.memory["textbook"].training
    if footprint is None:
        reasons = " ".join(f"{item}." for item in estimate.not_included)
        yield Section("Training", reasons)
        return
    batch = estimate.settings.batch_size
    phrase = "Backpropagation needs every output of the forward pass until it comes back to it:"
    outputs = _of(footprint, "outputs")
    images = _of(footprint, "inputs")
    sums = [
        Sum("outputs", _batch_terms(outputs, batch), f"{_total(outputs):,} B"),
        Sum("images", _batch_terms(images, batch), f"{_total(images):,} B"),
        _parameters(estimate, footprint),
        _together(footprint),
    ]
    yield Section(f"Training on a batch of {batch}", phrase, tuple(sums))
    yield _as_printed(outputs, images, footprint, batch)


def _as_printed(outputs: list[Buffer], images: list[Buffer], footprint: Footprint, batch: int) -> Section:
    """The book rounds each term to a tenth of a MiB first, and calls the MiB "MB"."""
    one = round(sum(round(buffer.bytes / batch / MIB, 1) for buffer in outputs), 1)
    terms = [
        round(one * batch, 1),
        round(_total(images) / MIB, 1),
        round(_total(_of(footprint, "parameters")) / MIB, 1),
    ]
    written = " + ".join(f"{term:,.1f}" for term in terms)
    phrase = (
        "The book rounds each term to a tenth of a MiB before it multiplies "
        f"({one:,.1f} · {batch} = {terms[0]:,.1f}), and prints {written} = {sum(terms):,.1f} MB; "
        f"its MB are MiB. Unrounded it is {footprint.total_bytes / MIB:,.1f} MiB."
    )
    left_out = (
        "The rule leaves out the gradients, the optimizer's state and the temporaries of the runtime. "
        "A real runtime also saves where the rule does not: it is a rule, not a bound."
    )
    return Section("As the book prints it", phrase, text=left_out)


def _of(footprint: Footprint, role: Role) -> list[Buffer]:
    return [buffer for buffer in footprint.peak.buffers if buffer.role == role]


def _total(buffers: list[Buffer]) -> int:
    return sum(buffer.bytes for buffer in buffers)


def _named_terms(buffers: list[Buffer]) -> str:
    if len(buffers) > MOST_TERMS:
        return f"{len(buffers)} tensors"
    return " + ".join(f"{buffer.name} {buffer.bytes:,}" for buffer in buffers)


def _batch_terms(buffers: list[Buffer], batch: int) -> str:
    """``50 · (6,000,000 + 2 · 3,000,000)``: equal neighbours are counted."""
    sizes = [(size, len(list(same))) for size, same in groupby(buffer.bytes // batch for buffer in buffers)]
    if len(sizes) > MOST_TERMS:
        return f"{batch} · {_total(buffers) // batch:,}, the outputs of {len(buffers)} steps"
    terms = [f"{count} · {size:,}" if count > 1 else f"{size:,}" for size, count in sizes]
    inner = " + ".join(terms)
    return f"{batch} · ({inner})" if len(terms) > 1 else f"{batch} · {inner}"


def _parameters(estimate: Estimate, footprint: Footprint) -> Sum:
    size = _total(_of(footprint, "parameters"))
    item, rest = divmod(size, estimate.parameters) if estimate.parameters else (0, 1)
    return Sum("parameters", "" if rest else f"{item} · {estimate.parameters:,}", f"{size:,} B")


def _together(footprint: Footprint) -> Sum:
    return Sum("together", "", f"{footprint.total_bytes:,} B", bytes_text(footprint.total_bytes))
