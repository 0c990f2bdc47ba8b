"""``time_bound``: how long a step takes at least on a device at its stated peak, and what real steps took."""

from __future__ import annotations

from os import PathLike
from typing import NamedTuple

from cnncalc import work
from cnncalc.achieved import Achieved, like
from cnncalc.devices import Device, load_device, rated_names
from cnncalc.estimation import Estimate
from cnncalc.estimation import estimate as estimated
from cnncalc.footprints import untrainable
from cnncalc.memory.cuts import stages, whole
from cnncalc.memory.variables import variables_bytes
from cnncalc.model import Model
from cnncalc.work import Work


class Bound(NamedTuple):
    """The least time of a step: for its multiply-accumulates, and for the bytes it moves, in seconds.

    ``device`` is its name, ``dtype`` the policy of the settings, ``segments`` how many run again.
    """

    device: str
    mode: str
    dtype: str
    batch_size: int
    work: Work
    macs_s: float
    bytes_s: float
    segments: int = 0

    @property
    def seconds(self) -> float:
        """The larger one: a device multiplies and moves at the same time."""
        return max(self.macs_s, self.bytes_s)

    @property
    def binding(self) -> str:
        """Which of the two it is."""
        return "MACs" if self.macs_s >= self.bytes_s else "bytes"

    @property
    def images_per_s(self) -> float:
        return self.batch_size / self.seconds

    @property
    def macs_per_byte(self) -> float:
        """The arithmetic intensity."""
        return self.work.all_macs / self.work.bytes

    @property
    def ridge(self) -> float | None:
        """The MACs per byte from which the MACs take longer than the bytes; None where nothing multiplies."""
        return self.macs_per_byte * self.bytes_s / self.macs_s if self.macs_s else None

    @property
    def measured(self) -> tuple[Achieved, ...]:
        """Measured steps of this mode and type, on this device and of like size where there are any."""
        return like(self.device, self.mode, self.dtype, self.work.all_macs)

    @property
    def comparable(self) -> tuple[Achieved, ...]:
        """Those of like size on this device, from whose shares a time may be derived.

        On another device, or in a step of another size, starting kernels is another part of it; and no step
        with segments was measured.
        """
        if self.segments:
            return ()
        return tuple(
            step for step in self.measured if step.device == self.device and step.near(self.work.all_macs)
        )


class TimeBound(NamedTuple):
    """Bounds on a device at its stated peak. ``training`` is None for what cannot be trained."""

    device: Device
    inference: Bound
    training: Bound | None

    @property
    def bounds(self) -> tuple[Bound, ...]:
        return (self.inference, self.training) if self.training else (self.inference,)

    @property
    def measured(self) -> tuple[Achieved, ...]:
        """The measured steps beside both."""
        return tuple(step for bound in self.bounds for step in bound.measured)


def time_bound(
    estimate: Estimate | Model | str | PathLike[str], device: Device | str | PathLike[str]
) -> TimeBound:
    """What a prediction and a training step take at least, by the estimate's settings.

    For a model, or whatever else :func:`cnncalc.estimate` takes, they are the model's. ``device`` is a name,
    a file or a :class:`cnncalc.devices.Device`; the peak rates are its vendor's. A real step takes longer:
    kernels have to be started, their shapes do not fill the device, and intermediate results pass through
    memory. It is no law of nature either: an algorithm that multiplies less than a convolution says
    (Winograd's) may beat the bound by MACs, and what stays in the device's cache from step to step, or is
    computed again instead of kept, that by bytes. Raises CnncalcError where no rates are stated for the
    device or the type, and for what is no device.

    >>> import cnncalc
    >>> found = time_bound(cnncalc.estimate(cnncalc.load("resnet50"), inference_batch_size=64), "h200")
    >>> round(found.inference.macs_s * 1e3, 3)  # ms: 64 * 3.858 G / 247.35 T MACs a second
    0.998
    """
    target = load_device(device, rated_names)
    found = estimate if isinstance(estimate, Estimate) else estimated(estimate)
    settings = found.settings
    done = work.prediction(found.model.graph, settings)
    inference = _bound(target, "inference", settings.dtype, settings.inference_batch_size, done)
    return TimeBound(target, inference, _training(found, target))


def _training(estimate: Estimate, device: Device) -> Bound | None:
    graph, settings = estimate.model.graph, estimate.settings
    if untrainable(graph, settings):
        return None
    state = variables_bytes(graph, settings.dtype, settings.optimizer).optimizer
    segments = stages(estimate.model, settings.segments)
    done = work.training(graph, settings, state, whole(segments))
    bound = _bound(device, "training", settings.dtype, settings.batch_size, done)
    return bound._replace(segments=len(segments))


def _bound(device: Device, mode: str, dtype: str, batch_size: int, done: Work) -> Bound:
    macs_s = sum(count / device.rates.macs_per_s(compute) for compute, count in done.macs.items())
    return Bound(device.id, mode, dtype, batch_size, done, macs_s, done.bytes / device.rates.bytes_per_s)


def timed(
    estimate: Estimate, device: str, mode: str, seconds: float, *, backend: str, versions: str, date: str
) -> Achieved:
    """A step that took so many seconds, beside its bound: as ``devices/achieved.json`` has it."""
    found = time_bound(estimate, device)
    bound = next(bound for bound in found.bounds if bound.mode == mode)
    return Achieved(
        found.device.id,
        backend,
        versions,
        date,
        estimate.name,
        mode,
        bound.batch_size,
        bound.dtype,
        bound.work.all_macs,
        bound.seconds,
        seconds,
    )
