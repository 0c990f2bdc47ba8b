"""Multiply-accumulates against loops that count each multiplication.

That the loops do the layer's work is shown by their result: it is that of the real Keras layer, to
the last digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import cnncalc
from cnncalc.layers import layer_class
from tests.keras.loops import Array, Loop, Multiplier, Settings, Shape

EXAMPLES = 50

Cases = SearchStrategy[tuple[Settings, Shape]]


@st.composite
def sliding(draw: st.DrawFn, rank: int, *more: str, both: bool = False) -> tuple[Settings, Shape]:
    """What every convolution takes, and an image that is large enough for it."""
    largest = 3 if rank < 3 else 2
    jumps = [(), ("strides",), ("strides",), ("dilation_rate",), *[("strides", "dilation_rate")] * both]
    case = {name: draw(one_or_more(rank, largest)) for name in draw(st.sampled_from(jumps))}
    case["kernel_size"] = draw(one_or_more(rank, largest))
    case["padding"] = draw(st.sampled_from(["valid", "same", *more]))
    case["data_format"] = draw(st.sampled_from(["channels_last"] * 4 + ["channels_first"]))
    least = 1 + largest * (largest - 1) if case["padding"] == "valid" else 1  # no kernel reaches further
    sizes = draw(st.tuples(*[st.integers(least, least + 2)] * rank))
    ending = draw(ENDINGS)
    if rank == 3 and case["data_format"] == "channels_first":
        ending["use_bias"] = False  # Keras 3.15 adds it along the wrong axis of a volume on a CPU
    return case | ending, (*sizes, draw(st.integers(1, 3)))


ENDINGS = st.fixed_dictionaries({"use_bias": st.booleans(), "activation": st.sampled_from([None, "relu"])})
FILTERS = st.integers(1, 3)


def one_or_more(rank: int, largest: int) -> SearchStrategy[Any]:
    """One number for all axes, or one for each."""
    number = st.integers(1, largest)
    return st.one_of(number, st.tuples(*[number] * rank))


@st.composite
def grouped(draw: st.DrawFn, rank: int) -> tuple[Settings, Shape]:
    case, (*sizes, channels) = draw(sliding(rank, *["causal"] * (rank == 1)))
    groups, filters = draw(st.sampled_from([1, 1, 2])), draw(FILTERS)
    return case | {"groups": groups, "filters": filters * groups}, (*sizes, channels * groups)


@st.composite
def by_channel(draw: st.DrawFn, rank: int, mixed: bool) -> tuple[Settings, Shape]:
    case, shape = draw(sliding(rank, both=True))
    filters = {"filters": draw(FILTERS)} if mixed else {}
    return case | {"depth_multiplier": draw(st.integers(1, 2))} | filters, shape


@st.composite
def spread(draw: st.DrawFn, rank: int) -> tuple[Settings, Shape]:
    """Output padding, where drawn, is one that Keras not only accepts but also runs with."""
    case, shape = draw(sliding(rank))
    strides, kernel = (np.broadcast_to(case.get(name, 1), rank) for name in ("strides", "kernel_size"))
    least = 1 if case["padding"] == "same" and 2 in kernel else 0
    if strides.min() > least and draw(st.booleans()):
        case["output_padding"] = draw(st.tuples(*[st.integers(least, int(step) - 1) for step in strides]))
    return case | {"filters": draw(FILTERS)}, shape


@st.composite
def dense(draw: st.DrawFn) -> tuple[Settings, Shape]:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    return draw(ENDINGS) | {"units": draw(st.integers(1, 4))}, tuple(shape)


KINDS: dict[str, tuple[Callable[[Loop], Array], Cases]] = {
    **{f"Conv{rank}D": (Loop.convolution, grouped(rank)) for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": (Loop.depthwise, by_channel(rank, mixed=False)) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": (Loop.separable, by_channel(rank, mixed=True)) for rank in (1, 2)},
    **{f"Conv{rank}DTranspose": (Loop.transposed, spread(rank)) for rank in (1, 2, 3)},
    "Dense": (Loop.dense, dense()),
}
"""Each kind that counts anything: its loop, and its cases with an image whose channels come last."""


def computed(model: Any, image: Array) -> Array:
    """What Keras makes of the image; by XLA where TensorFlow has no kernel for this machine."""
    batch = tf.constant(image[np.newaxis], tf.float32)
    try:
        output: Array = model(batch).numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        output = tf.function(model, jit_compile=True)(batch).numpy()
    return output.squeeze(0)


def whole_numbers(*shapes: Shape) -> list[Array]:
    random = np.random.default_rng(len(shapes))
    return [random.integers(-3, 4, shape) for shape in shapes]


@pytest.mark.parametrize("kind", KINDS)
def test_macs_are_the_multiplications_of_the_loops(kind: str) -> None:
    work, cases = KINDS[kind]

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(cases)
    def compare(case: tuple[Settings, Shape]) -> None:
        chosen, shape = case
        last = 0 if chosen.get("data_format") == "channels_first" else -1
        model = cnncalc.Sequential([layer_class(kind)(**chosen)], input=moved(shape, last))
        real = cnncalc.to_keras(model)
        image, *weights = whole_numbers(shape, *(tuple(weight.shape) for weight in real.weights))
        real.set_weights(weights)
        output = np.moveaxis(computed(real, np.moveaxis(image, -1, last)), last, -1)
        loop = Loop(chosen, image, weights, Multiplier())
        np.testing.assert_array_equal(loop.finished(work(loop), output.shape), output)
        assert cnncalc.estimate(model).macs == loop.times.count

    compare()


def moved(shape: Shape, place: int) -> Shape:
    """The shape with its channels at that place."""
    return (shape[-1], *shape[:-1]) if place == 0 else shape
