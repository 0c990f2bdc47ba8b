"""What there is to fit in, and whether a need fits: yes, no, or perhaps."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Literal, NamedTuple

from cnncalc.advice.needs import Mode, Need

Verdict = Literal["fits", "uncertain", "does not fit"]


class Ratios(NamedTuple):
    """How many times the CPU's typical value another compiler took: the least, the most, and where."""

    low: float
    high: float
    source: str


_SOURCE = "{} float32 plans of XLA for an H100 and a T4"

GPU_RATIOS: Mapping[Mode, Ratios] = {
    "inference": Ratios(0.67, 1.62, _SOURCE.format(40)),
    "training": Ratios(0.49, 2.73, _SOURCE.format(48)),
}
"""On a GPU Keras compiles with XLA by default, which plans memory otherwise than the CPU's runtime. The
lowest and the highest ratio of its temporaries to the step bytes of the rule ``tensorflow``, in
docs/accuracy-gpu.md."""


class Budget(NamedTuple):
    """Bytes that may be used, and ``slack``: so many more that may be free too.

    With ``ratios`` the typical need is taken that many times, from low to high. Without them the need is the
    high side of the band over the orders of a run.
    """

    bytes: int
    ratios: Ratios | None = None
    slack: int = 0

    def low(self, need: Need) -> int:
        """The least that the need may turn out to be, as far as the answer looks."""
        return floor(self.ratios.low * need.typical_bytes) if self.ratios else need.high_bytes

    def high(self, need: Need) -> int:
        """The most that the need may turn out to be."""
        return ceil(self.ratios.high * need.typical_bytes) if self.ratios else need.high_bytes

    def verdict(self, need: Need) -> Verdict:
        """
        >>> need = Need(0, 0, 100, 120, "conv2d", {})
        >>> Budget(120).verdict(need), Budget(119).verdict(need)
        ('fits', 'does not fit')
        >>> [Budget(size, GPU_RATIOS["training"]).verdict(need) for size in (273, 272, 49, 48)]
        ['fits', 'uncertain', 'uncertain', 'does not fit']
        """
        if self.high(need) <= self.bytes:
            return "fits"
        return "uncertain" if self.low(need) <= self.bytes + self.slack else "does not fit"
