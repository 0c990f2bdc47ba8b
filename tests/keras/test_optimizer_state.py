"""The variables of optimizers against those that real Keras makes."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.memory.optimizer_state import effective, optimizer_variables
from cnncalc.memory.slots import Trainable, Variable
from cnncalc.settings import OptimizerSpec, optimizer
from tests.keras.optimizers import POLICIES, SPECS, compared, held, made, under


def network() -> Any:
    """Weights of 1 to 4 axes, scalars, an embedding, layers that are held still, one of its own dtype."""
    image, words = keras.Input((6, 6, 3), name="image"), keras.Input((5,), name="words")
    x = keras.layers.Conv2D(4, 3, name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dense(3, name="frozen", trainable=False)(x)
    x = keras.layers.Flatten()(keras.layers.Dropout(0.1)(x))
    y = keras.layers.Embedding(7, 2, name="word_Embedding")(words)
    y = keras.layers.Attention(use_scale=True, name="attention")([y, y])
    y = keras.layers.LSTM(2, name="lstm")(y)
    z = keras.layers.Dense(2, name="dense", dtype="float32")(keras.layers.Concatenate()([x, y]))
    return keras.Model([image, words], z)


def trainable(model: Any) -> list[Trainable]:
    found = [(*v.path.rsplit("/", 1), tuple(v.shape), str(v.dtype)) for v in model.trainable_variables]
    return [Trainable(*weight) for weight in found]


def seen(variables: list[Any]) -> list[tuple[tuple[int, ...], str]]:
    return [(tuple(variable.shape), str(variable.dtype)) for variable in variables]


def foreseen(variables: tuple[Variable, ...]) -> list[tuple[tuple[int, ...], str]]:
    return [(variable.shape, variable.dtype) for variable in variables if variable.listed]


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    found = {}
    for policy in POLICIES:
        with under(policy):
            found[policy] = network()
    return found


@pytest.mark.parametrize("name", SPECS)
def test_variables_are_those_of_keras_in_their_order(name: str, networks: dict[str, Any]) -> None:
    drawn = set()

    @compared
    @given(SPECS[name], st.sampled_from(POLICIES))
    def compare(spec: OptimizerSpec, policy: str) -> None:
        model = networks[policy]
        weights = trainable(model)
        real = made(spec)
        try:
            ours = optimizer_variables(spec, weights)
        except CnncalcError as refusal:
            assert "both stand for" in str(refusal)  # noqa: PT017  (what Keras does comes next)
            with pytest.raises(ValueError, match="Multiple optimizers"):
                real.build(model.trainable_variables)
            return
        real.build(model.trainable_variables)
        assert foreseen(ours) == seen(real.variables)
        assert sum(variable.bytes for variable in ours) == held(real)
        listed = [variable for variable in ours if variable.listed]
        slots = [(v.name, r.name) for v, r in zip(listed, real.variables, strict=True) if v.role != "scalar"]
        assert all(expected == found for expected, found in slots)
        drawn.add(len(ours))

    compare()
    assert drawn


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam", "Adafactor", "LossScaleOptimizer"])
def test_compile_wraps_the_optimizer_as_foreseen(name: str, policy: str, networks: dict[str, Any]) -> None:
    options = {"inner_optimizer": optimizer("adam")} if name == "LossScaleOptimizer" else {}
    spec = OptimizerSpec(name, options)
    model = networks[policy]
    model.compile(optimizer=made(spec), loss="mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    foreseen_by_us = effective(spec, policy)
    assert foreseen_by_us.name == type(model.optimizer).__name__
    assert foreseen(optimizer_variables(foreseen_by_us, trainable(model))) == seen(model.optimizer.variables)
