"""Multiply-accumulates against an oracle that loops the layer and counts each multiplication.

The oracle lays zeros around the image and moves the kernel over it, place by place; it knows no
formula for a size or for a count. That it does the layer's work is shown by its result: it is
that of the real Keras layer, to the last digit.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

import cnncalc
from cnncalc.layers import layer_class

EXAMPLES = 50

Array = NDArray[Any]
Shape = tuple[int, ...]
Settings = dict[str, Any]
Cases = SearchStrategy[tuple[Settings, Shape]]
Places = list[list[int | None]]
"""For each place of the kernel along an axis the positions under it; None is one of the padding."""
Factors = list[list[tuple[int, Shape]]]
"""For each output channel the input channels in it, and where in the kernel each finds its factor."""


class Multiplier:
    """Multiplies, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, one: Any, other: Any) -> Any:
        self.count += 1
        return one * other


@dataclass
class Loop:
    """One layer at work on one image whose channels come last."""

    settings: Settings
    image: Array
    weights: list[Array]
    times: Multiplier

    def per_axis(self, setting: str) -> Sequence[int]:
        value = self.settings.get(setting, 1)
        return [value] * (self.image.ndim - 1) if isinstance(value, int) else value

    def convolution(self) -> Array:
        *_, own, filters = self.weights[0].shape
        groups = np.split(np.arange(self.image.shape[-1]), self.image.shape[-1] // own)
        seen = [group for group in groups for _ in range(filters // len(groups))]
        factors: Factors = [[(c, (nth, made)) for nth, c in enumerate(seen[made])] for made in range(filters)]
        return self.slid(self.image, self.weights[0], self.axes(), factors)

    def depthwise(self) -> Array:
        *_, channels, multiplier = self.weights[0].shape
        factors: Factors = [[(own[0], own)] for own in np.ndindex(channels, multiplier)]
        return self.slid(self.image, self.weights[0], self.axes(), factors)

    def separable(self) -> Array:
        between = self.depthwise()
        *_, channels, filters = self.weights[1].shape
        factors: Factors = [[(c, (c, made)) for c in range(channels)] for made in range(filters)]
        here: list[Places] = [[[position] for position in range(size)] for size in between.shape[:-1]]
        return self.slid(between, self.weights[1], here, factors)

    def axes(self) -> list[Places]:
        sizes, kernel = self.image.shape[:-1], self.weights[0].shape
        paddings = [self.settings["padding"]] * len(sizes)
        return list(
            map(places, sizes, kernel, self.per_axis("strides"), self.per_axis("dilation_rate"), paddings)
        )

    def slid(self, image: Array, kernel: Array, axes: list[Places], factors: Factors) -> Array:
        """The kernel at every place; what lies in the padding is multiplied like data."""
        output = np.zeros((*map(len, axes), len(factors)), int)
        for place, tap in product(np.ndindex(*map(len, axes)), np.ndindex(*kernel.shape[:-2])):
            position = [axis[p][t] for axis, p, t in zip(axes, place, tap, strict=True)]
            values: Array = np.zeros(image.shape[-1], int) if None in position else image[tuple(position)]
            for made, sources in enumerate(factors):
                output[(*place, made)] += sum([self.times(values[c], kernel[tap + at]) for c, at in sources])
        return output

    def transposed(self) -> Array:
        """Each input position spread over a canvas, as far as the kernel reaches."""
        kernel, canvas = self.weights[0], defaultdict[Shape, int](int)
        strides, dilations = self.per_axis("strides"), self.per_axis("dilation_rate")
        for position, tap in product(np.ndindex(*self.image.shape[:-1]), np.ndindex(*kernel.shape[:-2])):
            steps = zip(position, strides, tap, dilations, strict=True)
            place = tuple(p * stride + t * dilation for p, stride, t, dilation in steps)
            for made, c in np.ndindex(*kernel.shape[-2:]):
                canvas[(*place, made)] += self.times(self.image[(*position, c)], kernel[(*tap, made, c)])
        output = np.zeros([max(axis) + 1 for axis in zip(*canvas, strict=True)], int)
        for place, value in canvas.items():
            output[place] = value
        return output

    def dense(self) -> Array:
        kernel = self.weights[0]
        output = np.zeros((*self.image.shape[:-1], kernel.shape[1]), int)
        for *place, unit in np.ndindex(*output.shape):
            values = self.image[tuple(place)]
            output[(*place, unit)] = sum(self.times(values[c], kernel[c, unit]) for c in range(len(kernel)))
        return output

    def finished(self, output: Array, shape: Shape) -> Array:
        """Cut to shape, with bias and activation: all that counts nothing."""
        found = cut(output, shape, self.settings.get("padding", "")) + (
            self.weights[-1] if self.settings["use_bias"] else 0
        )
        return found.clip(min=0) if self.settings["activation"] == "relu" else found


def places(size: int, kernel: int, stride: int, dilation: int, padding: str) -> Places:
    """The kernel moved along one axis for as long as it fits."""
    taps = range(0, kernel * dilation, dilation)
    line = padded(size, taps[-1], stride, padding)
    return [[line[start + tap] for tap in taps] for start in range(0, len(line) - taps[-1], stride)]


def padded(size: int, reach: int, stride: int, padding: str) -> list[int | None]:
    """Causal: padding in front, so that no output comes before its input. Same: padding behind and
    in front by turns, until the kernel has a place for every position that the stride steps on."""
    line: deque[int | None] = deque(range(size))
    if padding == "causal":
        line.extendleft([None] * reach)
    wanted = len(range(size)[::stride]) if padding == "same" else 0
    add = cycle((line.append, line.appendleft))
    while len(range(0, len(line) - reach, stride)) < wanted:
        next(add)(None)
    return list(line)


def cut(canvas: Array, shape: Shape, padding: str) -> Array:
    """The output of that shape in a canvas: with SAME padding cut behind and in front by turns; where
    the canvas is too short, nothing reaches the last positions."""
    for axis, size in enumerate(shape):
        line = deque(range(canvas.shape[axis]))
        ends = cycle((line.pop, line.popleft) if padding == "same" else (line.pop,))
        while len(line) > size:
            next(ends)()
        missing = [(0, (size - len(line)) * (axis == other)) for other in range(canvas.ndim)]
        canvas = np.pad(canvas.take(line, axis), missing)
    return canvas


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
