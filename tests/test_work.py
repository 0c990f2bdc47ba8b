"""The work of a step, against sums by hand: MACs by type, and bytes that must move."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc import layers, work
from cnncalc.layers.base import Layer
from cnncalc.memory.cuts import stages
from cnncalc.work import Work

CONV1, CONV2, DENSE = 28 * 28 * 25 * 6, 10 * 10 * (25 * 6) * 16, 5 * 5 * 16 * 10
"""MACs of the layers below: output positions times the products at each."""
WEIGHTS1, WEIGHTS2, WEIGHTS3 = (25 + 1) * 6, (25 * 6 + 1) * 16, (5 * 5 * 16 + 1) * 10
WEIGHTS = WEIGHTS1 + WEIGHTS2 + WEIGHTS3
IMAGE, SECOND_INPUT, DENSE_INPUT, OUTPUT = 32 * 32, 14 * 14 * 6, 5 * 5 * 16, 10
"""Values, for one image."""
SCALARS = 8 + 4
"""Bytes of the optimizer's iteration and learning rate."""


def small(frozen: str = "", dense_dtype: str | None = None, **conv: Any) -> cnncalc.Model:
    """Like LeNet-5: two convolutions, each with pooling behind it, and a dense layer."""

    def of(name: str) -> dict[str, Any]:
        return {"name": name, "trainable": name not in frozen.split()}

    dtype: dict[str, Any] = {"dtype": dense_dtype} if dense_dtype else {}
    stack: list[Layer] = [
        layers.Conv2D(filters=6, kernel_size=5, **of("conv1"), **conv),
        layers.AveragePooling2D(pool_size=2),
        layers.Conv2D(filters=16, kernel_size=5, **of("conv2")),
        layers.AveragePooling2D(pool_size=2),
        layers.Flatten(),
        layers.Dense(units=10, **of("dense"), **dtype),
    ]
    return cnncalc.Sequential(stack, input=(32, 32, 1))


def predicted(model: cnncalc.Model, **given: Any) -> Work:
    estimate = cnncalc.estimate(model, **given)
    return work.prediction(estimate.model.graph, estimate.settings)


def trained(model: cnncalc.Model, **given: Any) -> Work:
    """The optimizer's variables come from outside of the module; with SGD they are two scalars."""
    estimate = cnncalc.estimate(model, **given)
    segments = stages(estimate.model, estimate.settings.segments)
    stretches = [range(inside[0].start, inside[-1].stop) for inside in segments]
    return work.training(estimate.model.graph, estimate.settings, SCALARS, stretches)


def test_a_prediction_reads_weights_and_images_and_writes_what_the_model_gives() -> None:
    done = predicted(small(), inference_batch_size=3)
    assert done.macs == {"float32": 3 * (CONV1 + CONV2 + DENSE)}
    assert done.bytes == 4 * (WEIGHTS + 3 * IMAGE + 3 * OUTPUT)


def test_a_training_step_moves_what_is_kept_twice_and_needs_no_gradient_of_the_images() -> None:
    """Backward reads the inputs of the second convolution and of the dense layer; images are there anyway."""
    done = trained(small(), batch_size=2)
    assert done.macs == {"float32": 2 * (2 * CONV1 + 3 * CONV2 + 3 * DENSE)}
    kept = 2 * 4 * (SECOND_INPUT + DENSE_INPUT)
    assert done.bytes == 4 * (2 * WEIGHTS + 2 * IMAGE) + 2 * kept + 2 * SCALARS


def test_an_activation_keeps_its_output() -> None:
    plain, relu = trained(small(), batch_size=2), trained(small(activation="relu"), batch_size=2)
    assert relu.macs == plain.macs
    assert relu.bytes - plain.bytes == 2 * (2 * 4 * 28 * 28 * 6)


@pytest.mark.parametrize(
    ("frozen", "macs", "weights", "kept"),
    [
        # in front of the frozen layer nothing has a gradient
        ("conv1", CONV1 + 2 * CONV2 + 3 * DENSE, WEIGHTS2 + WEIGHTS3, SECOND_INPUT + DENSE_INPUT),
        # gradients pass through the dense layer, which needs its input for its own weights alone
        ("dense", 2 * CONV1 + 3 * CONV2 + 2 * DENSE, WEIGHTS1 + WEIGHTS2, SECOND_INPUT),
        ("conv1 conv2", CONV1 + CONV2 + 2 * DENSE, WEIGHTS3, DENSE_INPUT),
        ("conv1 conv2 dense", CONV1 + CONV2 + DENSE, 0, 0),
    ],
)
def test_frozen_layers(frozen: str, macs: int, weights: int, kept: int) -> None:
    done = trained(small(frozen), batch_size=2)
    assert done.macs == {"float32": 2 * macs}
    assert done.bytes == 4 * (WEIGHTS + weights + 2 * IMAGE) + 2 * (2 * 4 * kept) + 2 * SCALARS


def test_mixed_precision_keeps_weights_in_float32_and_computes_in_float16() -> None:
    done = predicted(small(), dtype="mixed_float16")
    assert done.macs == {"float16": CONV1 + CONV2 + DENSE}
    assert done.bytes == 4 * WEIGHTS + 2 * (IMAGE + OUTPUT)


