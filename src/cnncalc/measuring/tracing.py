"""What a step allocates, read from TensorFlow's profiler.

``tf.profiler.experimental`` writes an XPlane file whose ``MemoryAllocation`` and
``MemoryDeallocation`` events carry ``requested_bytes``, ``addr``, ``tf_op`` and ``shape``. On the
CPU they come from the oneDNN allocator, for requests of 256 KiB and more
(tensorflow/core/common_runtime/mkl_cpu_allocator.h: smaller ones go to malloc and are not traced);
on a GPU from its BFC allocator, for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError


class Event(NamedTuple):
    """An allocation, or with negative ``bytes`` a release; ``op`` and ``shape`` of allocations only."""

    bytes: int
    address: str
    op: str
    shape: str


class Alive(NamedTuple):
    """A buffer that is alive at the peak."""

    op: str
    bytes: int
    shape: str


class Traced(NamedTuple):
    """The running total of one step: its peak above the start, the buffers alive then, and what stayed.

    ``left_bytes`` is 0 where all that the step allocated was released: what it has replaced (a variable by
    its new value) counts as released, because a release carries its bytes also where the allocation
    was before the trace.
    """

    peak_bytes: int
    buffers: tuple[Alive, ...]
    left_bytes: int
    timeline: tuple[tuple[int, str], ...]


def traced(step: Callable[[], object]) -> Traced:
    """Run a step under the profiler and replay what it allocated."""
    from tensorflow import profiler

    with TemporaryDirectory() as folder:
        options = profiler.experimental.ProfilerOptions(host_tracer_level=2, python_tracer_level=0)
        profiler.experimental.start(folder, options=options)
        try:
            step()
        finally:
            profiler.experimental.stop()
        return totals(events(Path(folder)))


def totals(found: Iterable[Event]) -> Traced:
    """The running total of allocations and releases.

    >>> totals([Event(8, "a", "conv", ""), Event(4, "b", "relu", ""), Event(-8, "a", "", "")]).peak_bytes
    12
    """
    total = peak = 0
    alive: dict[str, Alive] = {}
    at_peak: tuple[Alive, ...] = ()
    timeline = []
    for event in found:
        total += event.bytes
        if event.bytes < 0:
            alive.pop(event.address, None)
        else:
            alive[event.address] = Alive(event.op, event.bytes, event.shape)
        timeline.append((total, event.op))
        if total > peak:
            peak, at_peak = total, tuple(alive.values())
    return Traced(peak, at_peak, total, tuple(timeline))


def events(folder: Path) -> list[Event]:
    """All events of memory in the trace in a folder, in the order of time.

    Raises CnncalcError where the profiler has left no trace.
    """
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    files = sorted(folder.rglob("*.xplane.pb"))
    if not files:
        raise CnncalcError("TensorFlow's profiler has left no trace of the step.")
    space = xplane_pb2.XSpace.FromString(files[0].read_bytes())
    timed = [pair for plane in space.planes for pair in _events_of(plane)]
    return [event for _, event in sorted(timed, key=lambda pair: pair[0])]


SIGNS = {"MemoryAllocation": 1, "MemoryDeallocation": -1}


def _events_of(plane: Any) -> Iterator[tuple[int, Event]]:
    signs = {key: SIGNS[value.name] for key, value in plane.event_metadata.items() if value.name in SIGNS}
    names = {key: value.name for key, value in plane.stat_metadata.items()}
    for line in plane.lines:
        for event in line.events:
            if event.metadata_id in signs:
                stats = {names[stat.metadata_id]: _value(stat, names) for stat in event.stats}
                time = line.timestamp_ns * 1000 + event.offset_ps
                yield time, _event(signs[event.metadata_id], stats)


def _value(stat: Any, names: dict[int, str]) -> Any:
    field = stat.WhichOneof("value")
    return names[stat.ref_value] if field == "ref_value" else getattr(stat, field)


def _event(sign: int, stats: dict[str, Any]) -> Event:
    size = sign * int(stats["requested_bytes"])
    return Event(size, str(stats["addr"]), str(stats.get("tf_op", "")), str(stats.get("shape", "")))
