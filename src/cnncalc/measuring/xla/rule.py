"""The memory rule ``xla``: an estimate with XLA's own plan among its answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.devices import Device, load_device
from cnncalc.estimation import Estimate
from cnncalc.footprints import Footprint, MemoryEstimate
from cnncalc.measuring.job import Mode
from cnncalc.measuring.xla.asking import TIMEOUT_S, Progress, XlaMeasurement, ask_xla
from cnncalc.measuring.xla.job import NOT_INCLUDED
from cnncalc.memory.plan import Buffer, Plan, Step
from cnncalc.memory.replay import replay


def with_xla(
    estimate: Estimate,
    device: Device | str,
    *,
    timeout_s: float = TIMEOUT_S,
    progress: Progress | None = None,
) -> Estimate:
    """The estimate, whose ``memory["xla"]`` is what XLA's compiler plans for the device.

    Prediction and training are each compiled, in a process of its own; answers are kept, see
    :func:`ask_xla`, which raises the same errors.
    """
    gpu = load_device(device) if isinstance(device, str) else device

    def footprint(mode: Mode) -> Footprint:
        return footprint_of(ask_xla(estimate, gpu, mode, timeout_s=timeout_s, progress=progress))

    inference, training = footprint("inference"), footprint("training")
    answer = MemoryEstimate(lambda: inference, training, beside=", ".join(NOT_INCLUDED))
    return replace(estimate, memory=estimate.memory.measured("xla", answer))


def footprint_of(found: XlaMeasurement) -> Footprint:
    """A plan as a footprint: one step, named after the device, with all that is alive at the peak."""
    buffers = tuple(_buffers(found))
    step = Step(f"XLA's plan for {found.device.name}", tuple(range(len(buffers))))
    plan = found.plan
    timeline = replay(Plan(buffers, (step,)))
    return Footprint(timeline, plan.variables_bytes, plan.io_bytes, plan.step_bytes, plan.step_bytes)


def _buffers(found: XlaMeasurement) -> Iterator[Buffer]:
    """The temporaries by name; what is left of their block; variables, images and outputs as sums."""
    plan = found.plan
    alive = [buffer for buffer in plan.buffers if buffer.kind == "temporary"]
    yield Buffer("variables", "parameters", plan.variables_bytes)
    yield Buffer("images and targets", "inputs", plan.io_bytes)
    for buffer in alive:
        backward = "backward of" in buffer.operation
        yield Buffer(buffer.operation, "gradients" if backward else "outputs", buffer.bytes)
    held = plan.step_bytes - sum(buffer.bytes for buffer in alive)
    yield Buffer("gaps between temporaries, and outputs", "outputs", held)
