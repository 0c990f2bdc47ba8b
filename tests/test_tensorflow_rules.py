"""Every layer kind has a rule for TensorFlow's runtime, is a composition, or is refused with a reason."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from cnncalc import Input, Model, estimate
from cnncalc.errors import NoRuleError
from cnncalc.layers import CATALOGUE, Dense, layer_class
from cnncalc.layers.base import Layer
from cnncalc.memory.plan import Plan
from cnncalc.memory.replay import replay
from cnncalc.runtimes.tensorflow import planning
from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.layers import RULES
from cnncalc.runtimes.tensorflow.layers.refused import REFUSED
from tests.test_catalogue import example

IN_INFERENCE_ONLY = {
    *("Masking", "SpectralNormalization"),
    *(kind for kind, family in CATALOGUE.items() if family in ("augmentation", "coloring")),
}
"""Kinds whose rule says what predicting takes, and which are refused in training."""


def model(kind: str) -> Model:
    """Dense layers, so that there is something to train, and the kind on what they give."""
    layer, shapes = example(kind)
    inputs = [Input(name=f"in_{number}", shape=shape) for number, shape in enumerate(shapes)]
    before = [
        Dense(name=f"before_{number}", units=shape[-1], inputs=[f"in_{number}"])
        for number, shape in enumerate(shapes)
    ]
    last = layer.model_copy(update={"name": "kind", "inputs": tuple(one.name for one in before)})
    return Model(name="one", inputs=inputs, layers=[*before, last])


def test_a_kind_has_a_rule_or_a_reason() -> None:
    parted = {kind for kind in CATALOGUE if example(kind)[0].parts()}
    rules = RULES.all()
    assert set(CATALOGUE) - parted == {*rules, *REFUSED} - parted
    assert not set(rules) & set(REFUSED)


@pytest.mark.parametrize("package", ["layers", "gradients", "losses", "updates"])
def test_no_rule_stands_in_two_families(package: str) -> None:
    folder = import_module(f"cnncalc.runtimes.tensorflow.{package}")
    modules = [import_module(f"{folder.__name__}.{found.name}") for found in iter_modules(folder.__path__)]
    tables = [module.RULES for module in modules if isinstance(getattr(module, "RULES", None), dict)]
    names = [name for table in tables if not isinstance(table, Families) for name in table]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_example_is_planned_or_refused_by_name(kind: str, mode: str) -> None:
    made = model(kind)
    settings = estimate(made, inference_batch_size=2, batch_size=2).settings
    plan = getattr(planning, mode)
    if kind in REFUSED or (mode == "training" and kind in IN_INFERENCE_ONLY):
        with pytest.raises(NoRuleError, match=kind):
            plan(made.graph, settings, 0)
        return
    assert replay(plan(made.graph, settings, 2**40).plan).peak.bytes > 0


S = 16 * 32 * 32 * 16 * 4  # 16 channels over 32 x 32 pixels, for 16 images: 1 MiB


def made(kind: str, name: str, *inputs: str, **settings: Any) -> Layer:
    return layer_class(kind)(name=name, inputs=inputs, **settings)


def planned(model: Model, mode: str, batch: int, **settings: Any) -> Plan:
    given = estimate(model, batch_size=batch, inference_batch_size=batch, **settings).settings
    run = planning.training if mode == "training" else planning.inference
    return run(model.graph, given, 2**40).plan


def allocated(model: Model, mode: str = "inference", batch: int = 16, **settings: Any) -> list[int]:
    """The sizes of all buffers that the step allocates, but for those below 256 KiB."""
    plan = planned(model, mode, batch, **settings)
    return sorted(plan.buffers[number].bytes for step in plan.steps[1:] for number in step.allocates)


def peak(model: Model, mode: str, batch: int) -> int:
    """What the step takes above variables, images and targets."""
    plan = planned(model, mode, batch)
    before = sum(plan.buffers[number].bytes for number in plan.steps[0].allocates)
    return replay(plan).peak.bytes - before


def added(*inputs: str, **shortcut: Any) -> Model:
    """Two ways from one convolution, added; the shortcut is a convolution too."""
    wide = {"filters": 16, "kernel_size": 3, "padding": "same"}
    layers = [
        made("Conv2D", "first", **wide),
        made("Conv2D", "shortcut", "first", **(wide | shortcut)),
        made("AveragePooling2D", "pool", "first", pool_size=3, strides=1, padding="same"),
        made("Add", "add", *inputs),
        made("Flatten", "flatten"),
        made("Dense", "dense", units=2),
    ]
    return Model(name="added", input=(32, 32, 3), layers=layers)


def test_a_convolution_with_a_bias_writes_its_sum_over_the_other_operand() -> None:
    assert allocated(added("shortcut", "pool")) == [S, S]  # first, pool
    assert allocated(added("shortcut", "pool", use_bias=False)) == [S, S, S]  # and shortcut
    assert allocated(added("shortcut", "pool", activation="relu")) == [S, S, S]


def test_a_sum_of_three_is_one_operation_which_is_not_taken_into_a_convolution() -> None:
    assert allocated(added("shortcut", "pool", "first")) == [S, S, S]


def test_float64_adds_apart() -> None:
    image = 16 * 32 * 32 * 3 * 8  # cast
    assert allocated(added("shortcut", "pool"), dtype="float64") == [image, 2 * S, 2 * S, 2 * S]


def padded(*after: Layer) -> Model:
    """A convolution of images that are padded before it, and what comes after."""
    layers = [
        made("ZeroPadding2D", "pad", padding=1),
        made("Conv2D", "first", "pad", filters=16, kernel_size=3),
        *after,
    ]
    return Model(name="padded", input=(32, 32, 16), layers=layers)


P = 16 * 34 * 34 * 16 * 4  # a pixel more on each side


def test_a_convolution_pads_what_it_alone_reads() -> None:
    assert allocated(padded()) == [S]
    assert P in allocated(padded(), "training")  # its weight gradient reads the padded images
    assert P in allocated(padded(), dtype="float16", batch=32)  # 2 bytes, but twice the images
    both = padded(
        made("Conv2D", "second", "pad", filters=16, kernel_size=3), made("Add", "add", "first", "second")
    )
    assert allocated(both) == [S, P]  # one adds to the other


def test_equal_layers_side_by_side_are_one_operation() -> None:
    def beside(kind: str, **other: Any) -> list[int]:
        pools = {"pool_size": 3, "strides": 1, "padding": "same"}
        layers = [
            made("Conv2D", "first", filters=16, kernel_size=3, padding="same"),
            made("AveragePooling2D", "one", "first", **pools),
            made(kind, "two", "first", **(pools | other)),
            made("Concatenate", "end", "one", "two"),
        ]
        return allocated(Model(name="beside", input=(32, 32, 16), layers=layers))

    assert beside("AveragePooling2D") == [S, S, 2 * S]  # first, both poolings, end
    assert beside("AveragePooling2D", pool_size=5) == [S, S, S, 2 * S]


def attention(heads: int, key: int, value: int) -> Model:
    layers = [
        made("Dense", "dense", units=48),
        made("MultiHeadAttention", "mha", "dense", "dense", num_heads=heads, key_dim=key, value_dim=value),
        made("Add", "add", "dense", "mha"),
        made("LayerNormalization", "norm"),
        made("Dense", "last", units=8),
    ]
    return Model(name="attention", input=(49, 48), layers=layers)


@pytest.mark.parametrize(
    ("heads", "key", "value", "batch", "expected"),
    [
        # x, values, scores (49 x 49 a head), values transposed, product, product transposed
        (1, 16, 48, 32, 5 * 32 * 49 * 48 * 4 + 32 * 49 * 49 * 4),
        # the scores alone: each of the other buffers is smaller than 256 KiB
        (8, 8, 16, 8, 2 * 8 * 49 * 49 * 8 * 4 // 2),
    ],
)
def test_attention_transposes_what_an_einsum_names_in_another_order(
    heads: int, key: int, value: int, batch: int, expected: int
) -> None:
    # both as measured: 1,812,608 and 614,656 bytes
    assert peak(attention(heads, key, value), "inference", batch) == expected


W = 20000 * 32 * 4  # a table of 20000 rows
R = 32 * 128 * 32 * 4  # the rows for 32 samples of 128 numbers


def looked_up() -> Model:
    layers = [
        made("Embedding", "table", input_dim=20000, output_dim=32),
        made("Flatten", "flatten"),
        made("Dense", "dense", units=4),
    ]
    numbers = Input(name="numbers", shape=(128,), dtype="int32")
    return Model(name="looked_up", inputs=[numbers], layers=layers)


@pytest.mark.parametrize(
    ("optimizer", "sizes"),
    [
        ({"name": "SGD"}, [R, R, W]),  # rows, their gradient; a copy of the table that is scattered to
        ({"name": "SGD", "momentum": 0.9}, [R, R, W, W]),  # c m; the gradient, made dense
        # the square of the rows; both made dense; m alpha, sqrt(v)
        ({"name": "Adam"}, [R, R, R, W, W, W, W]),
    ],
)
def test_a_table_is_updated_by_rows_or_by_what_they_add_up_to(
    optimizer: dict[str, Any], sizes: list[int]
) -> None:
    # as measured, every buffer of them
    assert allocated(looked_up(), "training", 32, optimizer=optimizer, loss="mse") == sizes


WRAPPED = {"name": "LossScaleOptimizer", "inner_optimizer": "sgd"}


@pytest.mark.parametrize("optimizer", [{"name": "RMSprop"}, {"name": "SGD", "clipnorm": 1.0}, WRAPPED])
def test_other_updates_of_a_table_are_refused_by_name(optimizer: dict[str, Any]) -> None:
    with pytest.raises(
        NoRuleError, match=f'{optimizer["name"]}, with these options, for the rows of "table"'
    ):
        allocated(looked_up(), "training", optimizer=optimizer, loss="mse")


def of_one(layer: Layer) -> list[int]:
    before = made("Conv2D", "first", filters=16, kernel_size=3, padding="same")
    after = made("Conv2D", "last", filters=1, kernel_size=1)
    model = Model(name="one", input=(32, 32, 3), layers=[before, layer, after])
    return allocated(model, "training", loss="mse")


def test_operations_read_the_options_that_choose_their_kernels() -> None:
    assert of_one(made("ops.Gelu", "one", approximate=False)) == of_one(
        made("Activation", "one", activation="gelu")
    )
    assert of_one(made("ops.Elu", "one", alpha=0.5)) == of_one(made("ELU", "one", alpha=0.5))
    assert of_one(made("ops.Elu", "one", alpha=0.5)) != of_one(made("ops.Elu", "one"))


def test_silu_behind_a_function_of_xla_is_three_operations() -> None:
    grouped = made("Conv2D", "grouped", filters=16, kernel_size=3, padding="same", groups=4)
    silu = made("Activation", "silu", activation="silu")
    known = Model(name="known", input=(32, 32, 16), layers=[silu])
    unknown = Model(name="unknown", input=(32, 32, 16), layers=[grouped, silu])
    assert allocated(known) == [S]
    assert allocated(unknown) == [S, S]  # the convolution; x times 1, whose sigmoid is made over it
    between = made("Conv2D", "between", filters=16, kernel_size=3, padding="same")
    ranked = Model(name="ranked", input=(32, 32, 16), layers=[grouped, between, silu])
    assert allocated(ranked) == [S, S, S]  # both convolutions, one kernel with an output of its own


def test_hard_silu_is_taken_into_a_convolution_whose_name_comes_first() -> None:
    def hard(name: str, **settings: Any) -> list[int]:
        convolution = made("Conv2D", "conv2d", filters=16, kernel_size=3, padding="same", **settings)
        silu = made("Activation", name, activation="hard_silu")
        return allocated(Model(name="hard", input=(32, 32, 3), layers=[convolution, silu]))

    # as traced: the convolution, and x + 3 where it stands apart
    assert hard("hard_silu") == [S]
    assert hard("activation") == [S, S]
    assert hard("hard_silu", use_bias=False) == [S, S]


def twice(kind: str, one: dict[str, Any], other: dict[str, Any]) -> list[int]:
    """Two layers of a kind on one convolution, side by side."""
    layers = [
        made("Conv2D", "first", filters=16, kernel_size=3, padding="same"),
        made(kind, "one", "first", **one),
        made(kind, "other", "first", **other),
        made("Concatenate", "both", "one", "other"),
        made("Conv2D", "last", filters=1, kernel_size=1),
    ]
    return allocated(Model(name="twice", input=(32, 32, 3), layers=layers))


def test_equal_layers_on_one_tensor_are_one_operation() -> None:
    relu, average = {"activation": "relu"}, {"pool_size": 3, "strides": 1, "padding": "same"}
    assert twice("Activation", relu, relu) == [S, 2 * S]  # as traced: made over the convolution's output
    assert twice("Activation", relu, {"activation": "tanh"}) == [S, S, 2 * S]
    assert twice("AveragePooling2D", average, average) == [S, S, 2 * S]
    assert twice("AveragePooling2D", average, average | {"pool_size": 5}) == [S, S, S, 2 * S]


def summed(**depthwise: Any) -> Model:
    layers = [
        made("Conv2D", "first", filters=16, kernel_size=3, padding="same"),
        made("Activation", "one", "first", activation="relu"),
        made("Activation", "other", "first", activation="relu"),
        made("Concatenate", "both", "one", "other"),
        made("Conv2D", "narrow", filters=16, kernel_size=1, use_bias=False),
        made("DepthwiseConv2D", "depth", kernel_size=3, padding="same", **depthwise),
        made("Add", "add", "depth", "narrow"),
        made("Conv2D", "last", filters=1, kernel_size=1),
    ]
    return Model(name="summed", input=(32, 32, 3), layers=layers)


def test_a_sum_of_a_depthwise_convolution_with_a_bias_leaves_the_graph_as_it_was_created() -> None:
    assert allocated(summed()) == allocated(summed(use_bias=False)) == [S, S, S, 2 * S]
    # as measured: both parts of the gradient of "both" are cut out before one goes on
    assert peak(summed(), "training", 16) == 6 * S
    assert peak(summed(use_bias=False), "training", 16) == 5 * S


def masked(*kinds: tuple[str, dict[str, Any]]) -> Model:
    layers = [made("Masking", "mask"), *(made(kind, kind.lower(), **settings) for kind, settings in kinds)]
    return Model(name="masked", input=(4, 4), layers=layers)


def test_a_mask_that_is_read_is_refused_by_name() -> None:
    pooled = masked(("Dropout", {"rate": 0.5}), ("GlobalAveragePooling1D", {}))
    match = 'GlobalAveragePooling1D "globalaveragepooling1d": no rule for the mask of Masking "mask"'
    with pytest.raises(NoRuleError, match=match):
        allocated(pooled)
    kept = masked(("Dense", {"units": 2}))
    assert allocated(kept) == []
    with pytest.raises(NoRuleError, match='the loss: no rule for the mask of Masking "mask"'):
        allocated(kept, "training")
    assert allocated(masked(("Flatten", {}), ("Dense", {"units": 2})), "training") == []  # dropped on the way


def test_what_has_no_rule_is_named_with_the_reason() -> None:
    model = Model(name="one", input=(4, 4), layers=[made("LSTM", "memory", units=2)])
    with pytest.raises(NoRuleError, match='LSTM "memory" has no rule: its steps run in'):
        allocated(model)
