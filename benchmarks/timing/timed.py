"""The measured rows, each with what cnncalc says of the same step, and the roofs above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from benchmarks.timing import ceilings, measuring
from benchmarks.timing.rows import PROCESSOR, Row
from cnncalc import Estimate, work
from cnncalc.devices import load_device
from cnncalc.errors import NoRuleError
from cnncalc.footprints import Footprint
from cnncalc.memory.variables import variables_bytes
from cnncalc.tensors import policy
from cnncalc.work import Work

DEVICES = {"NVIDIA H200": "h200"}
"""What cnncalc calls the devices that backends name so."""


class Roof(NamedTuple):
    """What bounds a step from above: MACs a second, and bytes a second from the device's memory."""

    name: str
    macs_per_s: float
    bytes_per_s: float

    def at(self, intensity: float) -> float:
        """The most MACs a second with so many MACs per byte."""
        return min(self.macs_per_s, intensity * self.bytes_per_s)


@dataclass(frozen=True)
class Timed:
    """A recorded row. ``found`` is what was measured, by the names in measured.json."""

    row: Row
    found: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """Device and backend."""
        return self.row.device, self.row.backend

    @property
    def seconds(self) -> tuple[float, float, float] | None:
        """Lower quartile, median, upper quartile; None where there is no time."""
        return tuple(self.found["seconds"]) if "seconds" in self.found else None

    @property
    def reason(self) -> str:
        """Why something was not measured; empty where nothing failed."""
        return "; ".join(self.found[name] for name in ("failed", "memory_failed") if name in self.found)

    @cached_property
    def estimate(self) -> Estimate:
        return self.row.estimate

    @cached_property
    def work(self) -> Work:
        """MACs and bytes of the step."""
        graph, settings = self.estimate.model.graph, self.estimate.settings
        if self.row.mode == "inference":
            return work.prediction(graph, settings)
        slots = variables_bytes(graph, settings.dtype, settings.optimizer).optimizer
        return work.training(graph, settings, slots)

    @property
    def intensity(self) -> float:
        """MACs per byte."""
        return self.work.all_macs / self.work.bytes

    @property
    def rate(self) -> float | None:
        """MACs a second."""
        return self.work.all_macs / self.seconds[1] if self.seconds else None

    def footprint(self, rule: str) -> Footprint:
        """What a memory rule says of the step."""
        answer = self.estimate.memory[rule]
        found = answer.training if self.row.mode == "training" else answer.inference
        if found is None:
            raise NoRuleError(answer.missing)
        return found


def recorded() -> list[Timed]:
    return [Timed(Row(**found["row"]), found) for found in measuring.load().values()]


def places(found: list[Timed]) -> dict[tuple[str, str], list[Timed]]:
    """The rows by device and backend, accelerators first, in the order of the models."""
    models = [*PROCESSOR]
    made: dict[tuple[str, str], list[Timed]] = {}
    for one in sorted(found, key=lambda one: (one.row.on_processor, one.place, models.index(one.row.model))):
        made.setdefault(one.place, []).append(one)
    return made


def measured_roof(device: str, backend: str, dtype: str) -> Roof | None:
    """What a large product in the type that a policy computes in, and a large copy, reached."""
    found = ceilings.load().get(f"{backend} {device}")
    if found is None:
        return None
    return Roof(backend, found["macs_per_s"][policy(dtype).compute], found["bytes_per_s"])


def stated_roof(device: str, dtype: str) -> Roof | None:
    """The vendor's peak; None where cnncalc knows none."""
    peak = load_device(DEVICES[device]).peak if device in DEVICES else None
    return Roof("stated", peak.macs_per_s(policy(dtype).compute), peak.bytes_per_s) if peak else None
