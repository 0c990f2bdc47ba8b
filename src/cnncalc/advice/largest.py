"""The largest batch that fits: exact, by search over the real estimate."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.validation import LARGEST


def largest_batch(needs: Callable[[int], int], budget_bytes: int, start: int) -> int:
    """The batch ``b`` that needs no more than the budget while ``b + 1`` needs more; 0 where not even 1 does.

    Between two batches with the same plan the bytes lie on a straight line. So the next guess is where the
    line through the two nearest batches meets the budget (at first, that through one of them and zero), and
    after a few guesses a halving; every guess is worked out by ``needs``, the answer and its neighbour too.
    At most the largest number of a setting.

    >>> largest_batch(lambda batch: 1000 + 7 * batch, 1_000_000, start=32)  # (1,000,000 - 1000) / 7
    142714
    >>> largest_batch(lambda batch: 1000 + 7 * batch, 1006, start=32)
    0
    """
    low, high = 0, LARGEST + 1
    known: dict[int, int] = {}
    guess = start
    while high - low > 1:
        known[guess] = needs(guess)
        if known[guess] <= budget_bytes:
            low = guess
        else:
            high = guess
        guess = min(max(_next(known, low, high, budget_bytes), low + 1), high - 1)
    return low


def _next(known: dict[int, int], low: int, high: int, budget_bytes: int) -> int:
    """Where to look next; one that is out of the open range is moved into it."""
    if low not in known:  # nothing has fitted yet
        return 1 if len(known) == 1 else high // 2
    if high not in known and len(known) == 1:
        return low * budget_bytes // max(known[low], 1)
    if len(known) % _HALVING == 0 and high in known:
        return (low + high) // 2
    other = high if high in known else max(batch for batch in known if batch < low)
    step = (known[other] - known[low]) / (other - low)
    return low + int((budget_bytes - known[low]) / step) if step > 0 else 2 * low


_HALVING = 6
"""Every such guess is a halving, for needs that bend."""
