"""What a worked solution is made of."""

from __future__ import annotations

from typing import NamedTuple


class Sum(NamedTuple):
    """One line: what it is, the sum with its numbers, the result, a remark."""

    label: str
    terms: str
    result: str
    note: str = ""


class Section(NamedTuple):
    """A heading with a phrase behind it, sums below, and a text under them."""

    title: str
    phrase: str = ""
    sums: tuple[Sum, ...] = ()
    depth: int = 0
    text: str = ""
