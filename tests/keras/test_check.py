"""``check`` and ``to_keras``: what a user sees of the comparison with real Keras."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cnncalc
from cnncalc import layers as cl
from cnncalc.errors import CnncalcError, MissingExtraError
from tests.commands import Run

EXERCISE = Path(__file__).parents[2] / "examples" / "geron_exercise.yaml"


def in_keras(monkeypatch: pytest.MonkeyPatch, other: cnncalc.Model) -> None:
    """Let the check build another model than the one that is estimated."""
    built = cnncalc.to_keras(other)
    monkeypatch.setattr("cnncalc.interop.checking.to_keras", lambda model, segments: built)


def dense(units: int, **given: Any) -> cnncalc.Model:
    return cnncalc.Sequential([cl.Dense(name="head", units=units, **given)], input=(4,))


def test_the_exercise_is_what_keras_builds() -> None:
    found = cnncalc.check(EXERCISE)
    assert found.agrees
    assert found.keras_version.startswith("3.")
    assert [layer.name for layer in found.layers] == ["conv2d", "conv2d_1", "conv2d_2"]
    assert found.layers[0].built.output_shapes == ((100, 150, 100),)
    assert found.layers[0].built.weights == (("kernel", (3, 3, 3, 100), True), ("bias", (100,), True))
    assert found.built_parameters == 903_400  # 28 * 100 + 901 * 200 + 1,801 * 400


def test_the_command_prints_the_verdict(run: Run) -> None:
    status, out, err = run("check", str(EXERCISE), "--no-measure")
    assert (status, err) == (0, "")
    assert "100 x 150 x 100" in out
    assert out.count("the same") == 3 + 1  # three layers and the verdict
    assert "builds the same: 3 layers, every output shape, every weight's shape, 903,400 parameters." in out


def test_the_command_measures_what_it_has_compared(run: Run) -> None:
    words = ("--batch-size", "2", "--optimizer", "adam", "--compilations", "1")
    status, out, _ = run("check", str(EXERCISE), *words)
    lines = {" ".join(line.split()[:2]): line.split()[2:] for line in out.splitlines()}
    assert status == 0
    assert "training, batch 2, Adam" in out
    # Two outputs of the first layers are alive in prediction: 6,000,000 + 3,000,000.
    for line in ("estimated, typical", "measured, lowest", "measured, median", "measured, highest"):
        assert lines[line][0] == "9,000,000"
    assert lines["measured, lowest"] == lines["measured, highest"]


def test_a_difference_is_shown_and_is_exit_status_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = [cl.Conv2D(filters=n, kernel_size=3, strides=2, padding="same") for n in (100, 200, 401)]
    in_keras(monkeypatch, cnncalc.Sequential(wider, input=(200, 300, 3)))
    status, out, _ = run("check", str(EXERCISE))
    assert status == 1
    assert "measured" not in out
    assert out.count("DIFFERS") == 1
    assert "Keras    output 25 x 38 x 401; weights kernel 3 x 3 x 200 x 401, bias 401" in out
    assert "cnncalc  output 25 x 38 x 400; weights kernel 3 x 3 x 200 x 400, bias 400" in out
    built = 903_400 + 3 * 3 * 200 + 1  # one filter more
    assert f"differs in 1 of 3 layers: {built:,} parameters, cnncalc 903,400." in out


@pytest.mark.parametrize(
    "other",
    [dense(4), dense(3, use_bias=False), dense(3, trainable=False)],
    ids=["shape", "weights", "trained"],
)
def test_each_kind_of_difference_counts(monkeypatch: pytest.MonkeyPatch, other: cnncalc.Model) -> None:
    in_keras(monkeypatch, other)
    assert not cnncalc.check(dense(3)).agrees


def test_layers_of_nested_models_are_told_by_their_path() -> None:
    inner = cnncalc.Model(name="inner", input=(4,), layers=[cl.Dense(name="a/b", units=2)])
    found = cnncalc.check(cnncalc.Model(input=(4,), layers=[inner, cl.ReLU()]))
    assert [layer.name for layer in found.layers] == ["inner/a/b", "re_lu"]
    assert found.agrees


def test_without_tensorflow_the_error_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError, match=r"needs TensorFlow.*pip install 'cnncalc\[keras\]'"):
        cnncalc.to_keras(dense(3))
    status, out, err = run("check", str(EXERCISE))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'cnncalc[keras]'" in err


def test_the_legacy_tf_keras_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    legacy = SimpleNamespace(keras=SimpleNamespace(__version__="2.15.1"))
    monkeypatch.setitem(sys.modules, "tensorflow", legacy)
    with pytest.raises(CnncalcError, match=r"legacy tf_keras 2\.15\.1"):
        cnncalc.check(EXERCISE)


def test_what_keras_refuses_is_an_error_with_the_name_of_the_layer() -> None:
    with pytest.raises(CnncalcError, match=r'Keras refuses Dense "head": .*int8'):
        cnncalc.to_keras(dense(3, dtype="int8"))
    with pytest.raises(CnncalcError, match=r'Keras refuses Dense "head": .*float12'):
        cnncalc.to_keras(dense(3), dtype="float12")


def test_two_names_that_keras_cannot_tell_apart_are_refused() -> None:
    twice = cnncalc.Sequential([cl.ReLU(name="a/b"), cl.ReLU(name="a_b")], input=(4,))
    with pytest.raises(CnncalcError, match='"a/b" and "a_b" would both be "a_b" in Keras'):
        cnncalc.to_keras(twice)


def test_an_input_may_have_a_slash_and_a_mixed_dtype() -> None:
    image = cnncalc.Input(shape=(4,), name="an/image", dtype="mixed_float16")
    built = cnncalc.to_keras(cnncalc.Model(inputs=(image,), layers=[cl.ReLU()]))
    assert (built.input.name, built.input.dtype) == ("an_image", "float16")


def test_a_built_model_takes_its_one_input_as_it_is(recwarn: pytest.WarningsRecorder) -> None:
    import numpy as np

    built = cnncalc.to_keras(dense(3, trainable=False))
    assert built(np.ones((2, 4), np.float32)).shape == (2, 3)
    assert not [warning for warning in recwarn if "structure" in str(warning.message)]


def test_layers_compute_in_the_dtype_that_is_asked_for() -> None:
    chain = [cl.Dense(name="own", units=2, dtype="float16"), cl.Dense(name="shared", units=2)]
    built = cnncalc.to_keras(cnncalc.Sequential(chain, input=(4,)), dtype="mixed_bfloat16")
    assert built.get_layer("own").dtype_policy.name == "float16"
    assert built.get_layer("shared").dtype_policy.name == "mixed_bfloat16"
