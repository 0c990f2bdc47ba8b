"""Kinds that are more than a class of ``keras.layers`` on its inputs: to Keras and back, as code, checked."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.strategies import SearchStrategy

import cnncalc
from cnncalc import layers as cl
from cnncalc.errors import CnncalcError
from cnncalc.interop.keras_code import to_code
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.operations_arithmetic import OpDivide, OpSubtract
from cnncalc.layers.operations_shaping import OpGetItem
from cnncalc.tensors import Shape
from tests.keras.canonical import canonical, input_shapes
from tests.keras.cases import Case, attention, operations, recurrent, wrappers

FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # making a failing case smaller takes minutes in Keras
)
CASES: dict[str, SearchStrategy[Case]] = {
    **operations.CASES,
    **wrappers.CASES,
    "Bidirectional": recurrent.CASES["Bidirectional"],
    "MultiHeadAttention": attention.CASES["MultiHeadAttention"],
    "GroupQueryAttention": attention.CASES["GroupQueryAttention"],
}
REWORDED = ("MultiHeadAttention", "GroupQueryAttention", "Bidirectional")
"""Kinds whose defaults Keras fills in before it saves them: they are compared by what is estimated."""

applications = tf.keras.applications


def model_of(kind: str, case: Case) -> cnncalc.Model:
    """A model of that one layer; the case is left out where cnncalc refuses it."""
    given_settings, shapes = case
    inputs = {f"in_{number}": shape for number, shape in enumerate(shapes)}
    try:
        layer = layer_class(kind)(**given_settings, name="the_one", inputs=tuple(inputs))
        model = cnncalc.Model(name="net", inputs=inputs, layers=[layer])
        cnncalc.estimate(model)
    except CnncalcError:
        assume(False)
    return model


def said(model: cnncalc.Model) -> list[Any]:
    """Of each layer in order: kind, name and settings, and what is estimated."""
    rows = cnncalc.estimate(model).layers
    shapes = input_shapes(model)
    layers = [
        (layer.kind, row.name, own(layer, shapes[row.name]))
        for layer, row in zip(model.layers, rows, strict=True)
    ]
    return [*layers, *((row.output_shapes, row.weights, row.macs) for row in rows)]


def own(layer: Layer, shape: Shape) -> dict[str, Any]:
    return {} if layer.kind in REWORDED else canonical(layer, shape)


def run(code: str) -> cnncalc.Model:
    variables: dict[str, Any] = {}
    exec(code, variables)
    return cnncalc.from_keras(variables["model"])


@pytest.mark.parametrize("kind", CASES)
def test_a_kind_comes_back_from_keras_and_from_code(kind: str) -> None:
    @FEW
    @given(CASES[kind])
    def there_and_back(case: Case) -> None:
        model = model_of(kind, case)
        assert said(cnncalc.from_keras(cnncalc.to_keras(model))) == said(model)
        assert cnncalc.check(model).agrees
        coded = run(to_code(model))
        shape = model.inputs[0].shape
        assert own(coded.layers[0], shape) == own(model.layers[0], shape)
        assert cnncalc.estimate(coded).parameters == cnncalc.estimate(model).parameters
        tf.keras.backend.clear_session()

    there_and_back()


def test_the_layers_of_keras_applications() -> None:
    layers = [
        cl.LayerScale(init_values=1e-6, projection_dim=3),
        cl.StochasticDepth(drop_path_rate=0.1),
        cl.CustomScaleLayer(scale=0.17, inputs=("input", "stochastic_depth")),
    ]
    model = cnncalc.Model(name="net", input=(8, 8, 3), layers=layers)
    assert said(cnncalc.from_keras(cnncalc.to_keras(model))) == said(model) == said(run(to_code(model)))
    assert cnncalc.check(model).agrees


def test_an_operation_is_called_again_on_the_tensors_in_their_order() -> None:
    layers = [
        OpSubtract(name="less", x1=1.0),
        cnncalc.Call(layer="less", name="more", inputs=("input",)),
        OpDivide(name="ratio", inputs=("more", "less")),
        OpGetItem(name="part", key=":, 1:, ..., None"),
    ]
    model = cnncalc.Model(name="net", input=(4, 5), layers=layers)
    back = cnncalc.from_keras(cnncalc.to_keras(model))
    assert back.graph.output_shapes == ((3, 5, 1),)
    assert [layer.settings() for layer in back.layers if layer.kind in ("ops.Subtract", "ops.GetItem")] == [
        {"x1": 1.0, "x2": None},
        {"key": ":, 1:, ..., None"},
    ]
    code = to_code(model)
    assert "less = keras.ops.subtract(1.0, input)" in code
    assert "part = ratio[:, 1:, ..., None]" in code


def test_a_frozen_layer_stays_frozen_in_a_model_that_is_not() -> None:
    inner = cnncalc.Model(name="inner", input=(4,), layers=[cl.Dense(units=2, trainable=False)])
    model = cnncalc.Model(input=(4,), layers=[inner])
    assert cnncalc.to_keras(model).trainable_weights == []
    assert cnncalc.check(model).agrees


@pytest.mark.parametrize(
    ("name", "size"), [("ConvNeXtTiny", 32), ("MobileNetV3Small", 32), ("InceptionResNetV2", 75)]
)
def test_a_network_of_keras_applications_is_built_again(name: str, size: int) -> None:
    original = getattr(applications, name)(weights=None, include_top=False, input_shape=(size, size, 3))
    model = cnncalc.from_keras(original)
    tf.keras.backend.clear_session()
    found = cnncalc.check(model)
    assert [layer for layer in found.layers if not layer.agrees] == []
    assert found.agrees


def test_the_inputs_of_an_attention_are_known_by_their_names() -> None:
    query, value = tf.keras.Input((4, 6), name="q"), tf.keras.Input((5, 7), name="v")
    output = tf.keras.layers.MultiHeadAttention(2, 3)(value=value, query=query)
    model = cnncalc.from_keras(tf.keras.Model([query, value], output))
    assert model.layers[0].inputs == ("q", "v")
    assert cnncalc.check(model).agrees
