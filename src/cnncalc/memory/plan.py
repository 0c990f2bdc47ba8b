"""A plan: the steps of a run as data, each with the buffers that it allocates, reads and releases.

Every memory model, from the book's rule to a real runtime, is one way to make a plan; none adds
up bytes itself. :func:`cnncalc.memory.replay.replay` does.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Role = Literal[
    "parameters",
    "slots",
    "inputs",
    "targets",
    "outputs",
    "kept",
    "gradients",
    "weight_gradients",
    "updates",
]


class Buffer(NamedTuple):
    """A piece of memory: whose it is, what for, and its size in bytes.

    ``value`` is the number of the graph's value that it holds or serves, by which a placement knows on
    which device it is; None for what belongs to the whole model.
    """

    name: str
    role: Role
    bytes: int
    value: int | None = None


class Step(NamedTuple):
    """One step of a run. Buffers are given by their numbers in the plan.

    What a step allocates is alive together with what it reads; what it releases is free after it.
    """

    name: str
    allocates: tuple[int, ...] = ()
    reads: tuple[int, ...] = ()
    releases: tuple[int, ...] = ()


class Plan(NamedTuple):
    """Steps in the order in which they run, over numbered buffers."""

    buffers: tuple[Buffer, ...]
    steps: tuple[Step, ...]


class Draft:
    """A plan in the making."""

    def __init__(self) -> None:
        self.buffers: list[Buffer] = []
        self.steps: list[Step] = []

    def add(self, name: str, role: Role, size: int, value: int | None = None) -> int:
        """Add a buffer; its number."""
        self.buffers.append(Buffer(name, role, size, value))
        return len(self.buffers) - 1

    def turn(self, number: int, role: Role) -> None:
        """Give a buffer another role."""
        self.buffers[number] = self.buffers[number]._replace(role=role)

    def copy(self) -> Draft:
        """A draft that goes on from here."""
        other = Draft()
        other.buffers += self.buffers
        other.steps += self.steps
        return other

    def done(self) -> Plan:
        return Plan(tuple(self.buffers), tuple(self.steps))
