"""Optimizers and losses against ``keras.optimizers`` and ``keras.losses``."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from keras.src.losses import ALL_OBJECTS_DICT

from cnncalc.errors import SettingError
from cnncalc.losses import FUNCTIONS, LOSSES
from cnncalc.optimizers import OPTIMIZERS
from cnncalc.settings import OptimizerSpec, loss, optimizer

ABSTRACT = {"Optimizer", "OptimizerMap", "Loss", "LossFunctionWrapper"}
"""Classes of Keras that no model is trained with as they are."""

BY_OBJECT_ONLY = {"Lamb", "CategoricalGeneralizedCrossEntropy"}
"""Keras has the class but does not find it by its name; a model file has nothing but names."""

WRAPPERS = {"LossScaleOptimizer", "MultiOptimizer"}

STRICTER = (
    # Keras looks at few values when it makes the object, and fails at the first step of training.
    "must be a number",
    "must be a finite number",
    "must be true or false",
    "must be a whole number",
    "must be a text",
    "must be a list of texts",
    "must be one of float64",
)

compared = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def public(module: Any) -> dict[str, Any]:
    classes = {name: item for name, item in vars(module).items() if inspect.isclass(item)}
    return {name: item for name, item in classes.items() if name not in ABSTRACT}


def signature(cls: Any) -> dict[str, Any]:
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    named = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
    return {item.name: ... if item.default is item.empty else item.default for item in named}


def test_tables_are_the_signatures_of_keras() -> None:
    assert {name: signature(cls) for name, cls in public(keras.optimizers).items()} == OPTIMIZERS
    assert {name: signature(cls) for name, cls in public(keras.losses).items()} == LOSSES


def any_case(names: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(names).flatmap(
        lambda name: st.sampled_from([name, name.lower(), name.upper(), name.title(), f"{name} ", name[:-1]])
    )


@contextmanager
def refused_by_both(expected: bool) -> Iterator[None]:
    if not expected:
        yield
        return
    with pytest.raises(SettingError):
        yield


@compared
@given(any_case(sorted(set(OPTIMIZERS) - WRAPPERS - BY_OBJECT_ONLY)))
def test_optimizers_have_the_names_that_keras_takes(name: str) -> None:
    keras_name = name_by(keras.optimizers.get, name)
    with refused_by_both(keras_name is None):
        assert optimizer(name).name == keras_name


def name_by(get: Any, name: str) -> str | None:
    try:
        return type(get(name)).__name__
    except Exception:  # Keras refuses with whatever comes
        return None


@pytest.mark.parametrize("name", sorted(set(ALL_OBJECTS_DICT) - ABSTRACT))
def test_losses_have_the_names_that_keras_takes(name: str) -> None:
    ours = getattr(keras.losses, loss(name).name)()
    theirs = keras.losses.get(name)
    assert ours.fn is (theirs.fn if isinstance(theirs, keras.losses.Loss) else theirs)


@compared
@given(any_case(sorted(set(ALL_OBJECTS_DICT) - ABSTRACT)))
def test_losses_have_no_other_names(name: str) -> None:
    with refused_by_both(name not in ALL_OBJECTS_DICT):
        loss(name)


@pytest.mark.parametrize("name", sorted(BY_OBJECT_ONLY))
def test_keras_does_not_find_these_by_name(name: str) -> None:
    for get in (keras.optimizers.get, keras.losses.get):
        with pytest.raises(ValueError, match="Could not interpret"):
            get(name)


SCHEDULE = {
    "module": "keras.optimizers.schedules",
    "class_name": "CosineDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 10},
    "registered_name": None,
}
NUMBERS: list[Any] = [0.5, 0.0, 1.0, 0.25, 1, 0, 2, 2.5, -0.5, -1, None, True, "x", float("nan")]
VALUES: dict[str, list[Any]] = {
    "learning_rate": [0.1, 1e-3, 1, None, "x", SCHEDULE],
    "use_ema": [True, False],
    "nesterov": [True, False],
    "ema_overwrite_frequency": [None, 0, 1, 100, -1, 2.5],
    "gradient_accumulation_steps": [None, 0, 1, 2, 8, -2, 2.5, True],
    "name": [None, "mine", "a b", "", "a/b", 3],
    "exclude_layers": [None, [], ["dense"], 3],
    "reduction": ["sum", "mean", "none", None, "sum_over_batch_size", "mean_with_sample_weight", "auto"],
    "dtype": [None, "float32", "mixed_float16", "float8", "float", "int32"],
    "axis": [-1, 1, None, [1, 2], "x"],
}


def configs(table: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Up to four options, each with a value that Keras takes or not; at times an unknown option."""
    known = {option: st.sampled_from(VALUES.get(option, NUMBERS)) for option in table}
    known["beta_7"] = st.just(0.5)
    drawn = st.lists(st.sampled_from([*table] * 4 + ["beta_7"]), max_size=4, unique=True)
    return drawn.flatmap(lambda names: st.fixed_dictionaries({name: known[name] for name in names}))


def keras_config(module: Any, name: str, config: dict[str, Any]) -> dict[str, Any] | None:
    saved = {
        "module": module.__name__,
        "class_name": name,
        "config": copy.deepcopy(config),
        "registered_name": None,
    }
    try:
        return unnamed(keras.saving.deserialize_keras_object(saved))
    except Exception:  # Keras refuses with whatever comes
        return None


def unnamed(made: Any) -> dict[str, Any]:
    """The config of an object without the number that Keras adds to its name."""
    return {key: repr(value) for key, value in made.get_config().items() if key != "name"}


