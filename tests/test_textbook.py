"""The book's rules on graphs, against sums written out by hand."""

from __future__ import annotations

from typing import Any

import cnncalc
from cnncalc.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    ReLU,
)

IMAGE = 4 * 8 * 8 * 2
"""Bytes of an image of 8 x 8 x 2, and of every output of ``conv``."""


def conv(name: str, **more: Any) -> Conv2D:
    return Conv2D(filters=2, kernel_size=1, use_bias=False, name=name, **more)  # 2 * 2 = 4 parameters


def totals(layers: list[Any], batch: int = 1, **more: Any) -> tuple[int, int]:
    model = cnncalc.Model(input=(8, 8, 2), layers=layers, **more)
    memory = cnncalc.estimate(model, batch_size=batch).memory["textbook"]
    assert memory.training is not None
    return memory.inference.total_bytes, memory.training.total_bytes


def test_a_chain_holds_two_neighbours() -> None:
    assert totals([conv("a"), conv("b"), conv("c")], batch=3) == (
        2 * IMAGE + 3 * 4 * 4,  # two outputs, 12 parameters
        3 * (IMAGE + 3 * IMAGE) + 3 * 4 * 4,  # image and three outputs, three times
    )


def test_a_skip_keeps_its_tensor_alive() -> None:
    layers = [conv("a"), conv("b"), conv("c"), Add(inputs=("a", "c"))]
    assert totals(layers) == (
        3 * IMAGE + 48,  # a, b, c while c runs; a, c and the sum while the sum does
        IMAGE + 4 * IMAGE + 48,
    )


def test_an_image_that_is_read_late_stays() -> None:
    layers = [conv("a"), conv("b"), Add(inputs=("input", "b"))]
    assert totals(layers) == (3 * IMAGE + 32, IMAGE + 3 * IMAGE + 32)


def test_an_activation_overwrites_its_input() -> None:
    assert totals([conv("a"), ReLU(), conv("b")]) == (2 * IMAGE + 32, IMAGE + 2 * IMAGE + 32)


def test_an_activation_inside_a_convolution_does_too() -> None:
    separate = totals([conv("a"), Activation(activation="relu"), conv("b")])
    assert totals([conv("a", activation="relu"), conv("b")]) == separate


def test_a_batch_normalisation_is_an_output_of_its_own() -> None:
    normalised = 4 * 4 * 2  # gamma, beta and two moving statistics of 2 channels, 4 bytes each
    assert totals([conv("a"), BatchNormalization()]) == (
        2 * IMAGE + 16 + normalised,
        IMAGE + 2 * IMAGE + 16 + normalised,
    )


def test_what_others_read_is_not_overwritten() -> None:
    layers = [conv("a"), ReLU(name="r"), Add(inputs=("a", "r"))]
    assert totals(layers) == (3 * IMAGE + 16, IMAGE + 3 * IMAGE + 16)


def test_the_last_reader_may_overwrite_in_prediction_only() -> None:
    layers = [conv("a"), conv("b", inputs="a"), ReLU(name="r", inputs="a"), Add(inputs=("b", "r"))]
    assert totals(layers) == (
        3 * IMAGE + 32,  # a (then r in its place), b, and the sum
        IMAGE + 4 * IMAGE + 32,  # backward needs a, which b has read: r is apart
    )


def test_the_image_is_not_overwritten() -> None:
    assert totals([ReLU(), conv("a")]) == (2 * IMAGE + 16, IMAGE + 2 * IMAGE + 16)


def test_an_output_of_the_model_is_not_overwritten() -> None:
    layers = [conv("a"), ReLU(name="r")]
    assert totals(layers, outputs=["a", "r"]) == (2 * IMAGE + 16, IMAGE + 2 * IMAGE + 16)


def test_views_take_nothing() -> None:
    layers = [conv("a"), Flatten(), Dropout(rate=0.5), Dense(units=4, use_bias=False)]
    dense = 4 * 128 * 4
    assert totals(layers) == (2 * IMAGE + 16 + dense, IMAGE + IMAGE + 4 * 4 + 16 + dense)


def test_concatenation_stands_beside_its_inputs() -> None:
    layers = [conv("a"), conv("b", inputs="input"), Concatenate(inputs=("a", "b"))]
    assert totals(layers) == (4 * IMAGE + 32, IMAGE + 4 * IMAGE + 32)


def test_a_layer_called_twice_has_its_parameters_once() -> None:
    layers = [conv("a"), cnncalc.Call(layer="a", name="again")]
    assert totals(layers) == (2 * IMAGE + 16, 3 * IMAGE + 16)


def test_a_layer_with_its_own_dtype() -> None:
    layers = [conv("a"), conv("b", dtype="float16")]
    assert totals(layers) == (
        2 * IMAGE + 16 + 8,  # the image and a; 4 parameters of 4 bytes and 4 of 2
        IMAGE + IMAGE + IMAGE // 2 + 16 + 8,
    )
