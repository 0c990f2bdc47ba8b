"""Cases of the layers that reshape, reorder, repeat, pad, crop and enlarge."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, some
from tests.keras.cases.pooling import inputs, positive, usually

SHAPES = st.lists(st.integers(1, 6), min_size=0, max_size=4).map(tuple)
ODD_TARGETS = st.sampled_from([(), (0,), (-1,), (-1, -1), (-2, 3), (-1, 0), (2, 3), 6, (-1, None)])
INTERPOLATIONS = ["nearest", "bilinear", "Bicubic", "lanczos3", "lanczos5", "area", "cubic"]


@st.composite
def reshape(draw: st.DrawFn) -> Case:
    """Targets made by joining and splitting the input's axes, one of them at times left open."""
    shape = draw(SHAPES)
    if draw(st.integers(0, 5)) == 0:
        return {"target_shape": draw(ODD_TARGETS)}, (shape,)
    target = list(_joined(shape, draw(st.integers(0, 4))))
    if draw(st.integers(0, 1)):
        target.insert(draw(st.integers(0, len(target))), draw(st.sampled_from([1, 1, 1, 2])))
    if draw(st.integers(0, 1)) and target:
        target[draw(st.integers(0, len(target) - 1))] = -1
    return {"target_shape": tuple(target)}, (shape,)


def _joined(shape: tuple[int, ...], kept: int) -> tuple[int, ...]:
    return (*shape[:kept], prod(shape[kept:])) if kept < len(shape) else shape


@st.composite
def permute(draw: st.DrawFn) -> Case:
    shape = draw(SHAPES)
    dims = draw(st.permutations(range(1, len(shape) + 1)))
    odd = [tuple(dims[1:]), (*dims, 1), tuple(dim - 1 for dim in dims), 1]
    return {"dims": draw(st.sampled_from([tuple(dims)] * 8 + odd))}, (shape,)


def repeat_vector() -> SearchStrategy[Case]:
    count = usually(st.integers(1, 99), st.sampled_from([0, -1, 2.0, (2,)]))
    shape = usually(st.tuples(st.integers(1, 99)), SHAPES)
    return st.tuples(st.fixed_dictionaries({"n": count}), st.tuples(shape))


def ends(rank: int, largest: int) -> SearchStrategy[Any]:
    """One number, one or a pair per axis; at times negative, or a wrong number of them."""
    number = st.integers(0, largest)
    pair = st.one_of(number, st.tuples(number, number))
    whole = pair if rank == 1 else st.one_of(number, st.tuples(*[pair] * rank))
    triples = st.tuples(*[st.tuples(number, number, number)] * rank)
    mixed = st.sampled_from([-1, (1, -1), ((1, 0), (0, -1)), (1, 1, 1, 1), "12", 1.5])
    return usually(whole, st.one_of(st.tuples(pair), triples, mixed))


def padding(rank: int) -> SearchStrategy[Case]:
    return st.tuples(some(padding=ends(rank, 3), data_format=data_formats), st.tuples(inputs(rank)))


def cropping(rank: int) -> SearchStrategy[Case]:
    layout = {"data_format": data_formats} if rank > 1 else {}
    return st.tuples(some(cropping=ends(rank, 3), **layout), st.tuples(inputs(rank, smallest=4)))


def upsampling(rank: int) -> SearchStrategy[Case]:
    layout = {"data_format": data_formats} if rank > 1 else {}
    kinds = {"interpolation": st.sampled_from(INTERPOLATIONS)} if rank == 2 else {}
    size = positive(rank, 4) if rank > 1 else usually(st.integers(1, 4), st.sampled_from([0, -1, (2,)]))
    return st.tuples(some(size=size, **layout, **kinds), st.tuples(inputs(rank)))


CASES = {
    "Flatten": st.tuples(some(data_format=data_formats), st.tuples(SHAPES)),
    "Reshape": reshape(),
    "Permute": permute(),
    "RepeatVector": repeat_vector(),
    "Identity": st.tuples(st.just({}), st.tuples(SHAPES)),
    **{f"ZeroPadding{rank}D": padding(rank) for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": cropping(rank) for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": upsampling(rank) for rank in (1, 2, 3)},
}

STRICTER = (
    # Keras takes one negative number for all axes, works out a smaller shape, and fails when it runs.
    "D: padding must be at least 0",
    # Keras looks at the name of an interpolation only when it runs.
    "interpolation must be",
    # Keras leaves an axis of None open; every shape here is a number.
    "target_shape must be a whole number",
)
