"""What a layer costs by the number of layers: time of the processor, and Python's memory at its highest."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from time import process_time
from typing import NamedTuple


class Cost(NamedTuple):
    seconds: float
    peak_bytes: int


def cost(action: Callable[[], object], repeats: int) -> Cost:
    """The least of several times, which a busy machine disturbs least; the peak of one more run."""
    gc.collect()  # what others have left does not count
    times = []
    for _ in range(repeats):
        start = process_time()
        action()
        times.append(process_time() - start)
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Cost(min(times), peak)
