"""Cases of the layers that networks of keras.applications make for themselves."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.normalization import Shape, case, shapes
from tests.keras.cases.norms import numbers
from tests.keras.cases.pooling import usually


def scaled(shape: Shape) -> SearchStrategy[Case]:
    sizes = st.sampled_from([*shape[-1:] * 6, 2, 0, 2.5])
    return case(shape, {"projection_dim": sizes, "init_values": numbers})


def weakened(shape: Shape) -> SearchStrategy[Case]:
    """Two inputs, of one shape most of the time."""
    settings = usually(st.fixed_dictionaries({"scale": numbers}), st.just({}))
    return st.tuples(settings, st.tuples(st.just(shape), usually(st.just(shape), shapes)))


CASES: dict[str, SearchStrategy[Case]] = {
    "LayerScale": shapes.flatmap(scaled),
    "StochasticDepth": st.tuples(st.fixed_dictionaries({"drop_path_rate": numbers}), st.tuples(shapes)),
    "CustomScaleLayer": shapes.flatmap(weakened),
}

STRICTER = (
    # Keras spreads one factor, or many over an axis of 1, and does not look at the number.
    "factors do not fit the last axis",
    "LayerScale: projection_dim must be",
    # Keras spreads the smaller input over the larger.
    "are not of one shape",
)
