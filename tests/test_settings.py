"""Settings, and the optimizers and losses that a user names in them."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import Problem, SettingError
from cnncalc.losses import LOSSES
from cnncalc.optimizers import OPTIMIZERS
from cnncalc.settings import LossSpec, OptimizerMap, OptimizerSpec, Settings, loss, optimizer

WRAPPERS: dict[str, dict[str, Any]] = {
    "LossScaleOptimizer": {"inner_optimizer": "sgd"},
    "MultiOptimizer": {"optimizer_map": {"default_optimizer": "sgd"}},
}
"""What the optimizers need that are not complete by their name."""


def problems(call: Any, *args: Any, **kwargs: Any) -> tuple[Problem, ...]:
    with pytest.raises(SettingError) as caught:
        call(*args, **kwargs)
    return caught.value.problems


def messages(call: Any, *args: Any, **kwargs: Any) -> list[str]:
    return [problem.message for problem in problems(call, *args, **kwargs)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_form_of_an_optimizer_is_read_alike(name: str) -> None:
    needed = WRAPPERS.get(name, {})
    spec = OptimizerSpec(name, needed)
    assert spec.name == name
    assert optimizer(spec) is spec
    assert optimizer({"name": name.upper(), **needed}) == spec
    assert optimizer({"class_name": name, "config": needed}) == spec
    assert optimizer(spec.config()) == spec


@pytest.mark.parametrize("name", LOSSES)
def test_every_form_of_a_loss_is_read_alike(name: str) -> None:
    spec = LossSpec(name)
    assert loss(name) == loss({"name": name}) == loss({"class_name": name, "config": None}) == spec
    assert loss(spec) is spec
    assert loss(spec.config()) == spec


def test_a_loss_function_is_read_as_its_class() -> None:
    saved = {
        "module": "builtins",
        "class_name": "function",
        "config": "log_cosh",
        "registered_name": "function",
    }
    assert loss(saved) == loss("log_cosh") == LossSpec("LogCosh")
    assert loss("KLD").name == "KLDivergence"


def test_options_are_kept_as_given() -> None:
    spec = optimizer({"name": "sgd", "momentum": 0.9, "clipnorm": 1})
    assert spec.options == {"momentum": 0.9, "clipnorm": 1}
    assert spec.value("momentum") == 0.9
    assert spec.value("nesterov") is False


def test_the_name_of_the_object_can_be_given_in_the_form_of_keras() -> None:
    assert optimizer({"class_name": "SGD", "config": {"name": "mine"}}).options == {"name": "mine"}


def test_specs_can_be_hashed_copied_and_pickled() -> None:
    schedule = {"class_name": "PiecewiseConstantDecay", "config": {"boundaries": [10], "values": [0.1, 0.01]}}
    spec = optimizer({"name": "Muon", "learning_rate": schedule, "exclude_layers": ["dense.*"]})
    assert spec.options["exclude_layers"] == ("dense.*",)
    assert copy.deepcopy(spec) == pickle.loads(pickle.dumps(spec)) == spec
    assert len({spec, copy.deepcopy(spec), optimizer("muon")}) == 2
    assert spec.config()["config"]["learning_rate"] == schedule


def test_an_optimizer_in_an_optimizer_is_a_spec() -> None:
    outer = optimizer({"name": "LossScaleOptimizer", "inner_optimizer": {"name": "adam", "amsgrad": True}})
    assert outer.options == {"inner_optimizer": OptimizerSpec("Adam", {"amsgrad": True})}


def test_a_map_of_optimizers_holds_specs() -> None:
    given = {"default_optimizer": "adam", "optimizer_map": {"conv.*": {"name": "SGD", "momentum": 0.9}}}
    found = optimizer({"name": "MultiOptimizer", "optimizer_map": given}).options["optimizer_map"]
    assert found == OptimizerMap(OptimizerSpec("Adam"), found.optimizer_map)
    assert found.optimizer_map == {"conv.*": OptimizerSpec("SGD", {"momentum": 0.9})}


def test_options_of_older_configs_are_left_out() -> None:
    given = {"name": "LossScaleOptimizer", "inner_optimizer": "sgd"}
    assert optimizer({**given, "dynamic": True, "clipnorm": None, "use_ema": False}) == optimizer(given)
    assert messages(optimizer, {**given, "clipnorm": 1.0}) == [
        "LossScaleOptimizer: clipnorm can only be None, found 1.0."
    ]


@pytest.mark.parametrize(
    ("identifier", "path", "message"),
    [
        ("adamm", (), 'no optimizer "adamm". Did you mean adam?'),
        ({"name": "adamm"}, ("name",), 'no optimizer "adamm". Did you mean adam?'),
        ({"class_name": "adamm"}, ("class_name",), 'no optimizer "adamm". Did you mean adam?'),
        (None, (), "the optimizer must be a name or a mapping with a name, found None."),
        ({}, (), "the optimizer must have a name, found {}."),
        ({"name": 3}, ("name",), "the name of the optimizer must be a text, found 3."),
        (
            {"name": "SGD", "momentun": 0.9},
            ("momentun",),
            'SGD: no option "momentun". Did you mean momentum?',
        ),
        ({"name": "SGD", 1: 2}, (), "SGD: the name of an option must be a text, found 1."),
        (
            {"class_name": "SGD", "momentum": 0.9},
            ("momentum",),
            "SGD: 'momentum' must stand in config, beside class_name it says nothing.",
        ),
        (
            {"class_name": "SGD", "config": {"momentum": 2.0}},
            ("config", "momentum"),
            "SGD: momentum must be between 0 and 1, found 2.0.",
        ),
        ({"class_name": "SGD", "config": 3}, ("config",), "SGD: config must be a mapping, found 3."),
        (
            {"class_name": "SGD", "module": "mine"},
            ("module",),
            "SGD: module must be keras or within it, found 'mine'.",
        ),
        (
            {"name": "SGD", "momentum": 1},
            ("momentum",),
            "SGD: momentum must be written with a decimal point, found 1.",
        ),
        (
            {"name": "SGD", "learning_rate": {"rate": 1}},
            ("learning_rate",),
            "SGD: learning_rate must be a number, or a schedule with its class_name, found {'rate': 1}.",
        ),
        ({"name": "Adam", "amsgrad": 1}, ("amsgrad",), "Adam: amsgrad must be true or false, found 1."),
        ({"name": "Adam", "beta_1": True}, ("beta_1",), "Adam: beta_1 must be a number, found True."),
        (
            {"name": "Adam", "beta_1": float("inf")},
            ("beta_1",),
            "Adam: beta_1 must be a finite number, found inf.",
        ),
        (
            {"name": "AdamW", "weight_decay": None},
            ("weight_decay",),
            "AdamW: weight_decay must be a number, found None.",
        ),
        (
            {"name": "Lion", "beta_1": 0},
            ("beta_1",),
            "Lion: beta_1 must be more than 0 and at most 1, found 0.",
        ),
        (
            {"name": "Adam", "gradient_accumulation_steps": 1},
            ("gradient_accumulation_steps",),
            "Adam: gradient_accumulation_steps must be at least 2, found 1.",
        ),
        (
            {"name": "Adam", "clipnorm": 1, "clipvalue": 1},
            (),
            "Adam: only one of clipnorm and clipvalue can be set.",
        ),
        (
            {"name": "Adam", "use_ema": True, "ema_momentum": 2},
            (),
            "Adam: ema_momentum must be between 0 and 1 with use_ema, found 2.",
        ),
        ("lossscaleoptimizer", (), "LossScaleOptimizer needs inner_optimizer."),
        (
            {"name": "LossScaleOptimizer", "inner_optimizer": {"name": "sgd", "momentum": 2.0}},
            ("inner_optimizer", "momentum"),
            "SGD: momentum must be between 0 and 1, found 2.0.",
        ),
        (
            {
                "name": "MultiOptimizer",
                "optimizer_map": {"default_optimizer": "sgd", "optimizer_map": {"conv.*": "sdg"}},
            },
            ("optimizer_map", "optimizer_map", "conv.*"),
            'no optimizer "sdg". Did you mean sgd?',
        ),
    ],
)
def test_an_optimizer_that_cannot_be_is_refused(
    identifier: object, path: tuple[str, ...], message: str
) -> None:
    assert problems(optimizer, identifier) == (Problem(path, message),)


@pytest.mark.parametrize(
    ("identifier", "path", "message"),
    [
        ("Mse", (), 'no loss "Mse". Did you mean mse?'),
        ("meansquarederror", (), 'no loss "meansquarederror". Did you mean mean_squared_error?'),
        ({"class_name": "function", "config": "my_loss"}, ("config",), 'no loss "my_loss".'),
        ({"name": "Huber", "delt": 1.0}, ("delt",), 'Huber: no option "delt". Did you mean delta?'),
        ({"name": "Huber", "dtype": "float3"}, ("dtype",), "Huber: dtype must be one of"),
        (
            {"name": "Huber", "reduction": "auto"},
            ("reduction",),
            "Huber: reduction must be one of sum_over_batch_size,",
        ),
        ({"name": "Dice", "axis": [0.5]}, ("axis",), "Dice: axis must be a whole number, found [0.5]."),
        (OptimizerSpec("SGD"), (), "the loss must be a name or a mapping with a name, found OptimizerSpec"),
    ],
)
def test_a_loss_that_cannot_be_is_refused(identifier: object, path: tuple[str, ...], message: str) -> None:
    (found,) = problems(loss, identifier)
    assert found.path == path
    assert found.message.startswith(message)


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = messages(optimizer, {"name": "SGD", "momentum": 2.0, "nesterow": True})
    assert found == [
        "SGD: momentum must be between 0 and 1, found 2.0.",
        'SGD: no option "nesterow". Did you mean nesterov?',
    ]


def test_numbers_and_mappings_without_end_are_refused() -> None:
    given: dict[str, object] = {"name": "sgd"}
    for _ in range(3000):
        given = {"name": "LossScaleOptimizer", "inner_optimizer": given}
    assert messages(optimizer, given) == ["the optimizer holds mappings more than 20 deep."]
    huge = 16**5000  # more digits than Python agrees to write
    (message,) = messages(optimizer, {"name": "sgd", "momentum": huge})
    assert message.endswith("found a value of type int that is too large to show.")


TEXTS = st.text("ab/_1", max_size=5)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
TABLES = {optimizer: OPTIMIZERS, loss: LOSSES}
READERS = st.sampled_from([(read, name) for read, table in TABLES.items() for name in table])
GIVEN = READERS.flatmap(
    lambda found: st.tuples(
        st.just(found),
        st.dictionaries(st.sampled_from([*TABLES[found[0]][found[1]], "other"]), PLAIN, max_size=3),
    )
)


@given(GIVEN)
def test_plain_data_is_read_or_refused_and_what_is_read_comes_back(drawn: Any) -> None:
    (read, name), options = drawn
    try:
        spec = read({"class_name": name, "config": options})
    except SettingError:
        return
    assert read(json.loads(json.dumps(spec.config()))) == spec
    assert hash(read(spec.config())) == hash(spec)


def test_settings_by_default() -> None:
    settings = Settings()
    assert (settings.batch_size, settings.inference_batch_size, settings.dtype) == (32, 1, "float32")
    assert settings.optimizer == OptimizerSpec("SGD")
    assert settings.loss is None


def test_settings_are_frozen_and_can_be_hashed() -> None:
    settings = Settings(optimizer={"name": "SGD", "momentum": 0.9}, loss="mse")
    assert len({settings, Settings(optimizer={"name": "sgd", "momentum": 0.9}, loss="MSE")}) == 1
    with pytest.raises(Exception, match="frozen"):
        settings.batch_size = 3


def test_settings_come_back_from_plain_data() -> None:
    settings = Settings(
        batch_size=8, dtype="mixed_float16", optimizer={"name": "Lion", "clipnorm": 1}, loss="bce"
    )
    assert Settings(**settings.model_dump()) == settings
    assert Settings(**json.loads(settings.model_dump_json())) == settings


def test_wrong_settings_are_refused_in_the_words_of_the_library() -> None:
    given = {
        "batch_size": 0,
        "dtype": "float3",
        "optimizer": {"name": "SGD", "momentun": 1},
        "loss": "msee",
        "batches": 3,
    }
    assert problems(Settings, **given) == (
        Problem(("batch_size",), "settings: batch_size must be at least 1, found 0."),
        Problem(("dtype",), 'no dtype "float3". Did you mean float32?'),
        Problem(("optimizer", "momentun"), 'SGD: no option "momentun". Did you mean momentum?'),
        Problem(("loss",), 'no loss "msee". Did you mean mse?'),
        Problem(("batches",), 'settings: no setting "batches". Did you mean batch_size?'),
    )


@pytest.mark.parametrize(
    ("batch_size", "must"),
    [
        (-1, "be at least 1"),
        (2**31, "be at most 2147483647"),  # 2^31 - 1 is the largest
        (2.0, "be a whole number"),
        ("2", "be a whole number"),
        (True, "be a whole number"),
        (None, "be a whole number"),
    ],
)
def test_batch_sizes_are_whole_numbers_from_one(batch_size: object, must: str) -> None:
    for setting in ("batch_size", "inference_batch_size"):
        (message,) = messages(Settings, **{setting: batch_size})
        assert message == f"settings: {setting} must {must}, found {batch_size!r}."
    assert Settings(batch_size=2**31 - 1).batch_size == 2**31 - 1


def test_changed_settings() -> None:
    settings = Settings(batch_size=8, optimizer="adam")
    changed = settings.changed(batch_size=None, inference_batch_size=4, loss="mse")
    assert changed == Settings(batch_size=8, inference_batch_size=4, optimizer="adam", loss="mse")
    assert settings.changed() == settings
    assert messages(settings.changed, batch_size=0) == ["settings: batch_size must be at least 1, found 0."]
    assert messages(settings.changed, batchsize=2) == [
        'settings: no setting "batchsize". Did you mean batch_size?'
    ]


def test_settings_load_neither_numpy_nor_a_framework() -> None:
    ask = "import sys, cnncalc.settings; print(*{'numpy', 'tensorflow', 'keras'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
