"""Cases of the operations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cnncalc.layers.operations import OPERATIONS
from tests.keras.cases import Case
from tests.keras.cases.common import some
from tests.keras.cases.merging import concatenation
from tests.keras.cases.normalization import Shape, axes_of, axis_of, filled
from tests.keras.cases.pooling import usually

sizes = st.integers(1, 4)
shapes = st.lists(sizes, min_size=1, max_size=3).map(tuple)
flags = st.booleans()
BINARY = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum", "Power")


@st.composite
def binary(draw: st.DrawFn) -> Case:
    shape = draw(shapes)
    other = tuple(draw(st.sampled_from([size, size, 1])) for size in shape)
    if draw(st.integers(0, 9)) == 7:
        other = draw(shapes)
    if draw(flags):
        return {}, (shape, other)
    constants = st.sampled_from(
        [2.0, 1, filled(other, 0.5), filled(other[-1:], 0.5), filled((1, *other), 0.5)]
    )
    return {draw(st.sampled_from(["x1", "x2"])): draw(constants)}, (shape,)


@st.composite
def products(draw: st.DrawFn) -> Case:
    front, (rows, inner, columns) = draw(st.lists(sizes, max_size=1)), draw(st.tuples(sizes, sizes, sizes))
    wrong = inner + (draw(st.integers(0, 9)) == 7)
    if draw(flags):
        return {}, ((*front, rows, inner), (*front, wrong, columns))
    if draw(flags):
        return {"x2": filled((wrong, columns), 0.5)}, ((*front, rows, inner)[draw(st.integers(0, 1)) :],)
    return {"x1": filled((rows, wrong), 0.5)}, ((*front, inner, columns),)


def reduction(shape: Shape) -> SearchStrategy[Case]:
    needed = st.fixed_dictionaries({"axis": axes_of(shape)}, optional={"keepdims": flags})
    return st.tuples(needed, st.just((shape,)))


def stacked(shape: Shape) -> SearchStrategy[Case]:
    axes = st.sampled_from([*range(1, len(shape) + 2), -1, -2, 7])
    others = st.lists(usually(st.just(shape), shapes), max_size=2)
    return st.tuples(st.fixed_dictionaries({"axis": axes}), others.map(lambda more: (shape, *more)))


@st.composite
def reshaped(draw: st.DrawFn) -> Case:
    a, b, c = draw(st.tuples(sizes, sizes, sizes))
    target = draw(st.sampled_from([(a * b, c), (a, b, c), (a * b * c,), (c, b, a), (a, b * c, 1)]))
    return {"newshape": [draw(st.sampled_from([-1, -1, -1, None])), *target]}, ((a, b, c),)


def turned(shape: Shape) -> SearchStrategy[Case]:
    orders = st.permutations(range(1, len(shape) + 1)).map(lambda order: [0, *order])
    wrong = st.sampled_from([[0], [0, 1, 1], [0, 1, 2, 3, 4]])
    return st.tuples(st.fixed_dictionaries({"axes": usually(orders, wrong)}), st.just((shape,)))


@st.composite
def squeezed(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.sampled_from([1, 1, 3]), min_size=1, max_size=4))
    ones = [axis + 1 for axis, size in enumerate(shape) if size == 1]
    axes = draw(
        st.sampled_from([None, *ones, *ones, *(axis - len(shape) - 1 for axis in ones), ones or None, 2])
    )
    return {"axis": axes}, (tuple(shape),)


def widened(shape: Shape) -> SearchStrategy[Case]:
    return st.tuples(st.fixed_dictionaries({"axis": axis_of((*shape, 1))}), st.just((shape,)))


def padded(shape: Shape) -> SearchStrategy[Case]:
    pairs = st.tuples(
        st.just([0, 0]), *[st.lists(st.integers(0, 2), min_size=2, max_size=2)] * len(shape)
    ).map(list)
    wrong = st.sampled_from([[[0, 0]] * 6, [[0, 0], [1, 1], [1, 1], [1, 1], [1, 1]]])
    settings = st.fixed_dictionaries(
        {"pad_width": usually(pairs, wrong)}, optional={"mode": st.sampled_from(["constant", "reflect"])}
    )
    return st.tuples(settings, st.just((shape,)))


def part(shape: Shape) -> SearchStrategy[Case]:
    entries = st.sampled_from(["0", "-1", "1:", ":-1", "::2", ":1", "1::2", "::-1", ":", ":", "None", "0:9"])
    keys = st.lists(entries, max_size=len(shape)).map(lambda chosen: ", ".join([":", *chosen]))
    dotted = st.lists(entries, max_size=len(shape)).map(lambda chosen: ", ".join(["...", *chosen]))
    wrong = st.sampled_from([":, 7", ":, 0, 0, 0, 0", ":, 9:"])
    return st.tuples(
        st.fixed_dictionaries({"key": usually(st.one_of(keys, dotted), wrong)}), st.just((shape,))
    )


def on_any_shape(settings: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Case]:
    return st.tuples(settings, st.tuples(shapes))


SHAPING: dict[str, SearchStrategy[Case]] = {
    "Matmul": products(),
    "Concatenate": shapes.flatmap(concatenation).filter(lambda case: bool(case[0])),
    "Stack": shapes.flatmap(stacked),
    "Reshape": reshaped(),
    "Transpose": shapes.flatmap(turned),
    "Squeeze": squeezed(),
    "ExpandDims": shapes.flatmap(widened),
    "Pad": shapes.flatmap(padded),
    "GetItem": shapes.flatmap(part),
    "Softmax": shapes.flatmap(
        lambda s: st.tuples(st.fixed_dictionaries({"axis": axis_of(s)}), st.just((s,)))
    ),
    "LogSoftmax": shapes.flatmap(
        lambda s: st.tuples(st.fixed_dictionaries({"axis": axis_of(s)}), st.just((s,)))
    ),
    "Clip": on_any_shape(st.fixed_dictionaries({"x_min": st.just(0), "x_max": st.sampled_from([1, 6.0])})),
    "LeakyRelu": on_any_shape(some(negative_slope=st.just(0.1))),
    "Elu": on_any_shape(some(alpha=st.just(0.5))),
    "Celu": on_any_shape(some(alpha=st.just(0.5))),
    "Gelu": on_any_shape(some(approximate=flags)),
}
REDUCTIONS = ("Mean", "Max", "Min", "Sum", "Prod", "Var", "Std")


def of(op: str) -> SearchStrategy[Case]:
    if op in BINARY:
        return binary()
    if op in REDUCTIONS:
        return shapes.flatmap(reduction)
    return SHAPING.get(op, on_any_shape(st.just({})))


CASES: dict[str, SearchStrategy[Case]] = {f"ops.{op}": of(op) for op in OPERATIONS}

STRICTER = (
    # What would mix or number the samples of a batch is refused.
    "would mix the samples of a batch",
    "is the batch axis of its input",
    "does not leave the batch axis whole",
    "must leave the batch axis whole",
    # Keras does not know the batch size, so that it cannot tell that the values do not fill the shape.
    "does not fill the target_shape",
    # Matrices of unequal axes in front, and what leaves nothing.
    "no product of",
    "leaves nothing of its input of",
    # An axis named twice or none at all.
    "name an axis of its input",
    "axis names no axis",
    "finds no axis",
    "there is no position",
)
