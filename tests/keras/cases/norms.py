"""Cases of the normalisations by length, and of the layers that hand on."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import some
from tests.keras.cases.normalization import Shape, axes_of, case, shapes

numbers = st.sampled_from([0, 0.1, 1e-6, 2])


def along(shape: Shape) -> SearchStrategy[Case]:
    wrong = st.sampled_from([None, 1.5, "1"])
    return case(shape, {}, axis=st.integers(0, 9).flatmap(lambda odd: wrong if odd == 7 else axes_of(shape)))


CASES: dict[str, SearchStrategy[Case]] = {
    "UnitNormalization": shapes.flatmap(along),
    "RMSNormalization": shapes.flatmap(along),
    "ActivityRegularization": st.tuples(some(l1=numbers, l2=numbers), st.tuples(shapes)),
    "Masking": st.tuples(some(mask_value=numbers), st.tuples(shapes)),
}

STRICTER = (
    # The batch axis mixes the samples; an axis named twice, or none, makes Keras fail when it runs.
    "of UnitNormalization is the batch axis",
    "of UnitNormalization name an axis",
    "UnitNormalization: axis names no axis",
    "of RMSNormalization name an axis",
    "RMSNormalization: axis names no axis",
    "Masking takes an input of one axis or more",
)
