"""What optimizers, losses and types add to a training step on TensorFlow, counted by hand on one layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cnncalc import Input, Model, estimate
from cnncalc.errors import NoRuleError
from cnncalc.layers import Add, Conv2D, Dense, MaxPooling2D
from cnncalc.losses import LOSSES
from cnncalc.memory.replay import replay
from cnncalc.optimizers import OPTIMIZERS
from cnncalc.runtimes.tensorflow import planning

W = 512 * 256 * 4  # the kernel of a Dense layer of 256 units on 512 values, in float32
S = 512 * 128 * 4  # the output of a Dense layer of 128 units for a batch of 512

WRAPPED: dict[str, dict[str, Any]] = {
    "LossScaleOptimizer": {"inner_optimizer": "sgd"},
    "MultiOptimizer": {"optimizer_map": {"default_optimizer": "sgd"}},
}
REFUSED_LOSSES = ("CTC", "Circle", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy")


def peak(model: Model, mode: str = "training", **settings: Any) -> int:
    """The peak above what is there before the step."""
    given = estimate(model, **settings).settings
    run = planning.training if mode == "training" else planning.inference
    plan = run(model.graph, given, 2**40).plan
    before = sum(plan.buffers[number].bytes for number in plan.steps[0].allocates)
    return replay(plan).peak.bytes - before


def of_optimizer(optimizer: str | Mapping[str, Any], **settings: Any) -> int:
    """For one kernel of W bytes; all else is too small to be counted."""
    model = Model(name="one", input=(512,), layers=[Dense(name="dense", units=256, use_bias=False)])
    return peak(model, batch_size=2, optimizer=optimizer, loss="mse", **settings)


def of_loss(loss: str | Mapping[str, Any], activation: str = "linear") -> int:
    """For one output of S bytes; the kernel is too small to be counted."""
    model = Model(name="one", input=(4,), layers=[Dense(name="dense", units=128, activation=activation)])
    return peak(model, batch_size=512, optimizer="sgd", loss=loss)


def test_a_step_without_large_buffers_has_a_band() -> None:
    """Nothing that is counted happens where LeNet-5's gradients run at a batch of 8."""
    training = estimate("lenet5", batch_size=8, optimizer="adam").memory["tensorflow"].training
    assert training is not None
    assert (training.step_low_bytes, training.step_bytes, training.step_high_bytes) == (0, 0, 0)


@pytest.mark.parametrize(
    ("optimizer", "weights"),
    [
        ({"name": "sgd"}, 1),  # the gradient, scaled in place
        ({"name": "sgd", "momentum": 0.9}, 2),  # c m, made at the start; the gradient
        ({"name": "sgd", "clipvalue": 1}, 1),  # in place
        ({"name": "sgd", "clipnorm": 1}, 2),  # the gradient; its square
        ({"name": "sgd", "global_clipnorm": 1}, 2),
        ({"name": "sgd", "use_ema": True}, 2),  # c average, made at the start; the gradient, then (1 - c) w
        ({"name": "rmsprop"}, 3),  # c v, made at the start; the gradient; lr g
        ({"name": "adam"}, 2),  # the gradient and its square; m alpha and sqrt(v) after that
        ({"name": "adagrad"}, 2),  # the gradient and its square
        ({"name": "lion"}, 4),  # c m twice, made at the start; c g twice, once in place
        ({"name": "adadelta"}, 5),  # c a, c d, sqrt(d), made at the start; the gradient; its square
    ],
)
def test_buffers_of_one_weight(optimizer: dict[str, Any], weights: int) -> None:
    assert of_optimizer(optimizer) == weights * W


def test_a_weight_that_shrinks_is_copied_while_the_forward_pass_reads_it() -> None:
    # w wd lr: W; the new weight beside the old one: W; then, with the old weight freed, the gradient
    assert of_optimizer({"name": "sgd", "weight_decay": 0.01}) == 2 * W


def test_the_accumulator_is_free_once_the_weight_is_updated() -> None:
    # the gradient, to which the accumulator is added in place
    assert of_optimizer({"name": "sgd", "gradient_accumulation_steps": 2}) == W


def test_a_scaled_loss_waits_for_finite_gradients() -> None:
    optimizer = {"name": "LossScaleOptimizer", "inner_optimizer": {"name": "sgd"}}
    model = Model(name="one", input=(1024,), layers=[Dense(name="dense", units=1024, use_bias=False)])
    # the gradient, 1024 * 1024 * 4, and for each of its values a bool
    assert peak(model, batch_size=2, optimizer=optimizer, loss="mse") == 1024 * 1024 * (4 + 1)


def test_mixed_float16_scales_the_loss() -> None:
    mixed = of_optimizer("sgd", dtype="mixed_float16")
    scaled = {"name": "LossScaleOptimizer", "inner_optimizer": "sgd"}
    assert mixed == of_optimizer(scaled, dtype="mixed_float16")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_planned(name: str) -> None:
    assert of_optimizer({"name": name, **WRAPPED.get(name, {})}) >= W


