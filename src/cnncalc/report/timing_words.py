"""What bounds the time of a step, what was measured, and why a real one takes longer: in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.achieved import LIKE, Achieved, achieved
from cnncalc.devices import Device, load_device
from cnncalc.report.words import listed
from cnncalc.tensors import policy
from cnncalc.timing import Bound, TimeBound
from cnncalc.units import rate_text, seconds_text

BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}
STEPS = {"inference": "prediction", "training": "training step"}


def words(found: TimeBound) -> str:
    """A paragraph a line."""
    return "\n".join(
        filter(None, [_peak(found), *_measured(found), _why(found.device), _tensor_float(found)])
    )


def _peak(found: TimeBound) -> str:
    """The rates, and what the ridge is."""
    device = found.device
    rates = [
        f"{rate_text(device.rates.macs_per_s(dtype), ' MACs')} in {dtype}"
        for dtype in found.inference.work.macs
    ]
    moved = f"{rate_text(device.rates.bytes_per_s, 'B')} to and from its memory"
    return (
        f"The device's stated peak is {listed([*rates, moved])}. "
        "With fewer MACs per byte than the ridge a step takes the time of its bytes, with more that of its "
        "MACs."
    )


def _measured(found: TimeBound) -> list[str]:
    """Where the shares come from: a sentence, or one for each step where they differ."""
    sentences: dict[str, list[str]] = {}
    for bound in found.bounds:
        sentences.setdefault(_source(found.device, bound), []).append(_count(bound))
    return [sentence.replace("{}", listed(counts), 1) for sentence, counts in sentences.items()]


def _count(bound: Bound) -> str:
    count = len(bound.measured) or "no"
    return f"{count} {STEPS[bound.mode]}{'s' * (len(bound.measured) > 1)}"


def _source(device: Device, bound: Bound) -> str:
    steps = bound.measured
    if not steps:
        return f"In {bound.dtype} {{}} was measured."
    where = listed(sorted({load_device(step.device).name for step in steps}))
    backends = listed(sorted({BACKENDS[step.backend] for step in steps}))
    size = f"of like size (up to {LIKE} times fewer or more MACs)" if _near(bound) else "of other sizes"
    text = f"Measured: {{}} {size}, on {where} with Keras on {backends}, {_dates(steps)}."
    return " ".join([text, *_other_types(device, bound), *_no_time(device, bound)])


def _other_types(device: Device, bound: Bound) -> Iterator[str]:
    """Where a measured step's type is not quite that of the step asked about."""
    policies = sorted({step.dtype for step in bound.measured} - {bound.dtype})
    if policies:
        yield f"They ran in {listed(policies)}, which computes in the same type."
    for other in sorted({step.device for step in bound.measured} - {device.id}):
        there, here = (one.rates.float32_as for one in (load_device(other), device))
        if policy(bound.dtype).compute == "float32" and there != here:
            yield f"float32 is {_plain(there)} there, {_plain(here)} here."


def _plain(multiplied: str) -> str:
    return "plain float32" if multiplied == "float32" else multiplied


def _near(bound: Bound) -> bool:
    return bound.measured[0].near(bound.work.all_macs)


def _no_time(device: Device, bound: Bound) -> Iterator[str]:
    """Why no time is derived from the shares."""
    if bound.segments:
        yield "No step with segments that run again was measured, so no time is derived."
    elif bound.measured[0].device != device.id:
        yield (
            f"None was measured on {device.name}, so no time is derived: starting operations is another "
            "part of a step on another device."
        )
    elif not _near(bound):
        yield (
            "None is of like size, so no time is derived: starting kernels is a larger part of a small step."
        )


def _dates(steps: tuple[Achieved, ...]) -> str:
    first, last = min(step.date for step in steps), max(step.date for step in steps)
    return first if first == last else f"{first} to {last}"


def _why(device: Device) -> str:
    """What keeps a step from the peak, as far as it is so on that kind of device."""
    large = "A large step passes the outputs of its layers through memory, which the bound leaves out."
    if device.kind == "microcontroller":
        return large
    if device.kind != "gpu":
        return (
            "Why a small step stays far below the peak: its work does not fill the device. "
            f"{_shortest(device)}A larger batch helps. {large}"
        )
    cores = f"{device.xla.core_count} multiprocessors" if device.xla else "whole device"
    return (
        "Why a small step stays far below the peak: each layer is at least one kernel, which takes some "
        f"microseconds to start however little it does, and its work does not fill the {cores}. "
        f"{_shortest(device)}A larger batch gives each start more work. {large}"
    )


def _shortest(device: Device) -> str:
    """The least that any prediction took on it."""
    steps = [step for step in achieved() if step.device == device.id and step.mode == "inference"]
    if not steps:
        return ""
    least = min(steps, key=lambda step: step.seconds)
    return (
        f"The shortest prediction measured on this device, {least.model} at batch {least.batch_size}, took "
        f"{seconds_text(least.seconds)}. "
    )


def _tensor_float(found: TimeBound) -> str:
    """What float32 stands for where its name does not say."""
    multiplied = found.device.rates.float32_as
    if multiplied == "float32" or "float32" not in found.inference.work.macs:
        return ""
    return (
        f"The peak for float32 is that of {multiplied}. Products in full float32, which is PyTorch's "
        "default for matrices, take far longer."
    )
