"""Replaying a plan: the only code that adds up live bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.memory.plan import Buffer, Plan, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PlanError(CnncalcError):
    """A plan that reads or releases what is not there; a defect of the model that made it."""


class Moment(NamedTuple):
    """A step of a timeline: its name, the bytes alive and the buffers that they are."""

    step: str
    bytes: int
    buffers: tuple[Buffer, ...]


class Timeline(NamedTuple):
    """The bytes alive at each step of a plan, what the step allocates included.

    ``peak`` is the first of the steps at which the most is alive.
    """

    plan: Plan
    step_bytes: tuple[int, ...]
    peak: Moment

    @property
    def bytes(self) -> NDArray[np.int64]:
        """Bytes alive at each step, as an array of int64."""
        import numpy as np

        return np.array(self.step_bytes, dtype=np.int64)


def replay(plan: Plan) -> Timeline:
    """Run a plan on paper.

    Raises PlanError where a step allocates a buffer that is alive, or reads or releases one that
    is not.
    """
    alive: set[int] = set()
    total = 0
    found = []
    for step in plan.steps:
        total += _allocate(plan, step, alive)
        found.append(total)
        total -= _release(plan, step, alive)
    return Timeline(plan, tuple(found), _peak(plan, found))


def _peak(plan: Plan, step_bytes: list[int]) -> Moment:
    size = max(step_bytes)
    index = step_bytes.index(size)
    return Moment(plan.steps[index].name, size, tuple(plan.buffers[number] for number in _alive(plan, index)))


def _alive(plan: Plan, index: int) -> list[int]:
    """The buffers alive at a step, in the order in which they were allocated."""
    alive: dict[int, None] = {}
    for step in plan.steps[:index]:
        alive.update(dict.fromkeys(step.allocates))
        for number in step.releases:
            del alive[number]
    return [*alive, *plan.steps[index].allocates]


def _allocate(plan: Plan, step: Step, alive: set[int]) -> int:
    for number in step.allocates:
        if number in alive:
            raise PlanError(f'step "{step.name}" allocates "{plan.buffers[number].name}", which is alive.')
        alive.add(number)
    return sum(plan.buffers[number].bytes for number in step.allocates)


def _release(plan: Plan, step: Step, alive: set[int]) -> int:
    for number in step.reads:
        if number not in alive:
            raise PlanError(f'step "{step.name}" reads "{plan.buffers[number].name}", which is not alive.')
    for number in step.releases:
        if number not in alive:
            raise PlanError(f'step "{step.name}" releases "{plan.buffers[number].name}", which is not alive.')
        alive.remove(number)
    return sum(plan.buffers[number].bytes for number in step.releases)
