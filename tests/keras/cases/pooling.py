"""Cases of pooling, over windows and over all positions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, images, per_axis, some

# In capitals Keras refuses a padding here, unlike for a convolution.
PADDINGS = st.sampled_from(["valid", "same"] * 6 + ["SAME", "causal"])
LAYOUTS = st.sampled_from(["channels_last", "channels_first", "CHANNELS_FIRST"] * 4 + ["channels_middle"])


def usually(right: SearchStrategy[Any], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """The first, but the other one time in eight (``one_of`` drops what it is given twice)."""
    return st.sampled_from([right] * 7 + [odd]).flatmap(lambda chosen: chosen)


def positive(rank: int, largest: int) -> SearchStrategy[Any]:
    """One number or one per axis, from 1 on; at times a zero or a wrong number of them."""
    number = st.integers(1, largest)
    return usually(st.one_of(number, st.tuples(*[number] * rank)), per_axis(rank, 0, largest))


def inputs(rank: int, smallest: int = 1) -> SearchStrategy[tuple[int, ...]]:
    """As ``images``, with a wrong number of axes less often."""
    return usually(st.tuples(*[st.integers(smallest, 9)] * (rank + 1)), images(rank))


def pooling(rank: int, has_default: bool) -> SearchStrategy[Case]:
    size = {"pool_size": positive(rank, 4)}
    optional = some(
        strides=st.one_of(st.none(), positive(rank, 4)),
        padding=PADDINGS,
        data_format=data_formats,
        **(size if has_default else {}),
    )
    needed = st.fixed_dictionaries({} if has_default else size)
    settings = st.builds(lambda a, b: a | b, usually(needed, st.just({})), optional)
    return st.tuples(settings, st.tuples(inputs(rank, smallest=3)))


def global_pooling(rank: int) -> SearchStrategy[Case]:
    return st.tuples(some(data_format=LAYOUTS, keepdims=st.booleans()), st.tuples(inputs(rank)))


CASES = {
    **{f"MaxPooling{rank}D": pooling(rank, has_default=True) for rank in (1, 2, 3)},
    **{f"AveragePooling{rank}D": pooling(rank, has_default=False) for rank in (1, 2, 3)},
    **{f"GlobalMaxPooling{rank}D": global_pooling(rank) for rank in (1, 2, 3)},
    **{f"GlobalAveragePooling{rank}D": global_pooling(rank) for rank in (1, 2, 3)},
}
