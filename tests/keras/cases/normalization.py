"""Cases of the normalisations and of the layers that bring data into range."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import some

Shape = tuple[int, ...]

shapes = st.integers(0, 19).flatmap(
    lambda odd: st.lists(st.integers(1, 6), min_size=odd != 7, max_size=4).map(tuple)
)


def axis_of(shape: Shape) -> SearchStrategy[int]:
    """An axis number as Keras writes it; at times the batch axis, or one that is not there."""
    there = st.integers(1, max(len(shape), 1))
    backwards = there.map(lambda axis: -axis)
    return st.integers(0, 9).flatmap(
        lambda odd: st.integers(-6, 6) if odd == 7 else backwards if odd % 2 else there
    )


def axes_of(shape: Shape) -> SearchStrategy[Any]:
    """One axis number, or several that may be the same."""
    several = st.lists(axis_of(shape), max_size=3)
    whole = st.permutations(range(1, len(shape) + 1))
    return st.one_of(axis_of(shape), several, several.map(tuple), whole)


def case(
    shape: Shape, needed: dict[str, SearchStrategy[Any]], **optional: SearchStrategy[Any]
) -> SearchStrategy[Case]:
    return st.tuples(st.fixed_dictionaries(needed, optional=optional), st.just((shape,)))


SCALED = {"center": st.booleans(), "scale": st.booleans(), "epsilon": st.just(1e-5)}
LIMITS = st.sampled_from([None, -1.0, 0, 0.5, 3.0])

clippings = st.one_of(
    st.none(),
    st.fixed_dictionaries({}, optional={"rmax": LIMITS, "rmin": LIMITS, "dmax": LIMITS}),
    st.just({"rmaks": 3.0}),
)


def batch(shape: Shape) -> SearchStrategy[Case]:
    renorm = {"renorm": st.booleans(), "renorm_clipping": clippings, "renorm_momentum": st.just(0.9)}
    return case(
        shape, {}, axis=axis_of(shape), momentum=st.just(0.9), synchronized=st.booleans(), **SCALED, **renorm
    )


def layer(shape: Shape) -> SearchStrategy[Case]:
    wrong = st.sampled_from([None, 1.5, "1"])
    axis = st.integers(0, 9).flatmap(lambda odd: wrong if odd == 7 else axes_of(shape))
    return case(shape, {}, axis=axis, rms_scaling=st.booleans(), **SCALED)


def group(shape: Shape) -> SearchStrategy[Case]:
    groups = st.sampled_from([-1, -1, 1, 1, *shape, *shape, 2, 3, 0, -2, 32])
    return case(shape, {"groups": groups}, axis=axis_of(shape), **SCALED)


radii = st.sampled_from([0, 1, 5, 2])
numbers = st.sampled_from([0, 0.5, 1.0, 2])
images = st.integers(0, 11).flatmap(lambda odd: st.tuples(*[st.integers(1, 6)] * {7: 2, 8: 4}.get(odd, 3)))
local = st.tuples(some(depth_radius=radii, bias=numbers, alpha=numbers, beta=numbers), st.tuples(images))


def filled(shape: Shape, number: float) -> Any:
    """Nested lists of that shape."""
    return [filled(shape[1:], number) for _ in range(shape[0])] if shape else number


def means(shape: Shape) -> SearchStrategy[Any]:
    """Sizes of a mean: none, a piece of the shape from its end, or anything."""
    piece = st.integers(0, len(shape)).map(lambda first: shape[first:])
    return st.one_of(st.just(()), piece, st.lists(st.integers(1, 6), max_size=2).map(tuple))


def given_mean(shape: Shape) -> SearchStrategy[Case]:
    axis = st.one_of(st.none(), axes_of(shape), st.permutations(range(1, len(shape) + 1)))
    same = means(shape).map(lambda sizes: {"mean": filled(sizes, 1), "variance": filled(sizes, 2.0)})
    other = st.tuples(means(shape), means(shape)).map(
        lambda two: {"mean": filled(two[0], 1), "variance": filled(two[1], 2)}
    )
    half = means(shape).map(lambda sizes: {"mean": filled(sizes, 1)})
    data = st.integers(0, 9).flatmap(lambda odd: {7: other, 8: half}.get(odd, same))
    return st.tuples(
        st.builds(lambda a, b: {**a, "axis": b}, data, axis),
        st.just((shape,)),
    )


def learned_mean(shape: Shape) -> SearchStrategy[Case]:
    return case(shape, {}, axis=st.one_of(st.none(), axes_of(shape)), invert=st.booleans())


def rescaling(shape: Shape) -> SearchStrategy[Case]:
    factors = st.one_of(numbers, means(shape).map(lambda sizes: filled(sizes, 0.5)))
    whole = case(shape, {"scale": factors}, offset=factors)
    return st.integers(0, 19).flatmap(lambda odd: case(shape, {}, offset=numbers) if odd == 7 else whole)


CASES: dict[str, SearchStrategy[Case]] = {
    "BatchNormalization": shapes.flatmap(batch),
    "LayerNormalization": shapes.flatmap(layer),
    "GroupNormalization": shapes.flatmap(group),
    "LocalResponseNormalization": local,
    "Rescaling": shapes.flatmap(rescaling),
    "Normalization": shapes.flatmap(lambda shape: st.one_of(learned_mean(shape), given_mean(shape))),
}

STRICTER = (
    # Without gamma and beta Keras does not look at the axis before it runs; the batch axis mixes the samples.
    "of LayerNormalization is the batch axis",
    # With an axis named twice Keras builds weights that do not fit when it runs.
    "of LayerNormalization name an axis",
    # With an axis of size 1 named twice the weights fit by chance.
    "of Normalization name an axis",
    # Numbers that cannot be spread over the input make Keras fail, or change the shape, when it runs.
    "numbers cannot be spread over its input of",
)
