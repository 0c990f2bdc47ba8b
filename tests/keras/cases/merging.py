"""Cases of the merges."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import some

Shape = tuple[int, ...]

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
often_two = st.integers(0, 19).map(lambda odd: {6: 1, 7: 4, 8: 4, 9: 4}.get(odd, 2 + odd % 2))


def like(shape: Shape) -> SearchStrategy[Shape]:
    """A shape that fits: the same, with axes of size 1 instead, without leading axes; at times any."""
    ones = st.tuples(*[st.sampled_from([size, size, 1]) for size in shape])
    tail = st.integers(0, len(shape)).map(lambda first: shape[first:])
    return st.one_of(st.just(shape), ones, tail, shapes)


def fitting(count: int) -> SearchStrategy[tuple[Shape, ...]]:
    return shapes.flatmap(lambda shape: st.tuples(*[like(shape)] * count))


def merge(counts: SearchStrategy[int]) -> SearchStrategy[Case]:
    return st.tuples(st.just({}), counts.flatmap(fitting))


def with_size(shape: Shape, axis: int) -> SearchStrategy[Shape]:
    """The shape with another size along one axis; at times another shape."""
    sizes = st.integers(1, 4).map(lambda size: (*shape[:axis], size, *shape[axis + 1 :]))
    return st.integers(0, 9).flatmap(lambda odd: like(shape) if odd == 7 else sizes)


def concatenation(shape: Shape) -> SearchStrategy[Case]:
    def along(axis: int) -> SearchStrategy[Case]:
        numbers = st.sampled_from([axis + 1, axis + 1, axis - len(shape), axis - len(shape)])
        exact = st.fixed_dictionaries({"axis": numbers})
        settings = st.integers(0, 9).flatmap(lambda odd: some(axis=st.integers(-5, 5)) if odd > 7 else exact)
        inputs = often_two.flatmap(lambda count: st.tuples(*[with_size(shape, axis)] * count))
        return st.tuples(settings, inputs)

    return st.integers(0, len(shape) - 1).flatmap(along)


WRONG_AXES: SearchStrategy[Any] = st.one_of(
    st.lists(st.integers(-5, 5), max_size=3), st.integers(-5, 5), st.sampled_from([None, 1.5, "1", (1, 1.5)])
)


def products(one: Shape, other: Shape) -> SearchStrategy[Case]:
    """Two inputs with axes of one size."""

    def along(first: int, second: int) -> SearchStrategy[Case]:
        fitted = (*other[:second], one[first], *other[second + 1 :])
        exact = st.sampled_from(
            [(first + 1, second + 1), [first - len(one), second + 1], (first - len(one), second - len(other))]
        )
        axes = st.integers(0, 9).flatmap(lambda odd: WRONG_AXES if odd == 7 else exact)
        settings = st.fixed_dictionaries({"axes": axes}, optional={"normalize": st.booleans()})
        return st.tuples(settings, st.just((one, fitted)))

    return st.tuples(st.integers(0, len(one) - 1), st.integers(0, len(other) - 1)).flatmap(
        lambda two: along(*two)
    )


same_axis = st.tuples(shapes, st.sampled_from([1, -1, 2, -2])).flatmap(
    lambda drawn: st.tuples(
        st.just({"axes": drawn[1]}), st.sampled_from([2, 2, 2, 2, 2, 3, 1]).map(lambda n: (drawn[0],) * n)
    )
)
dots = st.tuples(shapes, shapes).flatmap(lambda two: products(*two))

CASES: dict[str, SearchStrategy[Case]] = {
    **{kind: merge(often_two) for kind in ("Add", "Multiply", "Average", "Maximum", "Minimum")},
    "Subtract": merge(st.sampled_from([2, 2, 2, 2, 2, 2, 2, 3, 1])),
    "Concatenate": shapes.flatmap(concatenation),
    "Dot": st.one_of(dots, same_axis),
}

STRICTER = (
    # Keras accepts the batch axis (Dot until it runs); joined batches are no longer samples of one batch.
    "of Concatenate is the batch axis",
    "of Dot is the batch axis",
    # Keras folds a negative axis into the input's axes, however far below them it is.
    "Dot finds no axis -",
)