def test_an_optimizer_map_shares_the_weights_out() -> None:
    layers = [Dense(name="one", units=256, use_bias=False), Dense(name="two", units=2, use_bias=False)]
    model = Model(name="two", input=(512,), layers=layers)
    chosen = {"default_optimizer": "rmsprop", "optimizer_map": {"one/.*": "sgd"}}
    optimizer = {"name": "MultiOptimizer", "optimizer_map": chosen}
    assert peak(model, batch_size=2, optimizer=optimizer, loss="mse") == W  # one/kernel by SGD


def test_ftrl_without_powers_is_refused() -> None:
    with pytest.raises(NoRuleError, match="Ftrl with a learning_rate_power of 0 or -1"):
        of_optimizer({"name": "ftrl", "learning_rate_power": 0.0})


@pytest.mark.parametrize(
    ("loss", "activation", "outputs"),
    [
        ("mse", "linear", 2),  # the difference, over the output; 2 (y - t), as the square is still to come
        ("mae", "linear", 2),  # the difference; its sign
        ("log_cosh", "linear", 3),  # the difference; -2 x; its softplus beside, as the sigmoid reads -2 x
        ("categorical_crossentropy", "softmax", 1),  # the gradient, over the logits
        ({"name": "CategoricalCrossentropy", "from_logits": True}, "linear", 1),
    ],
)
def test_buffers_of_one_output(loss: str | dict[str, Any], activation: str, outputs: int) -> None:
    assert of_loss(loss, activation) == outputs * S


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_planned_or_refused_by_name(name: str) -> None:
    if name in REFUSED_LOSSES:
        with pytest.raises(NoRuleError, match=name):
            of_loss({"name": name})
    else:
        assert of_loss({"name": name}) >= S


@pytest.mark.parametrize(
    ("loss", "match"),
    [
        ({"name": "mse", "reduction": "none"}, "MeanSquaredError without a reduction"),
        ({"name": "mse", "dtype": "float64"}, "MeanSquaredError in float64"),
        ({"name": "SparseCategoricalCrossentropy", "ignore_class": 0}, "with an ignore_class"),
        ({"name": "CategoricalCrossentropy", "axis": 1}, "another axis than the last"),
    ],
)
def test_an_option_without_a_rule_is_refused(loss: dict[str, Any], match: str) -> None:
    if loss.get("axis") == 1:
        model = Model(name="one", input=(4, 4), layers=[Dense(name="dense", units=8)])
        with pytest.raises(NoRuleError, match=match):
            peak(model, batch_size=512, loss=loss)
        return
    with pytest.raises(NoRuleError, match=match):
        of_loss(loss)


def convolution() -> Model:
    layers = [Conv2D(name="conv", filters=32, kernel_size=3, padding="same"), MaxPooling2D(name="pool")]
    return Model(name="one", inputs=[Input(name="in", shape=(64, 64, 16))], layers=layers)


def test_float16_and_float64_pool_without_a_workspace() -> None:
    output, pooled = 8 * 64 * 64 * 32, 8 * 32 * 32 * 32  # values
    image = 8 * 64 * 64 * 16
    assert peak(convolution(), "inference", inference_batch_size=8) == 4 * output + 4 * pooled + pooled
    # two bytes a value, and the image cast to float16 is free when the pool runs
    assert peak(convolution(), "inference", inference_batch_size=8, dtype="float16") == max(
        2 * image + 2 * output, 2 * output + 2 * pooled
    )


def test_the_filter_gradient_of_float64_takes_patches_of_as_many_images_as_fit_in_30_mib() -> None:
    layer = Conv2D(name="conv", filters=32, kernel_size=3, padding="same")
    model = Model(name="one", inputs=[Input(name="in", shape=(8, 8, 64))], layers=[layer])
    # work: 64 positions * (9 * 64) + 64 * 32 + (9 * 64) * 32 = 57344; 30 * 2**20 / 8 / 57344 = 68.57
    patches = 69 * 64 * (9 * 64) * 8
    image = 16 * 64 * 64 * 8  # the input cast to float64
    # the output, 16 * 8 * 8 * 32 * 8 bytes, is 256 KiB; cast to float32 for the loss it is too small; so is
    # the filter's gradient; the gradient of the output is float64 again
    assert peak(model, batch_size=16, loss="mse", dtype="float64") == patches + image + 16 * 64 * 32 * 8


def test_a_cast_value_is_cast_once() -> None:
    layers = [
        Dense(name="one", units=2, inputs=["in"]),
        Dense(name="two", units=2, inputs=["in"]),
        Add(name="sum", inputs=["one", "two"]),
    ]
    model = Model(name="two", inputs=[Input(name="in", shape=(512,))], layers=layers)
    # 512 * 512 values in bfloat16
    assert peak(model, "inference", inference_batch_size=512, dtype="bfloat16") == 2 * 512 * 512


def test_two_types_of_two_bytes_are_refused() -> None:
    layers = [Dense(name="one", units=2, dtype="float16"), Dense(name="two", units=2, dtype="bfloat16")]
    model = Model(name="two", input=(4,), layers=layers)
    with pytest.raises(NoRuleError, match="bfloat16"):
        peak(model, "inference")
