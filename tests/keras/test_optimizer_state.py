"""The variables of optimizers and of compiled models against those that real Keras makes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.layers.base import Layer
from cnncalc.memory.optimizer_state import Trainable, Variable, effective, optimizer_variables
from cnncalc.memory.variables import variables_bytes
from cnncalc.model import Nested
from cnncalc.optimizers import OPTIMIZERS
from cnncalc.settings import OptimizerMap, OptimizerSpec, optimizer
from tests.graphs import models
from tests.keras.against_keras import keras_class
from tests.keras.catalogue import CASES
from tests.layer_settings import NOT_DRAWN

POLICIES = ("float32", "float16", "float64", "mixed_float16", "mixed_bfloat16")
WRAPPERS = ("LossScaleOptimizer", "MultiOptimizer")
PLAIN = [name for name in OPTIMIZERS if name not in WRAPPERS]

compared = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)

SCHEDULE = {
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
}
EVERYWHERE: dict[str, st.SearchStrategy[Any]] = {
    "learning_rate": st.sampled_from([0.5, SCHEDULE]),
    "use_ema": st.booleans(),
    "gradient_accumulation_steps": st.sampled_from([None, 0, 2, 5]),
    "weight_decay": st.just(0.1),
    "clipnorm": st.just(1.0),
    "loss_scale_factor": st.just(8.0),
    "name": st.just("mine"),
}
OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SGD": {"momentum": st.sampled_from([0.0, 0.9]), "nesterov": st.booleans()},
    "RMSprop": {"momentum": st.sampled_from([-0.5, 0.0, 0.9]), "centered": st.booleans()},
    "Adam": {"amsgrad": st.booleans()},
    "AdamW": {"amsgrad": st.booleans()},
    "Adafactor": {"relative_step": st.booleans()},
    "ScheduleFreeAdamW": {"warmup_steps": st.sampled_from([0, 10])},
    "Muon": {
        "exclude_embeddings": st.booleans(),
        "exclude_layers": st.sampled_from([None, [], ["dense"], ["^conv", "kernel$"], ["DENSE"]]),
        "nesterov": st.booleans(),
    },
}
PATTERNS = ("conv/.*", ".*/kernel", "conv/kernel", ".*embed.*", "nothing", "frozen/.*")


def plain(name: str) -> st.SearchStrategy[OptimizerSpec]:
    options = st.fixed_dictionaries({}, optional=EVERYWHERE | OWN.get(name, {}))
    return options.map(lambda given: OptimizerSpec(name, given))


any_plain = st.sampled_from(PLAIN).flatmap(plain)


def multi() -> st.SearchStrategy[OptimizerSpec]:
    members = st.dictionaries(st.sampled_from(PATTERNS), any_plain, max_size=3)
    chosen = st.builds(OptimizerMap, any_plain, members)
    return chosen.map(lambda found: OptimizerSpec("MultiOptimizer", {"optimizer_map": found}))


def scaling() -> st.SearchStrategy[OptimizerSpec]:
    return st.one_of(any_plain, multi()).map(
        lambda inner: OptimizerSpec("LossScaleOptimizer", {"inner_optimizer": inner})
    )


SPECS = {**{name: plain(name) for name in PLAIN}, "MultiOptimizer": multi(), "LossScaleOptimizer": scaling()}


def made(spec: OptimizerSpec) -> Any:
    """The Keras optimizer of a spec; made by hand, for Keras does not find all of its classes by name."""
    options = dict(spec.options)
    if spec.name == "LossScaleOptimizer":
        options["inner_optimizer"] = made(spec.value("inner_optimizer"))
    if spec.name == "MultiOptimizer":
        options["optimizer_map"] = _map(spec.value("optimizer_map"))
    if not isinstance(options.get("learning_rate", 0.0), float):
        config = dict(options["learning_rate"]["config"])
        options["learning_rate"] = keras.optimizers.schedules.ExponentialDecay(**config)
    return getattr(keras.optimizers, spec.name)(**options)


def _map(chosen: OptimizerMap) -> Any:
    members = {pattern: made(member) for pattern, member in chosen.optimizer_map.items()}
    return keras.optimizers.OptimizerMap(made(chosen.default_optimizer), members)


@contextmanager
def under(policy: str) -> Iterator[None]:
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


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


def held(real: Any) -> int:
    """Bytes of what the optimizer keeps, listed or not."""
    found = {id(variable): variable for variable in (*real.variables, *_attributes(real))}
    return size_of(found.values())


def _attributes(real: Any) -> list[Any]:
    """What optimizers keep as attributes, the inner ones' too."""
    inner = [getattr(real, "inner_optimizer", None), *getattr(real, "_inner_optimizers", ())]
    own = [getattr(real, "_u_product", None), *getattr(real, "_r", ()), *getattr(real, "_c", ())]
    return [
        *(item for item in own if item is not None),
        *(item for one in inner if one for item in _attributes(one)),
    ]


def size_of(variables: Any) -> int:
    return sum(np.asarray(variable).nbytes for variable in variables)


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
