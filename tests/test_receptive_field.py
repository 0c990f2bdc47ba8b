"""Which axes a receptive field is told in; its numbers are held against Keras in tests/keras."""

from __future__ import annotations

import cnncalc
from cnncalc import layers as cl
from cnncalc.analysis.receptive_field import ReceptiveField
from cnncalc.layers.base import Layer
from cnncalc.tensors import Shape


def fields(layers: list[Layer], **inputs: Shape) -> list[ReceptiveField | None]:
    model = cnncalc.Model(inputs=inputs, layers=layers, outputs=[str(layer.name) for layer in layers])
    return [layer.receptive_field for layer in cnncalc.estimate(model).layers]


def test_the_spatial_axes_are_those_of_the_input_that_is_read() -> None:
    pool = cl.MaxPooling2D(name="pool", inputs="image", pool_size=(2, 3))
    dense = cl.Dense(name="dense", inputs="words", units=2)
    expected = [ReceptiveField((2, 3), (2, 3), (0, 0)), None]  # words have no positions
    assert fields([pool, dense], image=(8, 9, 3), words=(4,)) == expected
    assert fields([pool, dense], words=(4,), image=(8, 9, 3)) == expected


def test_a_mean_over_all_steps_does_not_take_them_for_channels() -> None:
    pool = cl.MaxPooling1D(name="pool", pool_size=3)
    mean = cl.GlobalAveragePooling1D(name="mean")
    assert fields([pool, mean], steps=(12, 4)) == [ReceptiveField((3,), (3,), (0,)), None]


def test_a_field_is_told_in_the_axes_of_the_image_as_it_came_in() -> None:
    def behind(*dims: int) -> ReceptiveField | None:
        turned = cl.Permute(name="turned", dims=dims)
        convolution = cl.Conv2D(name="convolution", filters=1, kernel_size=(3, 1), strides=(2, 1))
        return fields([turned, convolution], image=(7, 6, 5))[-1]

    assert behind(1, 2, 3) == ReceptiveField((3, 1), (2, 1), (0, 0))
    assert behind(2, 1, 3) == ReceptiveField((1, 3), (1, 2), (0, 0))
    assert behind(2, 3, 1) == ReceptiveField((3, 1), (2, 1), (0, 0))  # the channels came first
