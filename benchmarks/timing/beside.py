"""The memory that was measured, and what cnncalc has to say beside it: a way for each sort of backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from statistics import median
from typing import NamedTuple

from benchmarks.timing.timed import Timed


class Pair(NamedTuple):
    """Of one row, in bytes: cnncalc's figure, and the measured one that it speaks of."""

    figure: int
    measured: int

    @property
    def ratio(self) -> float:
        return self.figure / self.measured


class Beside(NamedTuple):
    """What stands beside a measurement; ``words`` explain the columns, ``pairs`` are what is compared."""

    words: str
    titles: tuple[str, ...]
    cells: Callable[[Timed], list[str]]
    pairs: Mapping[str, Callable[[Timed], Pair | None]]

    def summary(self, rows: Sequence[Timed]) -> Iterator[str]:
        for called, pair_of in self.pairs.items():
            ratios = [pair.ratio for one in rows if (pair := pair_of(one))]
            yield f"{called}: {spread(ratios) if ratios else 'not measured'}"


def spread(ratios: Sequence[float]) -> str:
    near, equal = sum(abs(ratio - 1) <= 0.02 for ratio in ratios), ratios.count(1)
    range_ = f"median {median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}"
    return f"{range_}; of {len(ratios)} rows {near} within 2 %, {equal} equal to the byte"


def beside(one: Timed) -> Beside:
    """How a row's memory is to be read."""
    if one.row.backend == "tensorflow" and one.row.on_processor:
        return TRACED
    return PLANNED if one.row.backend == "jax" else ALLOCATED


def megabytes(size: int | None) -> str:
    return "–" if size is None else f"{size / 1e6:,.2f}"


def ratio(pair: Pair | None) -> str:
    return f"{pair.ratio:.2f}" if pair else "–"


def pair_of(figure: int | None, measured: int | None) -> Pair | None:
    return None if figure is None or measured is None else Pair(figure, measured)


# TensorFlow on the processor: the rule that models it.


def traced_pair(one: Timed) -> Pair | None:
    return pair_of(one.footprint("tensorflow").total_bytes, one.found.get("peak_bytes"))


def traced_cells(one: Timed) -> list[str]:
    found, pair = one.footprint("tensorflow"), traced_pair(one)
    base = found.variables_bytes + found.io_bytes
    band = sorted({base + found.step_low_bytes, base + found.step_high_bytes})
    return [
        megabytes(one.found.get("peak_bytes")),
        megabytes(found.total_bytes),
        " to ".join(map(megabytes, band)),
        ratio(pair),
    ]


TRACED = Beside(
    words=(
        "Measured: variables, images and targets, and the most that a step holds above them, as `cnncalc "
        "measure` reads it in one compilation; TensorFlow traces buffers of 256 KiB and more on the CPU. "
        "Estimated: by the rule `tensorflow`, with its band, since one compilation runs in another order "
        "than the next. The ratio is estimated over measured."
    ),
    titles=("memory measured", "estimated", "band", "ratio"),
    cells=traced_cells,
    pairs={"the rule `tensorflow` over what was measured": traced_pair},
)


# XLA on an accelerator: its plan there, and its plan when asked without one.


JAX = ("0.10.2", "0.11.2")
"""The versions that were asked; the later one is the device's."""


def planned_pair(version: str, one: Timed) -> Pair | None:
    return pair_of(one.found.get("asked_bytes", {}).get(version), one.found.get("plan_bytes"))


def planned_cells(one: Timed) -> list[str]:
    cells = [megabytes(one.found.get(name)) for name in ("peak_bytes", "plan_bytes")]
    for version in JAX:
        pair = planned_pair(version, one)
        cells += [megabytes(pair and pair.figure), ratio(pair)]
    return cells


PLANNED = Beside(
    words=(
        "Keras on JAX runs what XLA compiles, and XLA plans a step's memory before it runs. Planned: by the "
        "compiler on the device, what the step reads and what it needs beside. Asked: what the compiler "
        "says of the same step without a GPU, as `cnncalc measure --compiler xla` asks it: an older "
        "version, and the one that ran on the device. The ratio is asked over planned. On the device XLA "
        "also tries several kernels for a convolution and takes the quickest (autotuning), and its plan "
        "holds the workspace of that one; without a GPU it tries none, and a convolution has no workspace "
        "in its plan. Whether that is all that still differs was not tried. Handed out: the most that JAX's "
        "allocator had given away since the process began. What building the model took is in it, so it may "
        "be well above the plan where that is small."
    ),
    titles=("memory handed out", "planned", *chain(*((f"asked, jax {version}", "ratio") for version in JAX))),
    cells=planned_cells,
    pairs={
        f"XLA's plan, asked of jax {version} without a GPU, over that on the device": partial(
            planned_pair, version
        )
        for version in JAX
    },
)


# Anything else: nothing models it.


def allocated_pair(one: Timed) -> Pair | None:
    return pair_of(one.footprint("ideal").total_bytes, one.found.get("peak_bytes"))


def allocated_cells(one: Timed) -> list[str]:
    sizes = (one.found.get("peak_bytes"), one.footprint("ideal").total_bytes)
    return [*map(megabytes, sizes), ratio(allocated_pair(one))]


ALLOCATED = Beside(
    words=(
        "cnncalc has no rule for this backend. Beside the most that its allocator had handed out since the "
        "process began, building the model included, stands the rule `ideal`: the least that a run without "
        "waste needs, operation by operation. It is a lower bound, no estimate of what is handed out, which "
        "has libraries' workspaces in it. The ratio is the bound over what was handed out."
    ),
    titles=("memory handed out", "at least", "ratio"),
    cells=allocated_cells,
    pairs={"no rule models this backend; the lower bound `ideal` over what was handed out": allocated_pair},
)
