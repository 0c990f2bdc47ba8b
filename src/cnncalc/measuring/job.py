"""A job for the measuring process, and what it answers: plain data that goes through a pipe as JSON."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Mode = Literal["inference", "training"]


class Job(NamedTuple):
    """What to measure. ``model`` is a model file as JSON; ``optimizer`` and ``loss`` as Keras saves them;
    ``segments``: names of layers that run again in the backward pass.
    """

    model: str
    mode: Mode
    batch_size: int
    dtype: str
    optimizer: dict[str, Any]
    loss: dict[str, Any]
    compilations: int
    timeline: bool
    segments: tuple[tuple[str, ...], ...] = ()


class Run(NamedTuple):
    """One fresh compilation.

    ``step_bytes``: the peak of one step above variables and inputs, in requested bytes. ``buffers``: what was
    alive then, ``(operation, bytes, shape)``. ``allocator_bytes``: the allocator's own peak in whole chunks,
    variables and inputs included; None where it keeps none. ``left_bytes``: what was not released, 0 in a
    sound trace.
    """

    step_bytes: int
    buffers: tuple[tuple[str, int, str], ...]
    left_bytes: int
    allocator_bytes: int | None
    timeline: tuple[tuple[int, str], ...]


class Facts(NamedTuple):
    """What is the same in all compilations: bytes of variables and of the batch, versions, the device."""

    weights_bytes: int
    optimizer_bytes: int
    metrics_bytes: int
    seeds_bytes: int
    io_bytes: int
    resident_bytes: int
    device: str
    versions: dict[str, str]
