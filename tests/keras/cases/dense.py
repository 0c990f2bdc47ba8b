"""Cases of the fully connected layer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import some
from tests.keras.cases.convolution import ACTIVATIONS, one_in

WRONG: SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"units": 0},
        {"units": -1},
        {"units": 2.5},
        {"activation": "reluu"},
        {"units": "4"},
        {"filters": 3},
        {"units": None},
    ]
)


@st.composite
def dense(draw: st.DrawFn) -> Case:
    optional = some(
        use_bias=st.booleans(),
        activation=ACTIVATIONS,
        kernel_initializer=st.just("zeros"),
        bias_regularizer=st.just("l2"),
        quantization_config=st.none(),
    )
    settings: dict[str, Any] = {"units": draw(st.integers(1, 20))} | draw(optional)
    shape = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    if draw(one_in(10)):
        shape = []
    wrong = draw(WRONG) if draw(one_in(6)) else {}
    return settings | wrong, (tuple(shape),)


CASES: dict[str, SearchStrategy[Case]] = {"Dense": dense()}
