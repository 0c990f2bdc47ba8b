"""A split of layers over devices that balances their bytes: the linear partition problem, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def balanced(loads: Sequence[int], cuts: Sequence[int], parts: int) -> tuple[int, ...]:
    """Where each part of a chain begins, so that the largest sum of loads is least.

    Item ``i`` weighs ``loads[i]``, and ``cuts[i]`` bytes cross a cut before it; of the splits whose largest
    part is least, the one over whose cuts least goes. No part is empty; there are fewer where there are fewer
    items.

    >>> balanced((4, 1, 1, 4, 2), (0, 9, 3, 9, 9), 2)      # 4 + 1 + 1 and 4 + 2
    (0, 3)
    >>> balanced((4, 4, 0, 4, 4), (0, 9, 9, 3, 9), 2)      # the zero may be on either side
    (0, 3)
    """
    parts = min(parts, len(loads))
    sums = [0, *accumulate(loads)]
    most = _least_largest(loads, parts)
    best: list[tuple[int, tuple[int, ...]] | None] = [(0, ())] + [None] * len(loads)
    for _ in range(parts):
        best = [None, *(_ended(end, best, sums, cuts, most) for end in range(1, len(sums)))]
    found = best[-1]
    return found[1] if found else tuple(range(parts))


def _ended(
    end: int,
    best: list[tuple[int, tuple[int, ...]] | None],
    sums: list[int],
    cuts: Sequence[int],
    most: int,
) -> tuple[int, tuple[int, ...]] | None:
    """The best split of the items before ``end``, of which the last part begins behind one of ``best``."""
    found = None
    for start in range(end - 1, -1, -1):
        if sums[end] - sums[start] > most:
            break
        before = best[start]
        if before and (found is None or before[0] + cuts[start] < found[0]):
            found = (before[0] + cuts[start], (*before[1], start))
    return found


def _least_largest(loads: Sequence[int], parts: int) -> int:
    """The least bound under which so many parts are enough, by bisection."""
    low, high = max(loads), sum(loads)
    while low < high:
        middle = (low + high) // 2
        if _parts_within(loads, middle) <= parts:
            high = middle
        else:
            low = middle + 1
    return low


def _parts_within(loads: Sequence[int], most: int) -> int:
    """How many parts are needed when none may weigh more."""
    count, weight = 1, 0
    for load in loads:
        weight += load
        if weight > most:
            count, weight = count + 1, load
    return count
