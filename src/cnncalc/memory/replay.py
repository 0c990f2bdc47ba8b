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

    @property
    def buffers(self) -> NDArray[np.void]:
        """A row per buffer, in the order of allocation: number, owner, role, bytes, allocated, freed.

        It is alive from the step ``allocated`` to that before ``freed``; where none frees it, that is
        the number of steps.
        """
        import numpy as np

        buffers = self.plan.buffers
        found = [(number, *buffers[number][:3], *life) for number, *life in _lives(self.plan)]
        owner, role = (
            max(map(len, texts)) for texts in zip(*(buffer[:2] for buffer in buffers), strict=True)
        )
        kinds = ("i8", f"U{owner}", f"U{role}", "i8", "i8", "i8")
        return np.array(found, dtype=list(zip(COLUMNS, kinds, strict=True)))


COLUMNS = ("number", "owner", "role", "bytes", "allocated", "freed")
"""What the array of a timeline's buffers says of each."""


def replay(plan: Plan) -> Timeline:
    """Run a plan on paper.

    Raises PlanError where a step allocates a buffer that is alive, or reads or releases one that
    is not.
    """
    alive: set[int] = set()
    sizes = [buffer.bytes for buffer in plan.buffers]
    total = 0
    found = []
    for step in plan.steps:
        _check(plan, step, alive)
        for number in step.allocates:
            total += sizes[number]
        found.append(total)
        for number in step.releases:
            total -= sizes[number]
    return Timeline(plan, tuple(found), _peak(plan, found))


def _lives(plan: Plan) -> list[tuple[int, int, int]]:
    """Each buffer's number, the step that allocates it, and the first at which it is gone."""
    born: dict[int, int] = {}
    lives = []
    for index, step in enumerate(plan.steps):
        born.update(dict.fromkeys(step.allocates, index))
        lives += [(number, born.pop(number), index + 1) for number in step.releases]
    lives += [(number, index, len(plan.steps)) for number, index in born.items()]
    return sorted(lives, key=lambda life: (life[1], life[0]))


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


def _check(plan: Plan, step: Step, alive: set[int]) -> None:
    """Let the step's buffers come alive and die."""
    for number in step.allocates:
        if number in alive:
            raise _error(plan, step, "allocates", number, "is alive")
        alive.add(number)
    if not alive.issuperset(step.reads):
        raise _error(plan, step, "reads", next(n for n in step.reads if n not in alive), "is not alive")
    for number in step.releases:
        if number not in alive:
            raise _error(plan, step, "releases", number, "is not alive")
        alive.remove(number)


def _error(plan: Plan, step: Step, does: str, number: int, why: str) -> PlanError:
    return PlanError(f'step "{step.name}" {does} "{plan.buffers[number].name}", which {why}.')
