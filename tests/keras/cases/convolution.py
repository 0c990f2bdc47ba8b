"""Cases of every kind of convolution: right settings on fitting inputs, at times with one of them spoilt."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, some

ACTIVATIONS = st.sampled_from([None, None, "linear", "relu", "swish", "softmax"])
PADDINGS = ["valid", "same", "SAME"]

STRICTER = (
    # An even kernel with output_padding 0 turns a single input position into no output at all.
    "makes an output of",
)


def one_in(count: int) -> SearchStrategy[bool]:
    """True once in so many draws: on a number in the middle, as hypothesis likes to draw the ends."""
    return st.integers(1, count).map(lambda number: number == (count + 1) // 2)


def sizes(rank: int, largest: int, smallest: int = 1) -> SearchStrategy[Any]:
    """One number, or one per axis."""
    number = st.integers(smallest, largest)
    return st.one_of(number, st.tuples(*[number] * rank), st.lists(number, min_size=rank, max_size=rank))


def strides_or_dilation(rank: int) -> SearchStrategy[dict[str, Any]]:
    """Seldom both, since most kinds refuse that."""
    strides = st.fixed_dictionaries({"strides": sizes(rank, 3)})
    dilation = st.fixed_dictionaries({"dilation_rate": sizes(rank, 3)})
    both = st.builds(lambda a, b: a | b, strides, dilation)
    usual = st.one_of(st.just({}), strides, dilation)
    return one_in(12).flatmap(lambda rare: both if rare else usual)


def common(rank: int) -> SearchStrategy[dict[str, Any]]:
    needed = st.fixed_dictionaries({"kernel_size": sizes(rank, 4)})
    optional = some(
        padding=st.sampled_from(PADDINGS),
        data_format=data_formats,
        use_bias=st.booleans(),
        activation=ACTIVATIONS,
        bias_initializer=st.just("ones"),
    )
    return st.builds(lambda a, b, c: a | b | c, needed, optional, strides_or_dilation(rank))


def wrong(rank: int) -> SearchStrategy[dict[str, Any]]:
    """One setting that no convolution takes, or that only some of them do."""
    too_many = (2,) * (rank + 1)
    values: dict[str, list[Any]] = {
        "filters": [0, -1],
        "kernel_size": [0, -2, too_many, (0,) * rank, "3"],
        "strides": [0, too_many, (1,) * (rank - 1) + (0,)],
        "dilation_rate": [0, too_many, -1],
        "padding": ["full", "causal", "VALID", "sam"],
        "data_format": ["channels_middle", "NHWC"],
        "groups": [0, 2, 5],
        "depth_multiplier": [0, 2, -1],
        "output_padding": [0, 1, 3, -1, too_many],
        "kernel_initializer": ["zeros"],
        "depthwise_initializer": ["zeros"],
        "pointwise_initializer": ["zeros"],
        "activation": ["reluu", "log_softmax"],
        "units": [3],
    }
    pairs = [{name: value} for name, found in values.items() for value in found]
    return st.sampled_from(pairs)


@st.composite
def cases(draw: st.DrawFn, /, rank: int, **own: SearchStrategy[Any]) -> Case:
    settings = draw(common(rank)) | {name: draw(values) for name, values in own.items()}
    groups = settings.get("groups", 1)
    if "groups" in settings and not draw(one_in(12)):
        settings["filters"] *= groups
    shape = draw(inputs(rank))
    if not draw(one_in(12)):
        shape = fitted(shape, groups, settings.get("data_format"))
    return settings | (draw(wrong(rank)) if draw(one_in(8)) else {}), (shape,)


@st.composite
def inputs(draw: st.DrawFn, rank: int) -> tuple[int, ...]:
    """Most of them large enough for a VALID window, some with an axis too few or too many."""
    axes = draw(st.sampled_from([rank, rank + 2])) if draw(one_in(15)) else rank + 1
    size = st.integers(1, 9) if draw(one_in(5)) else st.integers(9, 14)
    return tuple(draw(size) for _ in range(axes))


def fitted(shape: tuple[int, ...], groups: int, data_format: str | None) -> tuple[int, ...]:
    """The shape with channels that the groups can share, a few in each."""
    if data_format == "channels_first":
        return (-(-shape[0] // 5) * groups, *shape[1:])
    return (*shape[:-1], -(-shape[-1] // 5) * groups)


@st.composite
def transposed(draw: st.DrawFn, rank: int) -> Case:
    """Half of them with output padding, below the strides where these are right."""
    settings, shapes = draw(cases(rank, filters=FILTERS))
    if "output_padding" not in settings and draw(st.booleans()):
        settings["output_padding"] = draw(output_padding(rank, settings.get("strides", 1)))
    return settings, shapes


def output_padding(rank: int, strides: Any) -> SearchStrategy[Any]:
    if isinstance(strides, int):
        largest = max(strides - 1, 0)
        return st.one_of(st.none(), st.integers(0, largest), sizes(rank, largest, 0))
    return st.tuples(*[st.integers(0, max(stride - 1, 0)) for stride in strides])


FILTERS = st.integers(1, 12)
MULTIPLIERS = st.integers(1, 3)

PLAIN = {"filters": FILTERS, "groups": st.sampled_from([1, 1, 2, 3])}
SEPARABLE = {"filters": FILTERS, "depth_multiplier": MULTIPLIERS}

CASES: dict[str, SearchStrategy[Case]] = {
    "Conv1D": cases(1, **PLAIN, padding=st.sampled_from([*PADDINGS, "causal", "Causal"])),
    "Conv2D": cases(2, **PLAIN),
    "Conv3D": cases(3, **PLAIN),
    **{f"Conv{rank}DTranspose": transposed(rank) for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": cases(rank, depth_multiplier=MULTIPLIERS) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": cases(rank, **SEPARABLE) for rank in (1, 2)},
}
