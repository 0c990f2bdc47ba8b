"""Segments as ``Checkpointed`` layers: one step gives the same weights and statistics, and takes less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from benchmarks.checkpointing.measure import chain
from cnncalc.errors import CnncalcError
from cnncalc.interop.keras_build import to_keras
from cnncalc.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    ReLU,
)

SEGMENTS = (("stem", "bn"), ("conv1", "bn1", "relu1", "conv2", "drop", "add", "pool"))


def residual() -> cnncalc.Model:
    """Batch normalisation, dropout and a residual connection, in two segments; a dense layer behind."""
    conv: dict[str, Any] = {"filters": 4, "kernel_size": 3, "padding": "same"}
    layers = [
        Conv2D(**conv, name="stem"),
        BatchNormalization(name="bn"),
        Conv2D(**conv, name="conv1"),
        BatchNormalization(name="bn1"),
        ReLU(name="relu1"),
        Conv2D(**conv, name="conv2"),
        Dropout(rate=0.3, seed=7, name="drop"),
        Add(inputs=("drop", "bn"), name="add"),
        MaxPooling2D(pool_size=2, name="pool"),
        Flatten(name="flat"),
        Dense(units=3, activation="softmax", name="head"),
    ]
    return cnncalc.Model(input=(8, 8, 3), layers=layers)


def weights_after(built: Any, steps: int, dtype: str = "float32") -> dict[str, Any]:
    """All weights by their layer and name after some steps, those with which it began being the same."""
    import keras

    rng = np.random.default_rng(3)
    for weight in sorted(built.weights, key=_key):
        weight.assign(0.3 * rng.standard_normal(weight.shape) + 0.5)
    built.compile(keras.optimizers.SGD(0.1, momentum=0.9), "categorical_crossentropy", jit_compile=False)
    images = rng.standard_normal((5, 8, 8, 3)).astype("float32")
    targets = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1]]
    for _ in range(steps):
        built.train_on_batch(images, targets)
    return {_key(weight): np.array(weight) for weight in built.weights}


def _key(weight: Any) -> str:
    return "/".join(weight.path.split("/")[-2:])


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_step_leaves_the_same_weights_and_statistics(dtype: str) -> None:
    plain = weights_after(to_keras(residual(), dtype=dtype), 2)
    again = weights_after(to_keras(residual(), dtype=dtype, segments=SEGMENTS), 2)
    assert plain.keys() == again.keys()
    assert {"bn/moving_mean", "bn1/moving_variance", "conv2/kernel"} <= plain.keys()
    for name, value in plain.items():
        np.testing.assert_allclose(again[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_the_comparison_sees_statistics_that_move_once_more() -> None:
    plain = weights_after(to_keras(residual()), 2)
    once_more = weights_after(to_keras(residual()), 3)
    assert not np.allclose(plain["bn/moving_mean"], once_more["bn/moving_mean"], rtol=1e-3)


def test_the_model_is_saved_and_loaded(tmp_path: Path) -> None:
    import keras

    built = to_keras(residual(), segments=SEGMENTS)
    built.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.ones((2, 8, 8, 3), dtype="float32")
    np.testing.assert_allclose(loaded.predict_on_batch(images), built.predict_on_batch(images), rtol=1e-6)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([("stem", "nothing")], 'a segment names "nothing", no layer'),
        ([("stem", "conv1")], "do not run one behind the other"),
        ([("conv1", "bn1"), ("bn1", "relu1")], "do not run one behind the other"),
        ([("conv2", "drop", "add")], "it reads 2 values from outside"),
        ([("bn", "conv1", "bn1")], "another value than its last layer's is read"),
    ],
)
def test_what_is_no_segment_is_refused(segments: Any, message: str) -> None:
    with pytest.raises(CnncalcError, match=message):
        to_keras(residual(), segments=segments)


@pytest.mark.parametrize("segments", [1, 5])
def test_tensorflow_takes_what_is_estimated(segments: int) -> None:
    """Sixteen equal convolutions, whose outputs are all kept without segments: 18 buffers of 2 MiB.

    With one segment 44 of 48 compilations took the typical value, the others the band's highest: the chance
    that none of four takes the first is 5 in 100,000.
    """
    found = cnncalc.checkpoint(chain(), segments=segments, batch_size=8)
    measured = cnncalc.measure(found.model, compilations=4)
    training = measured.estimate.memory["tensorflow"].training
    assert training is not None
    assert training.step_bytes < 12 * 2**21
    runs = {run.step_bytes for run in measured.runs}
    assert training.step_bytes in runs
    assert runs <= {training.step_low_bytes, training.step_bytes, training.step_high_bytes}
