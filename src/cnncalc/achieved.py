"""Real steps that were timed, each beside the bound of :func:`cnncalc.time_bound`: ``devices/achieved.json``.

``python -m benchmarks.timing render`` writes the file, from what was measured on devices whose peak rates are
stated: a list of objects with the fields of :class:`Achieved`. It is read when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from cnncalc.devices import FOLDER
from cnncalc.tensors import policy

ACHIEVED = FOLDER / "achieved.json"

LIKE = 4
"""A step is of like size up to so many times fewer or more multiply-accumulates."""


class Achieved(NamedTuple):
    """A step of a real Keras model that was timed: the median of several.

    ``device`` is its name as :func:`cnncalc.devices.device_names` has it, ``dtype`` a policy; ``macs`` and
    ``bound_s`` are the whole step's.
    """

    device: str
    backend: str
    versions: str
    date: str
    model: str
    mode: str
    batch_size: int
    dtype: str
    macs: int
    bound_s: float
    seconds: float

    @property
    def share(self) -> float:
        """What it reached of the speed that the bound would be."""
        return self.bound_s / self.seconds

    def near(self, macs: int) -> bool:
        """Whether that many multiply-accumulates are a step of like size."""
        return self.macs <= LIKE * macs and macs <= LIKE * self.macs


@cache
def achieved() -> tuple[Achieved, ...]:
    """All of them."""
    return tuple(Achieved(**item) for item in json.loads(ACHIEVED.read_text(encoding="utf-8")))


def achieved_text(steps: Iterable[Achieved]) -> str:
    """What the file is to hold: a step a line, in order."""
    lines = (json.dumps(step._asdict()) for step in sorted(steps))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def like(device: str, mode: str, dtype: str, macs: int) -> tuple[Achieved, ...]:
    """Steps of that mode that compute in the same type: on the device where there are any, else on others.

    Those of like size where there are any, else all.
    """
    compute = policy(dtype).compute
    found = [step for step in achieved() if step.mode == mode and policy(step.dtype).compute == compute]
    found = [step for step in found if step.device == device] or found
    return tuple([step for step in found if step.near(macs)] or found)
