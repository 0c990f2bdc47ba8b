"""The variables of compiled models, and of every layer kind, against real Keras."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.layers.base import Layer
from cnncalc.memory.optimizer_state import effective
from cnncalc.memory.variables import trainables, variables_bytes
from cnncalc.model import Nested
from cnncalc.settings import OptimizerSpec, optimizer
from tests.graphs import models
from tests.keras.against_keras import keras_class
from tests.keras.catalogue import CASES
from tests.keras.optimizers import POLICIES, any_plain, compared, held, made, size_of, under
from tests.layer_settings import NOT_DRAWN


def all_of(model: Any) -> dict[str, Any]:
    """What Keras keeps beside the optimizer's variables, as cnncalc names it."""
    weights = {id(variable) for variable in model.weights}
    by_dtype: Counter[str] = Counter()
    for variable in model.weights:
        by_dtype[str(variable.dtype)] += size_of([variable])
    others = [variable for variable in model.variables if id(variable) not in weights]
    states = [variable for variable in others if variable.path.endswith("seed_generator_state")]
    return {
        "trainable": size_of(model.trainable_weights),
        "non_trainable": size_of(model.non_trainable_weights),
        "by_dtype": dict(by_dtype),
        "metrics": size_of(model.metrics_variables),
        "seed_generators": size_of(states),
    }


def chain(dtype: str) -> cnncalc.Model:
    layers = cnncalc.layers
    stack = [
        layers.Conv2D(filters=4, kernel_size=3, activation="relu"),
        layers.BatchNormalization(),
        layers.SeparableConv2D(filters=3, kernel_size=2, trainable=False),
        layers.Dropout(rate=0.2),
        layers.Normalization(dtype="float64"),
        layers.Flatten(),
        layers.Dense(units=2),
    ]
    return cnncalc.Sequential(stack, input=(6, 6, 3), settings=cnncalc.Settings(dtype=dtype))


def two_outputs(dtype: str) -> cnncalc.Model:
    layers = cnncalc.layers
    dense = [layers.Dense(units=2, name=name, inputs="input") for name in ("one", "two")]
    return cnncalc.Model(
        inputs={"input": (6, 6, 3)},
        layers=dense,
        outputs=["one", "two"],
        settings=cnncalc.Settings(dtype=dtype),
    )


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("network_of", [chain, two_outputs])
def test_a_trained_model_keeps_what_was_foreseen(network_of: Any, policy: str) -> None:
    model = network_of(policy)
    spec = optimizer({"name": "adam", "use_ema": True})
    with under(policy):
        real = cnncalc.to_keras(model)
        real.compile(optimizer=made(spec), loss="mse", jit_compile=False)
        targets = [np.ones((3, *shape)) for shape in model.graph.output_shapes]
        real.train_on_batch(np.ones((3, 6, 6, 3)), targets if len(targets) > 1 else targets[0])
    found = variables_bytes(model.graph, policy, spec)
    assert found._asdict() == {**all_of(real), "optimizer": held(real.optimizer)}


def _of_another_class(layer: Layer) -> bool:
    """``tf.keras`` has an AlphaDropout of its own, whose generator is there at a rate of 0 too."""
    return layer.kind == "AlphaDropout" and layer.settings()["rate"] == 0


def layers_of(model: cnncalc.Model) -> Iterator[Layer]:
    """Of the model and of the models in it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, Nested):
            yield from layers_of(layer.model)


@pytest.mark.parametrize("kind", [kind for kind in CATALOGUE if kind not in NOT_DRAWN])
def test_a_graph_keeps_what_keras_makes_for_it(kind: str) -> None:
    @settings(compared, max_examples=2)
    @seed(list(CATALOGUE).index(kind))
    @given(models(kind), any_plain.filter(lambda spec: spec.name != "Nadam"))
    def compare(model: cnncalc.Model, spec: OptimizerSpec) -> None:
        assume(not any(map(_of_another_class, layers_of(model))))
        dtype = model.settings.dtype
        real, opt = cnncalc.to_keras(model), made(effective(spec, dtype))
        opt.build(real.trainable_variables)
        found = variables_bytes(model.graph, dtype, spec)
        expected = {**all_of(real), "optimizer": held(opt), "metrics": found.metrics}
        assert found._asdict() == expected
        paths = {weight.path for weight in real.trainable_variables}
        shallow = {path for path in paths if path.count("/") == 1 and "/variable" not in path}
        assert shallow <= {weight.path for weight in trainables(model.graph, dtype)}

    compare()


@pytest.mark.parametrize("kind", [kind for kind in CASES if not kind.startswith("ops.")])
def test_a_layer_has_the_generators_and_types_that_keras_gives_it(kind: str) -> None:
    @settings(compared, max_examples=15)
    @given(CASES[kind], st.sampled_from(["float32", "float64"]))
    def compare(case: tuple[dict[str, Any], tuple[tuple[int, ...], ...]], policy: str) -> None:
        given_settings, shapes = case
        try:
            ours = layer_class(kind)(**given_settings)
            weights = () if ours.parts() else ours.facts(*shapes).weights
            with under(policy):
                real = keras_class(kind)(**given_settings)
                tensors = [keras.KerasTensor((None, *shape)) for shape in shapes]
                real(tensors[0] if len(tensors) == 1 else tensors)
        except Exception:  # settings that one of the two refuses are compared elsewhere
            return
        assume(not _of_another_class(ours))
        real = getattr(real, "layer", real) if kind not in HOLDING else real
        of_layer = {id(variable) for variable in real.weights}
        states = [variable for variable in real.variables if id(variable) not in of_layer]
        assert {str(state.dtype) for state in states} <= {"int64"}
        assert [tuple(state.shape) for state in states] == [(2,)] * ours.seed_generators
        if not ours.parts():
            own = ours.variable_dtypes(weights, policy)
            assert sorted(own) == sorted(str(weight.dtype) for weight in real.weights)

    compare()


HOLDING = ("TimeDistributed", "SpectralNormalization", "Bidirectional")
