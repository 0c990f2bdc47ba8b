"""What a worked solution is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sum:
    """One line: what it is, the sum with its numbers, the result, a remark."""

    label: str
    terms: str
    result: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a phrase behind it, sums below, and a text under them."""

    title: str
    phrase: str = ""
    sums: tuple[Sum, ...] = ()
    depth: int = 0
    text: str = ""
