"""The variables of optimizers and models, counted by hand; real Keras is asked in tests/keras."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import Call, Model, Nested, Sequential, layers
from cnncalc.errors import SettingError
from cnncalc.memory.optimizer_state import effective, optimizer_variables
from cnncalc.memory.slots import SLOTS, Trainable, Variable, left_to_adam
from cnncalc.memory.variables import trainables, variables_bytes
from cnncalc.optimizers import OPTIMIZERS
from cnncalc.settings import OptimizerSpec, optimizer
from tests.test_cold_start import loaded

KERNEL = Trainable("conv", "kernel", (3, 3, 4, 8))
BIAS = Trainable("conv", "bias", (8,))
MATRIX = Trainable("dense", "kernel", (5, 6))
TABLE = Trainable("embedding", "embeddings", (10, 2))
WEIGHTS = (KERNEL, BIAS, MATRIX, TABLE)
VALUES = 288 + 8 + 30 + 20  # 3*3*4*8, 8, 5*6, 10*2
SCALARS = 8 + 4  # iteration int64, learning_rate float32


def held(name: str, **options: Any) -> int:
    """Bytes of the optimizer's variables on the four weights."""
    return sum(variable.bytes for variable in optimizer_variables(OptimizerSpec(name, options), WEIGHTS))


SLOTS_PER_WEIGHT: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("SGD", {}, 0),
    ("SGD", {"momentum": 0.9}, 1),
    ("SGD", {"momentum": 0.9, "nesterov": True}, 1),
    ("SGD", {"nesterov": True}, 0),
    ("RMSprop", {}, 1),
    ("RMSprop", {"momentum": 0.9}, 2),
    ("RMSprop", {"centered": True}, 2),
    ("RMSprop", {"momentum": 0.9, "centered": True}, 3),
    ("Adam", {}, 2),
    ("Adam", {"amsgrad": True}, 3),
    ("AdamW", {"amsgrad": True}, 3),
    ("Adadelta", {}, 2),
    ("Adagrad", {}, 1),
    ("Adamax", {}, 2),
    ("Ftrl", {}, 2),
    ("Lion", {}, 1),
    ("Lamb", {}, 2),
    ("ScheduleFreeAdamW", {}, 2),
    ("SGD", {"use_ema": True}, 1),
    ("SGD", {"gradient_accumulation_steps": 2}, 1),
    ("SGD", {"gradient_accumulation_steps": 0}, 0),
    ("Adam", {"amsgrad": True, "use_ema": True, "gradient_accumulation_steps": 4}, 5),
    ("Adam", {"weight_decay": 0.1, "clipnorm": 1.0, "loss_scale_factor": 8.0}, 2),
)


@pytest.mark.parametrize(("name", "options", "slots"), SLOTS_PER_WEIGHT)
def test_slots_of_every_weight(name: str, options: dict[str, Any], slots: int) -> None:
    assert held(name, **options) == SCALARS + slots * VALUES * 4


def test_every_optimizer_has_its_slots() -> None:
    others = {"Adafactor", "Muon", "LossScaleOptimizer", "MultiOptimizer"}
    assert SLOTS.keys() | others == OPTIMIZERS.keys()


def test_nadam_has_one_scalar_more() -> None:
    assert held("Nadam") == SCALARS + 4 + 2 * VALUES * 4
    halves = [KERNEL._replace(dtype="float16"), BIAS]
    assert optimizer_variables(optimizer("nadam"), halves)[-1] == Variable(
        "u_product", "scalar", (), "float16"
    )
    assert optimizer_variables(optimizer("nadam"), ())[-1].dtype == "float32"


def test_adafactor_keeps_a_slot_of_full_size_beside_the_factored_ones() -> None:
    means = (3 * 3 * 4 + 3 * 3 * 8) + (5 + 6) + (10 + 2)  # rows and columns of the last two axes
    assert held("Adafactor") == SCALARS + (means + VALUES) * 4 + 2 * 4  # two int32 placeholders for the bias


def test_muon_leaves_to_adam_what_is_no_matrix_and_embeddings() -> None:
    velocities = 288 + 8 + 20  # all but the matrix
    assert held("Muon") == SCALARS + (VALUES + velocities) * 4
    assert held("Muon", exclude_embeddings=False) == SCALARS + (VALUES + 288 + 8) * 4
    assert held("Muon", exclude_layers=["^den"]) == SCALARS + (VALUES + VALUES) * 4


def test_muon_looks_for_embeddings_in_any_case_and_for_layers_in_theirs() -> None:
    matrix = Trainable("TokenEmbedding", "kernel", (5, 6))
    assert left_to_adam(optimizer("muon"), matrix)
    assert not left_to_adam(
        optimizer({"name": "muon", "exclude_layers": ["dense"]}), MATRIX._replace(layer="Dense")
    )


def test_a_learning_rate_schedule_is_no_variable() -> None:
    schedule = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1}}
    assert held("SGD", learning_rate=schedule) == 8  # iteration


def test_loss_scaling_adds_four_scalars() -> None:
    wrapper = SCALARS + 8 + 4  # its own two, step_counter int64, dynamic_scale float32
    assert held("LossScaleOptimizer", inner_optimizer="adam") == wrapper + held("Adam")


@pytest.mark.parametrize(("inner", "hidden"), [("nadam", 4), ("adafactor", 2 * 4), ("adam", 0)])
def test_keras_does_not_list_all_that_it_keeps_under_loss_scaling(inner: str, hidden: int) -> None:
    found = optimizer_variables(effective(optimizer(inner), "mixed_float16"), WEIGHTS)
    assert sum(variable.bytes for variable in found if not variable.listed) == hidden
    assert all(variable.listed for variable in optimizer_variables(optimizer(inner), WEIGHTS))


