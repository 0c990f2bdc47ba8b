"""Pieces that the strategies of several families share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

data_formats = st.sampled_from(["channels_last", "channels_last", "channels_first"])


def per_axis(rank: int, smallest: int, largest: int) -> SearchStrategy[Any]:
    """One number, or one per axis; at times a wrong number of them."""
    number = st.integers(smallest, largest)
    return st.one_of(
        number, st.tuples(*[number] * rank), st.tuples(*[number] * (rank + 1)) if rank < 3 else number
    )


def images(rank: int, smallest: int = 1, largest: int = 9) -> SearchStrategy[tuple[int, ...]]:
    """A shape with that many spatial axes and one of channels, at times with an axis more or less."""
    return st.integers(0, 19).flatmap(
        lambda odd: st.tuples(*[st.integers(smallest, largest)] * (rank + 1 + {0: 1, 1: -1}.get(odd, 0)))
    )


def some(**settings: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Any subset of the settings: what is left out keeps its default."""
    return st.fixed_dictionaries({}, optional=settings)