def test_a_layer_with_a_type_of_its_own_has_macs_in_that() -> None:
    done = predicted(small(dense_dtype="float32"), dtype="mixed_bfloat16")
    assert done.macs == {"bfloat16": CONV1 + CONV2, "float32": DENSE}
    assert done.bytes == 4 * WEIGHTS + 2 * IMAGE + 4 * OUTPUT
    assert done.all_macs == CONV1 + CONV2 + DENSE


def test_the_optimizer_s_variables_are_read_and_written() -> None:
    estimate = cnncalc.estimate(small(), batch_size=2)
    graph, settings = estimate.model.graph, estimate.settings
    slots = 2 * 4 * WEIGHTS  # Adam has two for each weight
    more = work.training(graph, settings, slots + SCALARS)
    assert more.bytes - work.training(graph, settings, SCALARS).bytes == 2 * slots


def test_a_segment_multiplies_once_more_and_what_is_kept_outside_of_it_moves() -> None:
    """Only "a" runs again, for "b" reads its output; "c" keeps its 8 values, the segment an image."""
    stack = [layers.Dense(units=8, name=name) for name in "abc"]
    done = trained(cnncalc.Sequential(stack, input=(8,)), batch_size=5, segments=[("a", "b")])
    assert done.macs == {"float32": 5 * (2 + 3 + 3 + 1) * 64}
    assert done.bytes == 4 * (3 * 2 * (8 * 8 + 8) + 5 * 8) + 2 * (4 * 5 * 8) + 2 * SCALARS


def test_the_value_that_a_segment_begins_with_is_kept() -> None:
    """Units 3, 5, 7, 2: "c" keeps the 5 of "b" in the second run only, "d" the 7 of "c"."""
    units = {"a": 3, "b": 5, "c": 7, "d": 2}
    stack = [layers.Dense(units=count, name=name) for name, count in units.items()]
    done = trained(cnncalc.Sequential(stack, input=(4,)), batch_size=6, segments=[("b", "c")])
    assert done.macs == {"float32": 6 * (2 * 4 * 3 + 3 * (3 * 5 + 5 * 7 + 7 * 2) + 3 * 5)}
    weights = 5 * 3 + 4 * 5 + 6 * 7 + 8 * 2
    assert done.bytes == 4 * (2 * weights + 6 * 4) + 2 * (4 * 6 * (3 + 7)) + 2 * SCALARS


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_what_runs_again_is_what_checkpoint_says(name: str) -> None:
    found = cnncalc.checkpoint(name, segments=2, batch_size=8)
    estimates = [cnncalc.estimate(model, batch_size=8) for model in (cnncalc.load(name), found.model)]
    plain, again = (cnncalc.time_bound(estimate, "h200").training for estimate in estimates)
    assert plain is not None
    assert again is not None
    assert again.work.all_macs - plain.work.all_macs == 8 * found.recomputed_macs > 0
    assert again.work.bytes < plain.work.bytes


def test_of_an_embedding_s_table_nothing_is_counted() -> None:
    words = cnncalc.Input(shape=(20,), dtype="int32")
    stack = [layers.Embedding(input_dim=1000, output_dim=8), layers.Flatten(), layers.Dense(units=4)]
    model = cnncalc.Sequential(stack, input=words)
    done = predicted(model, inference_batch_size=7)
    assert done.macs == {"float32": 7 * (20 * 8) * 4}
    assert done.bytes == 4 * (160 * 4 + 4) + 7 * (4 * 20 + 4 * 4)
    assert trained(model, batch_size=7).macs == {"float32": 3 * 7 * 160 * 4}  # the table has gradients


def test_a_layer_that_is_called_twice_multiplies_twice_and_is_read_once() -> None:
    model = cnncalc.Model(
        input=(6,),
        layers=[layers.Dense(units=6, name="dense"), cnncalc.Call(name="again", layer="dense")],
    )
    assert predicted(model) == Work({"float32": 2 * 36}, 4 * (36 + 6 + 6 + 6))
    assert trained(model).macs == {"float32": 32 * (2 + 3) * 36}


def test_a_product_of_two_activations_has_a_gradient_for_each_that_depends_on_a_weight() -> None:
    """Attention of 5 positions over 5 with 8 features: two products of 5 * 5 * 8, and dense layers."""
    of_both = [layers.Dense(units=8, name="q"), layers.Dense(units=8, name="v", inputs="input")]
    model = cnncalc.Model(
        input=(5, 8), layers=[*of_both, layers.Attention(name="attention", inputs=["q", "v"])]
    )
    dense, products = 5 * 8 * 8, 2 * 5 * 5 * 8
    assert predicted(model).macs == {"float32": 2 * dense + products}
    assert trained(model, batch_size=1).macs == {"float32": 2 * 2 * dense + 3 * products}
    image = cnncalc.Model(
        input=(5, 8), layers=[of_both[0], layers.Attention(name="attention", inputs=["q", "input"])]
    )
    assert trained(image, batch_size=1).macs == {"float32": 2 * dense + 2 * products}
