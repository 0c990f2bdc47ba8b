"""Finding what repeats: a run of items that stands several times, one behind the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
LONGEST = 64
"""The longest repeated block that is looked for, in items."""


class Fold(NamedTuple, Generic[Item]):
    """A block of rows, how often it stands, and the first and the last row of all its copies."""

    rows: tuple[Item, ...]
    times: int
    first: Item
    last: Item


def folded(items: Sequence[Item], signature: Callable[[Item], object]) -> Iterator[Fold[Item]]:
    """The items with each repeated block once. Greedy: at each place what saves the most.

    >>> [("".join(fold.rows), fold.times) for fold in folded("abxyxyxyc", str)]
    [('a', 1), ('b', 1), ('xy', 3), ('c', 1)]
    """
    numbers: dict[object, int] = {}
    marks = [numbers.setdefault(signature(item), len(numbers)) for item in items]
    start = 0
    while start < len(items):
        length, times = _best(marks, start)
        end = start + length * times
        yield Fold(tuple(items[start : start + length]), times, items[start], items[end - 1])
        start = end


def _best(marks: list[int], start: int) -> tuple[int, int]:
    """Length and count of the block at ``start`` whose repetitions cover the most items."""
    found = [(length, _times(marks, start, length)) for length in range(1, LONGEST + 1)]
    return max(found, key=lambda block: (block[0] * (block[1] - 1), -block[0]))


def _times(marks: list[int], start: int, length: int) -> int:
    block = marks[start : start + length]
    times = 1
    while marks[start + times * length : start + (times + 1) * length] == block:
        times += 1
    return times
