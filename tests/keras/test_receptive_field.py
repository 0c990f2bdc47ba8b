"""Receptive fields against real Keras: each pixel is changed by much, to see which outputs notice.

All factors are positive and so is the image, so that nothing cancels and no rectifier closes; Keras
computes in float64, so that no change is lost among the digits.
"""

from __future__ import annotations

import os
from math import ceil, prod

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

import cnncalc
from cnncalc import layers as cl
from cnncalc.analysis.receptive_field import ReceptiveField
from cnncalc.layers.base import Layer
from tests.spatial_networks import (
    ALL,
    FIRST_OR_LAST,
    STACKED,
    branches,
    by_channel,
    in_place,
    networks,
    pooling,
    valley,
    zero_padding,
)

steady = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

Values = NDArray[np.float64]
Noticed = NDArray[np.bool_]
"""``[pixel, position]`` along one axis: whether any output at the position notices any pixel there."""


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
