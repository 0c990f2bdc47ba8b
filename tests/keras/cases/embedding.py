"""Cases of look-up tables and of sums written as equations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.normalization import shapes
from tests.keras.cases.pooling import usually

sizes = st.integers(1, 5)
numbers: SearchStrategy[Any] = usually(sizes, st.sampled_from([0, -1, 2.5, None, True]))
tables = st.fixed_dictionaries(
    {"input_dim": numbers, "output_dim": numbers},
    optional={
        "mask_zero": st.booleans(),
        "embeddings_initializer": st.just("zeros"),
        "quantization_config": st.none(),
    },
)

# Equation, axes of a sample, sizes to state (letters), letters that may have a bias.
EQUATIONS = [
    ("ab,bc->ac", "b", "c", "c"),
    ("abc,cd->abd", "bc", "bd", "bd"),
    ("abc,cde->abde", "bc", "bde", "de"),
    ("abc,bcd->ad", "bc", "d", "d"),
    ("abc,bd->adc", "bc", "dc", "dc"),
    ("abc,cd->adb", "bc", "db", "db"),
    ("...x,xy->...y", "uux", "y", "y"),  # of unequal sizes Keras states these axes in reverse order
    ("...x,xy->...y", "x", "y", "y"),
    ("...xy,xyz->...z", "uxy", "z", "z"),
    ("ab...,bc->ac...", "buv", "c", "c"),
    ("ab...,bc->ac...", "b", "c", "c"),
    ("aab,bc->ac", "ab", "c", "c"),
    ("ab,bc->ad", "b", "d", "d"),
    ("ab,cd->ad", "b", "d", "d"),
    ("ab,bc", "b", "c", "c"),
    ("ab,bc->ac...", "b", "c", "c"),
]


@st.composite
def equations(draw: st.DrawFn) -> Case:
    equation, axes, stated, biased = draw(st.sampled_from(EQUATIONS[:11] * 3 + EQUATIONS[11:]))
    letters = {letter: draw(sizes) for letter in "abcdeuvxyz"}
    settings: dict[str, Any] = {
        "equation": equation,
        "output_shape": tuple(letters[letter] for letter in stated),
    }
    if draw(st.booleans()):
        settings["bias_axes"] = draw(st.sampled_from([biased, biased, biased[-1], biased[0], "q", None]))
    if draw(st.booleans()):
        settings["activation"] = draw(st.sampled_from(["relu", None, "softmax", "reluu"]))
    if len(stated) == 1 and draw(st.booleans()):
        settings["output_shape"] = letters[stated]
    shape = tuple(letters[letter] for letter in axes)
    if draw(st.integers(0, 9)) == 7:
        shape = (*shape, draw(sizes))
    return settings, (shape,)


CASES: dict[str, SearchStrategy[Case]] = {
    "Embedding": st.tuples(tables, st.tuples(shapes)),
    "EinsumDense": equations(),
}

STRICTER = (
    # Keras reads a beginning of an equation and leaves the rest; what does not fit it may be
    # stated, and fails when it runs.
    "is none of ab,bc->ac, ...b,bc->...c and ab...,bc->ac...",
    "names an axis twice in",
    "does not fit its input of",
    "does not keep the samples of a batch apart",
    "sizes for the output of",
)
