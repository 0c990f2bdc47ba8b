"""Cases of adaptive pooling."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import images
from tests.keras.cases.pooling import LAYOUTS, usually


def adaptive(rank: int) -> SearchStrategy[Case]:
    number = st.integers(1, 6)
    wrong: SearchStrategy[Any] = st.sampled_from([0, 2.5, None, "3", (1,) * (rank + 1), []])
    sizes = usually(
        st.one_of(number, st.tuples(*[number] * rank), st.lists(number, min_size=rank, max_size=rank)), wrong
    )
    settings = st.fixed_dictionaries({"output_size": sizes}, optional={"data_format": LAYOUTS})
    return st.tuples(
        usually(settings, st.just({})), st.tuples(usually(st.tuples(*[number] * (rank + 1)), images(rank)))
    )


CASES = {f"Adaptive{how}Pooling{rank}D": adaptive(rank) for how in ("Average", "Max") for rank in (1, 2, 3)}

STRICTER = (
    # Keras states a shape for any number of axes, and for no output positions, and fails when it runs.
    *(f"Adaptive{how}Pooling{rank}D takes an input of" for how in ("Average", "Max") for rank in (1, 2, 3)),
    *(
        f"Adaptive{how}Pooling{rank}D: output_size must be at least 1"
        for how in ("Average", "Max")
        for rank in (1, 2, 3)
    ),
)
