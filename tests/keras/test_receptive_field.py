"""Receptive fields against real Keras: each pixel is changed by much, to see which outputs notice.

All factors are positive and so is the image, so that nothing cancels and no rectifier closes; Keras
computes in float64, so that no change is lost among the digits.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import cnncalc
from cnncalc import layers as cl
from cnncalc.analysis.receptive_field import ReceptiveField
from cnncalc.errors import ShapeError
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer

steady = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

Shape = tuple[int, ...]
Settings = dict[str, Any]
Values = NDArray[np.float64]
Noticed = NDArray[np.bool_]
"""``[pixel, position]`` along one axis: whether any output at the position notices any pixel there."""
Step = Callable[["Sketch", str], str]
"""Adds layers behind a value, and gives the name of the last."""

IMAGES = {1: (23,), 2: (11, 9)}
"""Spatial sizes for one axis and for two."""

PADDINGS = st.sampled_from(["valid", "same"])


class Sketch:
    """A network as it grows; a layer that does not fit is left out."""

    def __init__(self, draw: st.DrawFn, rank: int, data_format: str = "channels_last") -> None:
        self.draw = draw
        self.rank = rank
        self.data_format = data_format
        self.layers: list[Layer] = []
        channels = draw(st.integers(1, 2))
        image = IMAGES[rank]
        self.shapes = {"input": (*image, channels) if data_format == "channels_last" else (channels, *image)}

    @property
    def channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def sizes(self, value: str) -> Shape:
        """Along the spatial axes."""
        shape = self.shapes[value]
        return shape[:-1] if self.data_format == "channels_last" else shape[1:]

    def numbers(self, most: int, least: int = 1) -> Any:
        """One number for all axes, or one for each."""
        number = st.integers(least, most)
        return self.draw(st.one_of(number, st.lists(number, min_size=self.rank, max_size=self.rank)))

    def ends(self) -> Any:
        """Positions in front and behind, for each axis."""
        pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
        return self.draw(pair if self.rank == 1 else st.tuples(pair, pair))

    def window(self, size: str) -> Settings:
        """A window of 1 to 3 that jumps or, if it is a kernel's, has holes."""
        jumps = ["strides", "dilation_rate"] if size == "kernel_size" else ["strides"]
        jump = self.draw(st.sampled_from(jumps))
        return {size: self.numbers(3), jump: self.numbers(2), "padding": self.draw(PADDINGS)}

    def add(self, kind: str, *inputs: str, **given: Any) -> str:
        """The name of the layer, or of its first input where it does not fit."""
        name = f"{kind.lower()}_{len(self.layers)}"
        layer = layer_class(kind)(name=name, inputs=inputs, **given)
        try:
            shape = layer.facts(*(self.shapes[value] for value in inputs)).output
        except ShapeError:
            return inputs[0]
        if max(shape) > 2 * max(IMAGES[self.rank]):
            return inputs[0]
        self.layers.append(layer)
        self.shapes[name] = shape
        return name

    def spatial(self, kind: str, value: str, **given: Any) -> str:
        """A layer of the kind for this rank, as ``Conv{}D``."""
        kind = kind.format(self.rank)
        if "data_format" in layer_class(kind).setting_names():
            given["data_format"] = self.data_format
        return self.add(kind, value, **given)

    def model(self) -> cnncalc.Model:
        """The output of every layer is an output of the model."""
        names = [str(layer.name) for layer in self.layers]
        return cnncalc.Model(input=self.shapes["input"], layers=self.layers, outputs=names)


def convolution(sketch: Sketch, value: str) -> str:
    activation = sketch.draw(st.sampled_from([None, "relu", "softplus"]))
    return sketch.spatial("Conv{}D", value, filters=2, activation=activation, **sketch.window("kernel_size"))


def causal(sketch: Sketch, value: str) -> str:
    window = sketch.window("kernel_size") | {"padding": "causal" if sketch.rank == 1 else "same"}
    return sketch.spatial("Conv{}D", value, filters=1, **window)


def pooling(sketch: Sketch, value: str) -> str:
    kind = sketch.draw(st.sampled_from(["MaxPooling{}D", "AveragePooling{}D"]))
    return sketch.spatial(kind, value, **sketch.window("pool_size"))


def zero_padding(sketch: Sketch, value: str) -> str:
    return sketch.spatial("ZeroPadding{}D", value, padding=sketch.ends())


def by_channel(sketch: Sketch, value: str) -> str:
    """With one stride for all axes: TensorFlow has no kernel for two of them on a CPU."""
    window = sketch.window("kernel_size") | {"strides": sketch.draw(st.integers(1, 2))}
    if sketch.draw(st.booleans()):
        return sketch.spatial("DepthwiseConv{}D", value, **window)
    return sketch.spatial("SeparableConv{}D", value, filters=2, **window)


