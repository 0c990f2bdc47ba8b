"""Keras models read back: live, as JSON, as archives; every layer's shape and weights as Keras has them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

import cnncalc

applications = tf.keras.applications
layers = tf.keras.layers

NAMES = sorted(
    name for name in vars(applications) if callable(getattr(applications, name)) and name[0].isupper()
)

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("VGG16", {"include_top": False, "input_shape": (48, 64, 3), "pooling": "max"}),
    ("ResNet50", {"include_top": False, "input_shape": (64, 96, 3), "pooling": "avg"}),
    ("ResNet101V2", {"include_top": False, "input_shape": (33, 47, 1)}),
    ("MobileNet", {"alpha": 0.25, "input_shape": (96, 96, 3), "classes": 2}),
    ("MobileNetV2", {"alpha": 1.4, "input_shape": (160, 160, 3)}),
    ("MobileNetV3Large", {"alpha": 0.75, "input_shape": (128, 128, 3), "include_preprocessing": False}),
    ("MobileNetV3Small", {"minimalistic": True, "input_shape": (224, 224, 3)}),
    ("EfficientNetB0", {"include_top": False, "input_shape": (75, 90, 3), "pooling": "max"}),
    ("DenseNet121", {"include_top": False, "input_shape": (64, 64, 3)}),
    ("NASNetMobile", {"include_top": False, "input_shape": (96, 96, 3)}),
    ("ConvNeXtTiny", {"include_top": False, "input_shape": (64, 64, 3)}),
    ("InceptionV3", {"include_top": False, "input_shape": (139, 150, 3), "pooling": "avg"}),
    ("Xception", {"classes": 7, "input_shape": (71, 71, 3)}),
]


def compare(keras_model: Any, model: cnncalc.Model) -> None:
    """Totals, and by name every layer's output shape and every weight's shape and trainability."""
    estimate = cnncalc.estimate(model)
    trainable = sum(w.shape.num_elements() for w in keras_model.trainable_weights)
    assert estimate.parameters == keras_model.count_params()
    assert estimate.trainable_parameters == trainable
    rows = {row.name: row for row in estimate.layers}
    others = [layer for layer in keras_model.operations if not isinstance(layer, layers.InputLayer)]
    assert set(rows) == {layer.name for layer in others}
    for layer in others:
        row = rows[layer.name]
        if row.kind != "Model":
            assert row.output_shape == tuple(layer._inbound_nodes[-1].outputs[0].shape[1:]), layer.name
        weights = [
            (tuple(w.shape), w.trainable) for w in getattr(layer, "weights", [])
        ]  # operations have none
        assert sorted((w.shape, w.trainable) for w in row.weights) == sorted(weights), layer.name


@pytest.mark.parametrize("name", NAMES)
def test_an_application(name: str) -> None:
    sizes = {"input_shape": (224, 224, 3)} if name.startswith("MobileNetV3") else {}
    keras_model = getattr(applications, name)(weights=None, **sizes)
    compare(keras_model, cnncalc.from_keras(keras_model))
    tf.keras.backend.clear_session()


@pytest.mark.parametrize(("name", "given"), VARIANTS)
def test_a_variant_of_an_application(name: str, given: dict[str, Any]) -> None:
    keras_model = getattr(applications, name)(weights=None, **given)
    compare(keras_model, cnncalc.from_keras(keras_model))
    tf.keras.backend.clear_session()


def shared_and_nested() -> Any:
    """A shared layer, a nested Sequential, a nested model of two outputs, two inputs and outputs."""
    left, right = layers.Input((8, 8, 3), name="left"), layers.Input((8, 8, 3), name="right")
    conv = layers.Conv2D(4, 3, padding="same", activation="relu", name="shared")
    inner_input = layers.Input((8, 8, 4))
    inner_conv = layers.Conv2D(5, 1)(inner_input)
    inner = tf.keras.Model(inner_input, [inner_conv, layers.MaxPooling2D()(inner_conv)], name="inner")
    full, half = inner(conv(left))
    other, _ = inner(conv(right))
    total = layers.Add(name="total")([full, other])
    head = tf.keras.Sequential([layers.Input((4, 4, 5)), layers.Flatten(), layers.Dense(2)], name="head")
    return tf.keras.Model([left, right], [total, head(half)], name="both")


def test_shared_and_nested_layers() -> None:
    keras_model = shared_and_nested()
    model = cnncalc.from_keras(keras_model)
    compare(keras_model, model)
    assert model.graph.output_shapes == ((8, 8, 5), (2,))
    calls = {row.name: row.calls for row in cnncalc.estimate(model).layers}
    assert (calls["shared"], calls["inner"], calls["head"]) == (2, 2, 1)


def masked(read: Callable[[Any], Any]) -> Any:
    """What reads a masked sequence, as a model."""
    inputs = layers.Input((8, 4), name="input")
    return tf.keras.Model(inputs, read(layers.Masking()(inputs)))


READING_A_MASK: list[Callable[[Any], Any]] = [
    layers.Softmax(),
    lambda x: layers.BatchNormalization()(layers.LSTM(3, return_sequences=True)(x)),
    layers.Bidirectional(layers.LSTM(3)),
    layers.TimeDistributed(layers.Dense(2)),
    lambda x: layers.Softmax(dtype="float16")(layers.Masking(dtype="float16")(x)),
    lambda x: layers.Softmax()(masked(layers.Softmax())(x)),
    lambda x: layers.Softmax()(layers.Add()([x, layers.Masking()(x)])),
    lambda x: layers.GlobalAveragePooling1D()(layers.Concatenate(axis=1)([x, layers.ReLU()(x)])),
]


@pytest.mark.parametrize("read", READING_A_MASK)
def test_operations_that_compute_a_mask_are_no_layers_of_the_network(read: Callable[[Any], Any]) -> None:
    keras_model = masked(read)
    steps = {step.name: isinstance(step, layers.Layer) for step in keras_model.operations}
    assert not all(steps.values())  # Keras has recorded operations here
    model = cnncalc.from_keras(keras_model)
    estimate = cnncalc.estimate(model)
    assert {row.name for row in estimate.layers} == {name for name, real in steps.items() if real} - {"input"}
    assert estimate.parameters == keras_model.count_params()
    assert model.graph.output_shapes == (tuple(keras_model.outputs[0].shape[1:]),)


def test_a_mask_that_is_given_is_no_input_of_a_layer() -> None:
    words, mask = layers.Input((8, 4), name="words"), layers.Input((8, 8), name="mask")
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    keras_model = tf.keras.Model([words, mask], attention(words, words, attention_mask=mask))
    (layer,) = cnncalc.from_keras(keras_model).layers
    assert layer.inputs == ("words", "words")


def test_a_layer_that_only_a_mask_needs_is_refused_by_name() -> None:
    inputs = layers.Input((8, 4))
    scores = layers.Dense(1, name="scores")(inputs)
    mask = tf.keras.ops.any(tf.keras.ops.not_equal(scores, 0), axis=-1)
    keras_model = tf.keras.Model(inputs, layers.LSTM(3)(inputs, mask=mask))
    with pytest.raises(cnncalc.CnncalcError, match="layer scores: only a mask is computed from it"):
        cnncalc.from_keras(keras_model)


def test_operations_of_a_mask_that_is_an_output_are_layers() -> None:
    inputs = layers.Input((8, 4))
    masking = layers.Masking()
    keras_model = tf.keras.Model(inputs, [layers.LSTM(3)(masking(inputs)), masking.compute_mask(inputs)])
    with pytest.raises(cnncalc.CnncalcError, match='no rule for the operation "NotEqual"'):
        cnncalc.from_keras(keras_model)


@pytest.mark.parametrize("file", ["model.json", "model.keras", "model.h5"])
def test_files_say_the_same_as_the_live_model(file: str, tmp_path: Path) -> None:
    keras_model = shared_and_nested()
    path = tmp_path / file
    if file.endswith(".json"):
        path.write_text(keras_model.to_json(), encoding="utf-8")
    else:
        keras_model.save(path)
    assert cnncalc.load(path) == cnncalc.from_keras(keras_model)


def test_a_spec_comes_back_from_keras_as_it_was() -> None:
    model = cnncalc.load(Path(__file__).parents[2] / "examples" / "geron_exercise.yaml")
    back = cnncalc.from_keras(cnncalc.to_keras(model))
    assert back == model.model_copy(update={"settings": cnncalc.Settings()})


def test_sizes_that_are_left_open() -> None:
    keras_model = tf.keras.Sequential([layers.Input((None, None, 3)), layers.Conv2D(4, 3)])
    with pytest.raises(cnncalc.CnncalcError, match=r"\[\?, \?, 3\].*input_shape"):
        cnncalc.from_keras(keras_model)
    model = cnncalc.from_keras(keras_model, input_shape=(10, 12, 3))
    assert model.graph.output_shapes == ((8, 10, 4),)


def test_what_has_no_rule_is_refused_by_name() -> None:
    keras_model = tf.keras.Sequential([layers.Input((4,)), layers.Lambda(lambda x: x, name="mystery")])
    with pytest.raises(cnncalc.CnncalcError, match=r"mystery.*Lambda is refused"):
        cnncalc.from_keras(keras_model)


def test_a_subclassed_model_is_refused() -> None:
    class Own(tf.keras.Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    with pytest.raises(cnncalc.CnncalcError):
        cnncalc.from_keras(Own())


def test_an_archive_whose_config_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": 3}}))
    with pytest.raises(cnncalc.CnncalcError, match="not a config of Keras 3"):
        cnncalc.load(path)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_an_input_of_whole_numbers_goes_there_and_back(dtype: str, tmp_path: Path) -> None:
    words = tf.keras.Input((10,), dtype=dtype, name="words")
    keras_model = tf.keras.Model(words, layers.Dense(2)(layers.Flatten()(layers.Embedding(50, 4)(words))))
    keras_model.save(tmp_path / "words.keras")
    for model in (cnncalc.from_keras(keras_model), cnncalc.load(tmp_path / "words.keras")):
        assert model.inputs[0].dtype == dtype
        assert cnncalc.estimate(model).parameters == keras_model.count_params()
        assert cnncalc.to_keras(model).inputs[0].dtype == dtype
