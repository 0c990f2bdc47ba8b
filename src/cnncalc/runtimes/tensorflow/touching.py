"""Which operations memory sees: those that make or read a tensor that is counted, and those that lead there.

A step updates many small weights. What does so has no reader that is counted, and operations without readers
move no others, in no sort of the graph and not in the executor.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.runtimes.tensorflow.ops import FILTER_GRADIENTS, INPUT_GRADIENTS, TRACED, Op

Numbers = list[int]
"""Operations, by their numbers in the list."""

NOTED = FILTER_GRADIENTS | INPUT_GRADIENTS | {"Identity"}
"""Kinds that the executor notes whatever their size."""


def touching(ops: Sequence[Op], before: Sequence[Numbers]) -> list[bool]:
    """Whether each operation may make or read a tensor that is counted; ``before``: what it waits for."""
    large = {number for number, op in enumerate(ops) if op.bytes >= TRACED or op.extra >= TRACED}
    return [
        number in large or not large.isdisjoint(numbers) or ops[number].kind in NOTED
        for number, numbers in enumerate(before)
    ]


def seen(before: Sequence[Numbers], touch: Sequence[bool]) -> list[bool]:
    """Those that touch a counted tensor, and those that lead to them."""
    kept = list(touch)
    for number in range(len(kept) - 1, -1, -1):
        if kept[number]:
            for other in before[number]:
                kept[other] = True
    return kept