def cropping(sketch: Sketch, value: str) -> str:
    return sketch.spatial("Cropping{}D", value, cropping=sketch.ends())


def upsampling(sketch: Sketch, value: str) -> str:
    """The zeros that Lanczos kernels have on whole numbers are not quite zero in float32: no factor 1."""
    if sketch.rank == 1:
        return sketch.add("UpSampling1D", value, size=sketch.draw(st.integers(1, 3)))
    kind = sketch.draw(st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]))
    size = sketch.numbers(3, least=2 if kind.startswith("lanczos") else 1)
    return sketch.spatial("UpSampling2D", value, size=size, interpolation=kind)


def transposed(sketch: Sketch, value: str) -> str:
    """Without dilation, for which TensorFlow has no kernel on a CPU."""
    given = {"kernel_size": sketch.numbers(4), "strides": sketch.numbers(3), "padding": sketch.draw(PADDINGS)}
    return sketch.spatial("Conv{}DTranspose", value, filters=2, **given)


def in_place(sketch: Sketch, value: str) -> str:
    given: dict[str, Settings] = {
        "BatchNormalization": {"axis": sketch.channel_axis},
        "Dropout": {"rate": 0.5},
        "Rescaling": {"scale": 2.0},
        "ReLU": {},
        "PReLU": {},
    }
    kind = sketch.draw(st.sampled_from(sorted(given)))
    return sketch.add(kind, value, **given[kind])


def over_channels(sketch: Sketch, value: str) -> str:
    if sketch.draw(st.booleans()):
        return sketch.add("Dense", value, units=2)
    return sketch.add("LayerNormalization", value)


def merged(sketch: Sketch, *values: str) -> str:
    kinds = ["Add", "Average", "Maximum", "Minimum", "Multiply", "Concatenate", "Concatenate"]
    kind = sketch.draw(st.sampled_from(kinds))
    return sketch.add(kind, *values, **({"axis": sketch.channel_axis} if kind == "Concatenate" else {}))


def branches(sketch: Sketch, value: str) -> str:
    """Windows of several sizes side by side, at one stride."""
    strides = sketch.draw(st.integers(1, 2))
    ends = [value] if strides == 1 and sketch.draw(st.booleans()) else []
    for _ in range(2):
        kind = sketch.draw(st.sampled_from(["SeparableConv{}D", "MaxPooling{}D", "DepthwiseConv{}D"]))
        window = {"pool_size" if "Pooling" in kind else "kernel_size": sketch.numbers(4)}
        own = {"filters": 2} if "Separable" in kind else {}
        ends.append(sketch.spatial(kind, value, strides=strides, padding="same", **window, **own))
    return merged(sketch, *ends)


def valley(sketch: Sketch, value: str) -> str:
    """Down, a step, up again, and joined with the value itself."""
    down = sketch.spatial("MaxPooling{}D", value, padding="same")
    bottom = sketch.spatial("SeparableConv{}D", down, filters=1, kernel_size=3, padding="same")
    up = sketch.spatial("UpSampling{}D", bottom, size=2)
    ends = [(0, high - low) for high, low in zip(sketch.sizes(up), sketch.sizes(value), strict=True)]
    fitted = sketch.spatial("Cropping{}D", up, cropping=ends[0] if sketch.rank == 1 else ends)
    return merged(sketch, value, fitted)


STACKED: list[Step] = [convolution, convolution, causal, pooling, zero_padding]
"""Steps behind which a field in the image is noticed from its first pixel to its last."""
FIRST_OR_LAST: list[Step] = [pooling, zero_padding, by_channel, cropping, upsampling, in_place, branches]
"""Steps for which TensorFlow has kernels on a CPU, whether the channels come first or last."""
ALL: list[Step] = [*STACKED, *FIRST_OR_LAST, valley, transposed, over_channels]


@st.composite
def networks(
    draw: st.DrawFn, steps: list[Step], ranks: Sequence[int] = (1, 2), data_format: str = "channels_last"
) -> cnncalc.Model:
    sketch = Sketch(draw, draw(st.sampled_from(ranks)), data_format)
    value = sketch.add("Identity", "input")
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=6)):
        value = step(sketch, value)
    return sketch.model()


def outputs(model: cnncalc.Model, images: Values) -> list[Values]:
    """What real Keras makes of the images, for each of the model's outputs."""
    real = cnncalc.to_keras(model, dtype="float64")
    random = np.random.default_rng(0)
    shapes = [tuple(weight.shape) for weight in real.weights]
    real.set_weights([random.uniform(0.5, 1.5, shape) / prod(shape[:-1]) for shape in shapes])
    found = real(images)
    return [value.numpy() for value in (found if isinstance(found, list) else [found])]