def answer(read: Any, identifier: dict[str, Any]) -> tuple[Any, list[str]]:
    try:
        return read(identifier), []
    except SettingError as error:
        return None, [problem.message for problem in error.problems]


def compare(module: Any, read: Any, name: str, config: dict[str, Any]) -> bool:
    """Whether Keras takes the options: if so, what our description makes is what Keras makes."""
    theirs = keras_config(module, name, config)
    spec, problems = answer(read, {"class_name": name, "config": config})
    if spec is None:
        assert theirs is None or all(any(phrase in problem for phrase in STRICTER) for problem in problems)
        return theirs is not None
    assert theirs is not None, f"Keras refuses {config}, cnncalc reads {spec}"
    assert unnamed(keras.saving.deserialize_keras_object(spec.config())) == theirs
    return True


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - WRAPPERS))
def test_one_option_of_an_optimizer_is_that_of_keras(name: str) -> None:
    seen = OPTIMIZERS["SGD"] if name != "SGD" else {}
    for option in [
        own for own, default in OPTIMIZERS[name].items() if own not in seen or seen[own] != default
    ]:
        for value in VALUES.get(option, NUMBERS):
            compare(keras.optimizers, optimizer, name, {option: value})


@pytest.mark.parametrize("name", LOSSES)
def test_one_option_of_a_loss_is_that_of_keras(name: str) -> None:
    for option in LOSSES[name]:
        for value in VALUES.get(option, NUMBERS):
            compare(keras.losses, loss, name, {option: value})


def test_options_that_do_not_go_together_are_those_of_keras() -> None:
    for clips in product([None, 0.0, 1.0], repeat=3):
        config = dict(zip(("clipnorm", "clipvalue", "global_clipnorm"), clips, strict=True))
        compare(keras.optimizers, optimizer, "Adam", config)
    frequencies = VALUES["ema_overwrite_frequency"]
    for use, momentum, frequency in product([True, False], [-0.5, 0, 0.5, 1, 1.5], frequencies):
        config = {"use_ema": use, "ema_momentum": momentum, "ema_overwrite_frequency": frequency}
        compare(keras.optimizers, optimizer, "Adam", config)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - WRAPPERS))
def test_options_of_optimizers_are_those_of_keras(name: str) -> None:
    taken = []

    @compared
    @given(configs(OPTIMIZERS[name]))
    def check(config: dict[str, Any]) -> None:
        taken.append(compare(keras.optimizers, optimizer, name, config))

    check()
    assert 0.3 < sum(taken) / len(taken) < 1, "the strategy draws too little that Keras takes, or refuses"


@pytest.mark.parametrize("name", LOSSES)
def test_options_of_losses_are_those_of_keras(name: str) -> None:
    taken = []

    @compared
    @given(configs(LOSSES[name]))
    def check(config: dict[str, Any]) -> None:
        taken.append(compare(keras.losses, loss, name, config))

    check()
    assert 0.3 < sum(taken) / len(taken) < 1, "the strategy draws too little that Keras takes, or refuses"


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - WRAPPERS))
def test_what_keras_saves_is_read(name: str) -> None:
    made = getattr(keras.optimizers, name)()
    spec = optimizer(keras.optimizers.serialize(made))
    assert spec.name == name
    assert unnamed(keras.saving.deserialize_keras_object(spec.config())) == unnamed(made)


@pytest.mark.parametrize("name", LOSSES)
def test_what_keras_saves_of_a_loss_is_read(name: str) -> None:
    made = getattr(keras.losses, name)()
    assert loss(keras.losses.serialize(made)).name == name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_keras_saves_of_a_loss_function_is_read(name: str) -> None:
    saved = keras.losses.serialize(keras.losses.get(name))
    assert saved["class_name"] == "function"
    assert loss(saved) == loss(name)


def test_wrapped_optimizers_are_read_and_made() -> None:
    inner = keras.optimizers.Adam(beta_1=0.8)
    chosen = keras.optimizers.OptimizerMap(
        keras.optimizers.SGD(momentum=0.5), {"conv.*": keras.optimizers.Lion()}
    )
    for made in (keras.optimizers.LossScaleOptimizer(inner), keras.optimizers.MultiOptimizer(chosen)):
        spec = optimizer(keras.optimizers.serialize(made))
        again = keras.optimizers.get(spec.config())
        assert type(again) is type(made)
        assert unnamed(again) == unnamed(made)


def test_a_wrapper_takes_an_optimizer_by_its_name() -> None:
    spec = optimizer({"name": "LossScaleOptimizer", "inner_optimizer": "adam"})
    assert spec.options["inner_optimizer"] == OptimizerSpec("Adam")
    assert type(keras.optimizers.get(spec.config()).inner_optimizer) is keras.optimizers.Adam


@compared
@given(
    st.sampled_from([*OPTIMIZERS["SGD"], "decay", "dynamic"]), st.sampled_from([None, 0, True, False, 0.99])
)
def test_a_loss_scale_optimizer_takes_what_keras_takes_beside_its_own(option: str, value: object) -> None:
    assume((option, value) != ("dynamic", 0.99))  # for Keras anything but nothing is true
    inner: dict[str, Any] = {
        "module": "keras.optimizers",
        "class_name": "SGD",
        "config": {},
        "registered_name": None,
    }
    config = {"inner_optimizer": inner, option: value}
    with refused_by_both(keras_config(keras.optimizers, "LossScaleOptimizer", config) is None):
        optimizer({"class_name": "LossScaleOptimizer", "config": config})