def test_slots_have_the_type_of_their_weight() -> None:
    double = [weight._replace(dtype="float64") for weight in WEIGHTS]
    sizes = [variable.bytes for variable in optimizer_variables(optimizer("adam"), double)]
    assert sum(sizes) == SCALARS + 2 * VALUES * 8


def test_every_variable_says_which_weight_it_belongs_to() -> None:
    found = optimizer_variables(optimizer({"name": "adam", "use_ema": True, "amsgrad": True}), (KERNEL, BIAS))
    assert [(item.name, item.role, item.weight) for item in found] == [
        ("iteration", "scalar", None),
        ("learning_rate", "scalar", None),
        ("conv_kernel_average", "average", 0),
        ("conv_bias_average", "average", 1),
        ("conv_kernel_momentum", "slot", 0),
        ("conv_kernel_velocity", "slot", 0),
        ("conv_bias_momentum", "slot", 1),
        ("conv_bias_velocity", "slot", 1),
        ("conv_kernel_velocity_hat", "slot", 0),
        ("conv_bias_velocity_hat", "slot", 1),
    ]


def multi(default: object, **patterns: object) -> OptimizerSpec:
    chosen = {"default_optimizer": default, "optimizer_map": patterns}
    return OptimizerSpec("MultiOptimizer", {"optimizer_map": chosen})


def test_members_of_a_multi_optimizer_hold_their_own() -> None:
    found = optimizer_variables(multi("adam", **{"conv/.*": {"name": "sgd", "momentum": 0.9}}), WEIGHTS)
    own = [item for item in found if item.weight is not None]
    assert [item.weight for item in own] == [0, 1, 2, 2, 3, 3]
    assert sum(item.bytes for item in found) == 3 * SCALARS + (288 + 8) * 4 + 2 * (30 + 20) * 4


def test_a_member_without_weights_has_its_scalars_only() -> None:
    sizes = [item.bytes for item in optimizer_variables(multi("nadam", **{".*": "sgd"}), WEIGHTS)]
    assert sizes == [8, 4] * 3


def test_a_path_goes_before_patterns() -> None:
    found = optimizer_variables(multi("sgd", **{"conv/kernel": "adam", "conv/.*": "lion"}), (KERNEL, BIAS))
    assert [item.name for item in found if item.weight is not None] == [
        "conv_kernel_momentum",
        "conv_kernel_velocity",
        "conv_bias_momentum",
    ]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (multi("sgd", **{"conv.*": "adam", ".*": "lion"}), '"conv.*" and ".*" both stand for conv/kernel'),
        (multi("sgd", **{"(": "adam"}), r'"\(" is no pattern'),
        (multi({"name": "LossScaleOptimizer", "inner_optimizer": "sgd"}), "cannot update conv/kernel"),
    ],
)
def test_a_map_that_does_not_say_who_updates_a_weight_is_refused(spec: OptimizerSpec, message: str) -> None:
    with pytest.raises(SettingError, match=message.replace(".*", r"\.\*")):
        optimizer_variables(spec, WEIGHTS)


def test_loss_scaling_comes_with_mixed_float16_alone() -> None:
    adam = optimizer("adam")
    wrapped = effective(adam, "mixed_float16")
    assert (wrapped.name, wrapped.value("inner_optimizer")) == ("LossScaleOptimizer", adam)
    assert effective(wrapped, "mixed_float16") is wrapped
    assert all(effective(adam, dtype) is adam for dtype in ("float32", "float16", "mixed_bfloat16"))


def test_variables_of_a_model() -> None:
    model = Sequential(
        [
            layers.Conv2D(filters=4, kernel_size=3),  # 3*3*3*4 + 4 = 112 values
            layers.BatchNormalization(),  # 8 trained, 8 not
            layers.Dropout(rate=0.5),
            layers.Dropout(rate=0.0),
            layers.Flatten(),
            layers.Dense(units=2, trainable=False, dtype="float64"),  # 6*6*4*2 + 2 = 290 values
        ],
        input=(8, 8, 3),
    )
    found = variables_bytes(model.graph, "mixed_float16", optimizer("adam"))
    assert found.trainable == 120 * 4
    assert found.non_trainable == 8 * 4 + 290 * 8
    assert found.by_dtype == {"float32": 128 * 4, "float64": 290 * 8}
    assert found.optimizer == 24 + 12 + 2 * 120 * 4  # the wrapper's scalars, Adam's
    assert found.metrics == 2 * 4
    assert found.seed_generators == 2 * 8  # the dropout of 0.0 has none
    assert found.total == found.weights + 24 + 12 + 960 + 8 + 16


def test_shared_layers_and_models_in_models_are_counted_once() -> None:
    inner = Sequential([layers.Dense(units=4, name="d"), layers.Dropout(rate=0.1)], input=(4,))
    model = Model(
        inputs={"a": (4,), "b": (4,)},
        layers=[
            Nested(model=inner, name="m/1", inputs="a"),
            Call(layer="m/1", name="again", inputs="b"),
            layers.Add(name="sum", inputs=["m/1", "again"]),
            layers.Dense(units=1, name="x", inputs="sum"),
        ],
        outputs=["sum", "x"],
    )
    found = variables_bytes(model.graph, "float32", optimizer("sgd"))
    assert found.weights == (4 * 4 + 4 + 4 + 1) * 4
    assert (found.metrics, found.seed_generators) == (3 * 8, 16)  # the loss, and each output's
    assert [weight.path for weight in trainables(model.graph, "float32")] == [
        "d/kernel",
        "d/bias",
        "x/kernel",
        "x/bias",
    ]


def test_the_rule_loads_nothing_heavy() -> None:
    assert loaded("import cnncalc.memory.optimizer_state", ("pydantic", "numpy", "yaml")) == set()
