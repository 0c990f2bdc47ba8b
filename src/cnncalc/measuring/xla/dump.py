"""What is alive where XLA's plan needs most, read from the files that ``--xla_dump_to`` writes.

XLA writes, per compiled module, ``...-buffer-assignment.txt`` (allocations, and the values that lie in
them), ``...-live-range.txt`` (from which instruction to which a value is alive) and the optimized
program, whose metadata name the operation of the network that an instruction comes from.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.measuring.xla.job import Kind, XlaBuffer

RANGE = re.compile(r"^ +(\S+?)\{([\d,]*)\}:(\d+)-(\d+)$", re.MULTILINE)
ALLOCATION = re.compile(r"^allocation \d+: size (\d+), (.*)$", re.MULTILINE)
VALUE = re.compile(
    r"^ value: <\d+ (\S+?)(?:\{([\d,]*)\})? @\d+> \(size=(\d+),offset=(\d+)\): (.+)$", re.MULTILINE
)
INSTRUCTION = re.compile(r"^ +(?:ROOT )?%?(\S+) = (.*)$", re.MULTILINE)
OPERATION = re.compile(r'metadata=\{op_name="([^"]*)"')
OPERAND = re.compile(r"\(%([\w.-]+)")
LAYOUT = re.compile(r"\{[\d,]*\}")
SCOPE = re.compile(r"jvp\(([^()]*)\)|transpose\(|\)")


class Dump(NamedTuple):
    """The three files, as text."""

    live_ranges: str
    assignment: str
    program: str


def read_dump(folder: Path, module: str) -> Dump:
    """The files of one module. Raises CnncalcError where XLA has not written them."""
    endings = ("-live-range.txt", "-buffer-assignment.txt", ".txt")
    return Dump(*(_only(folder, f"*{module}*gpu_after_optimizations{ending}") for ending in endings))


def _only(folder: Path, pattern: str) -> str:
    files = sorted(folder.glob(pattern))
    if not files:
        raise CnncalcError(f"XLA has not written its plan ({pattern}): the plugin's version may be too new.")
    return files[0].read_text(encoding="utf-8")


class Value(NamedTuple):
    """A value of the program in an allocation: the instruction that makes it, and which of its outputs it is.

    It is alive from the instruction ``start`` to the instruction ``end``, which still reads it.
    """

    instruction: str
    output: str
    bytes: int
    offset: int
    shape: str
    start: int
    end: int

    def gives_way(self, other: Value) -> bool:
        """Whether the instruction that reads this value last writes the other over it."""
        apart = self.offset + self.bytes <= other.offset or other.offset + other.bytes <= self.offset
        return self.end == other.start > self.start and not apart


def alive_at_peak(dump: Dump, layers: Container[str], arguments: dict[str, str]) -> tuple[XlaBuffer, ...]:
    """All that is alive where the temporaries need most, the largest first.

    Tuples, which are tables of pointers, are left out. ``layers``: the names of the network's layers.
    ``arguments``: what the arguments are, by the names that XLA has for them.
    """
    program = _Program(dump.program, layers, arguments)
    found = [
        XlaBuffer(*program.origin(value.instruction), value.bytes, value.shape, kind)
        for kind, values in _allocations(dump)
        for value in (_at_peak(values) if kind == "temporary" else [_owner(values)])
        if value.bytes and not value.shape.startswith("(")
    ]
    return tuple(sorted(found, key=lambda buffer: -buffer.bytes))


def _allocations(dump: Dump) -> Iterator[tuple[Kind, list[Value]]]:
    """Each allocation that lasts beyond a kernel: its kind, and the values that take turns in it."""
    lives = {(name, at): (int(start), int(end)) for name, at, start, end in RANGE.findall(dump.live_ranges)}
    heads = list(ALLOCATION.finditer(dump.assignment))
    ends = [head.start() for head in heads[1:]] + [len(dump.assignment)]
    for head, end in zip(heads, ends, strict=True):
        kind = next((kind for word, kind in KINDS.items() if word in head[2]), None)
        if kind:
            yield (
                kind,
                [
                    Value(name, at, int(size), int(offset), LAYOUT.sub("", shape), *lives[name, at])
                    for name, at, size, offset, shape in VALUE.findall(dump.assignment, head.end(), end)
                ],
            )


KINDS: dict[str, Kind] = {"preallocated-temp": "temporary", "parameter": "argument", "live-out": "output"}
"""The words that XLA describes an allocation by; an updated variable is a parameter first."""


def _owner(values: list[Value]) -> Value:
    """Whose memory an allocation is: the argument, which is there first; others may use it later."""
    return min(values, key=lambda value: (-value.bytes, value.start))


def _at_peak(values: list[Value]) -> list[Value]:
    """Those of the values that are alive at the first moment at which they are most."""
    most: list[Value] = []
    alive: list[Value] = []
    for moment, starting in groupby(sorted(values, key=lambda value: value.start), lambda value: value.start):
        new = list(starting)
        old = [value for value in alive if value.end >= moment]
        alive = [*(value for value in old if not any(map(value.gives_way, new))), *new]
        if _bytes(alive) > _bytes(most):
            most = alive
    return most


def _bytes(values: list[Value]) -> int:
    return sum(value.bytes for value in values)


class _Program:
    """The optimized program: where in the network an instruction comes from."""

    def __init__(self, text: str, layers: Container[str], arguments: dict[str, str]) -> None:
        self.lines = dict(INSTRUCTION.findall(text))
        self.layers = layers
        self.arguments = arguments

    def origin(self, name: str) -> tuple[str, str]:
        """The layer and the operation; what has no name of its own is called after what it reads."""
        line = self.lines.get(name, "")
        named = OPERATION.search(line)
        if named:
            return _origin(named[1], self.layers, self.arguments)
        read = OPERAND.search(line)
        layer, operation = self.origin(read[1]) if read else ("", "")
        return layer, f"{name} of {operation}" if operation else name


def _origin(metadata: str, layers: Container[str], arguments: dict[str, str]) -> tuple[str, str]:
    """The layer and the operation of a metadata name.

    >>> _origin("jit(step)/transpose(jvp(conv2d_1))/conv_general_dilated", {"conv2d_1"}, {})
    ('conv2d_1', 'backward of conv2d_1/conv_general_dilated')
    >>> _origin("trainable[0]", {"conv2d"}, {"trainable[0]": "conv2d/kernel"})
    ('conv2d', 'conv2d/kernel')
    """
    plain = arguments.get(metadata) or "/".join(
        SCOPE.sub(r"\1", part) for part in metadata.split("/") if not part.startswith("jit(")
    )
    layer = next((part for part in reversed(plain.split("/")) if part in layers), "")
    return layer, ("backward of " if "transpose(" in metadata else "") + plain
