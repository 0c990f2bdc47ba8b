"""What each device takes by a memory rule's plan of a graph whose layers are placed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnncalc.distributing.distribution import Mode
from cnncalc.footprints import Footprint, footprint_of
from cnncalc.graph import Graph
from cnncalc.memory import ideal, textbook
from cnncalc.memory.optimizer_state import effective, optimizer_variables
from cnncalc.memory.placement import Placed, plans
from cnncalc.memory.plan import Plan
from cnncalc.memory.variables import trainables
from cnncalc.settings import Settings
from cnncalc.tensors import Policy, policy

_Planner = Callable[[Graph, int, Policy], Plan]

RULES: dict[str, dict[Mode, _Planner]] = {
    "ideal": {"training": ideal.training, "inference": ideal.prediction},
    "textbook": {"training": textbook.training, "inference": textbook.prediction},
}
"""The rules that plan a placed graph. The book's knows no slots."""


def footprints_on(
    where: Placed,
    settings: Settings,
    mode: Mode,
    batch_size: int,
    slots: Mapping[str, int],
    devices: Sequence[str],
    rules: Sequence[str] = tuple(RULES),
) -> dict[str, dict[str, Footprint]]:
    """For each device the answer of each rule, from a plan of its own that is replayed.

    ``slots`` are bytes of the optimizer's variables on each device.
    """
    found: dict[str, dict[str, Footprint]] = {device: {} for device in devices}
    for rule in rules:
        plan = RULES[rule][mode](where.graph, batch_size, policy(settings.dtype))
        for device, own in plans(plan, where, slots if rule == "ideal" else {}, devices).items():
            found[device][rule] = footprint_of(own)
    return found


def slot_bytes(graph: Graph, settings: Settings) -> dict[int | None, int]:
    """Bytes of the optimizer's variables, by the number of the trainable weight; None: of the scalars."""
    spec = effective(settings.optimizer, settings.dtype)
    found: dict[int | None, int] = {}
    for variable in optimizer_variables(spec, trainables(graph, settings.dtype)):
        found[variable.weight] = found.get(variable.weight, 0) + variable.bytes
    return found