def changed(model: cnncalc.Model, channel_axis: int = -1) -> list[NDArray[np.bool_]]:
    """For every output what changes in it with each pixel: the pixel's axes, then those of the output."""
    image = np.ones(model.inputs[0].shape)
    sizes = np.delete(image.shape, channel_axis)
    pixels = np.expand_dims(np.eye(prod(sizes)).reshape(-1, *sizes), axis=1 if channel_axis == 0 else -1)
    found = outputs(model, np.concatenate([image[np.newaxis], image + 1e6 * pixels]))
    differs = [abs(value[1:] - value[0]) > 1e-9 * abs(value[0]) for value in found]
    return [value.reshape(*sizes, *value.shape[1:]) for value in differs]


def noticed(found: NDArray[np.bool_], rank: int, axis: int, channel_axis: int) -> Noticed:
    """Of the changes of an output those along one spatial axis."""
    channels = rank if channel_axis == 0 else 2 * rank
    places = [other for other in range(2 * rank + 1) if other != channels]
    skipped = {channels, *places} - {places[axis], places[rank + axis]}
    return np.asarray(np.any(found, axis=tuple(skipped)), bool)


def reach(field: ReceptiveField, axis: int, position: int) -> range:
    """The pixels that an output position may notice: ``size`` of them from the first whole one on."""
    first = ceil(field.offset[axis] + field.stride[axis] * position)
    return range(first, first + field.size[axis])


def compare(model: cnncalc.Model, channel_axis: int = -1, whole: bool = False) -> int:
    """Assert that what is noticed lies in the fields; and, if ``whole``, that fields within the image
    begin and end with a pixel that is noticed. How many fields are within the image."""
    inside = 0
    for layer, found in zip(cnncalc.estimate(model).layers, changed(model, channel_axis), strict=True):
        field = layer.receptive_field
        assert field is not None
        for axis in range(len(field.size)):
            along = noticed(found, len(field.size), axis, channel_axis)
            for position in range(along.shape[1]):
                pixels, seen = reach(field, axis, position), np.flatnonzero(along[:, position])
                assert set(seen) <= set(pixels), f"{layer.name} at {position} of axis {axis}"
                if pixels.start >= 0 and pixels.stop <= len(along):
                    inside += 1
                    assert not whole or {pixels[0], pixels[-1]} <= set(seen), layer.name
    return inside


@steady
@given(networks(ALL))
def test_no_output_notices_a_pixel_outside_its_field(model: cnncalc.Model) -> None:
    compare(model)


def test_a_field_in_the_image_is_noticed_from_end_to_end() -> None:
    inside = []

    @steady
    @given(networks(STACKED))
    def stack(model: cnncalc.Model) -> None:
        inside.append(compare(model, whole=True))

    stack()
    assert sum(inside) > 5000


@steady
@given(networks([*FIRST_OR_LAST, valley], (2,), "channels_first"))
def test_fields_of_images_whose_channels_come_first(model: cnncalc.Model) -> None:
    compare(model, channel_axis=0)


@steady
@given(networks([pooling, zero_padding, by_channel, in_place, branches], (1,), "channels_first"))
def test_fields_of_sequences_whose_channels_come_first(model: cnncalc.Model) -> None:
    compare(model, channel_axis=0)


MIXING: list[list[Layer]] = [
    [cl.GlobalAveragePooling2D()],
    [cl.GlobalMaxPooling2D(keepdims=True)],
    [cl.Flatten(), cl.Dense(units=3)],
    [cl.Reshape(target_shape=(-1,)), cl.Dense(units=3)],
    [cl.Softmax(axis=(1, 2, 3))],
    [cl.GroupNormalization(groups=1)],
    [cl.LayerNormalization(axis=(1, 2, 3))],
    [cl.GlobalAveragePooling2D(name="all"), cl.Multiply(inputs=("first", "all"))],
]


@pytest.mark.parametrize("layers", MIXING, ids=lambda layers: "-".join(layer.kind for layer in layers))
def test_no_field_behind_a_layer_that_mixes_all_positions(layers: list[Layer]) -> None:
    first = cl.Conv2D(name="first", filters=2, kernel_size=3, padding="same")
    model = cnncalc.Model(input=(5, 4, 2), layers=[first, *layers])
    (found,) = changed(model)
    assert found.all(), "an output does not notice all pixels"
    assert cnncalc.estimate(model).layers[-1].receptive_field is None
