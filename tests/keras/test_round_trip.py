"""From a spec to Keras and back, to each format and back: the same model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings

import cnncalc
from cnncalc import zoo
from cnncalc.errors import CnncalcError
from cnncalc.interop.converting import convert
from cnncalc.interop.keras_code import to_code
from cnncalc.interop.model_file import model_from_text
from cnncalc.interop.tidying import tidied
from cnncalc.interop.writing import to_json, to_yaml
from cnncalc.layers.base import Layer
from cnncalc.linking import Link, Scope
from cnncalc.model import Nested
from cnncalc.tensors import Shape, policy
from tests.graphs import models
from tests.keras.canonical import canonical, input_shapes

NO_POLICY = ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
"""Kinds whose config says neither whether they are frozen, nor of their policy more than the dtype of
variables (``get_config`` of keras/src/layers/regularization/spatial_dropout.py)."""

FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def meaning(model: cnncalc.Model, dtype: str = "", trainable: bool = True) -> dict[str, Any]:
    """What a model says but for what Keras does not keep: names of calls and outputs, order of branches.

    ``dtype`` and ``trainable`` are those of the model around it.
    """
    scope = Scope(model, (), [])
    own_dtype = dtype or model.settings.dtype
    shapes = input_shapes(model)
    said, outputs = links(scope, [item.name for item in tidied(model).inputs])
    layers = {
        scope.names[i].replace("/", "_"): own_meaning(layer, shapes[scope.names[i]], own_dtype, trainable)
        for i, layer in enumerate(model.layers)
        if scope.called(i) == i
    }
    return {"reads": said, "layers": layers, "outputs": outputs}


def links(scope: Scope, inputs: list[str]) -> tuple[dict[Any, list[Any]], list[Any]]:
    """What each call reads, and what the model gives.

    A call goes by its layer; if that is called several times, also by what the call reads, because calls that
    do not need each other may run in either order. Calls that read the same are numbered.
    """
    times = Counter(map(scope.called, scope.order))
    alike: Counter[Any] = Counter()
    labels: dict[int, Any] = {}
    said = {}

    def source(link: Link) -> tuple[Any, int]:
        number = link.output or 0
        return (inputs[number], 0) if link.layer is None else (labels[link.layer], number)

    for index in scope.order:
        target = scope.called(index)
        name, read = scope.names[target].replace("/", "_"), [source(link) for link in scope.links[index]]
        call = (name, *read) if times[target] > 1 else name
        alike[call] += 1
        labels[index] = (call, alike[call])
        said[labels[index]] = read
    return said, [source(link) for link in scope.outputs]


def own_meaning(layer: Layer, shape: Shape, dtype: str, trainable: bool) -> Any:
    """To freeze a model is, in Keras, to freeze each layer inside; that it was done at once is not kept."""
    dtype, trainable = layer.dtype or dtype, layer.trainable and trainable
    if isinstance(layer, Nested):
        return meaning(layer.model, dtype, trainable), trainable
    if layer.kind in NO_POLICY:
        return layer.kind, canonical(layer, shape), policy(dtype).variable
    return layer.kind, canonical(layer, shape), trainable, dtype


def built(model: cnncalc.Model) -> Any:
    """The Keras model; a model that Keras refuses, as a recurrent layer in bfloat16, is another's test."""
    try:
        return cnncalc.to_keras(model)
    except CnncalcError:
        reject()


@FEW
@given(models())
def test_from_keras_comes_what_went_to_keras(model: cnncalc.Model) -> None:
    assert meaning(cnncalc.from_keras(built(model))) == meaning(model)


@FEW
@given(models())
def test_a_model_file_says_all_of_a_model(model: cnncalc.Model) -> None:
    assert tidied(model_from_text(to_yaml(model), "net.yaml", "net")) == tidied(model)
    assert model_from_text(to_json(model), "net.json", "net") == tidied(model)


@FEW
@given(models())
def test_the_code_builds_the_same_model(model: cnncalc.Model) -> None:
    built(model)
    variables: dict[str, Any] = {}
    exec(to_code(model), variables)
    again = cnncalc.from_keras(variables["model"])
    assert cnncalc.estimate(again).parameters == cnncalc.estimate(model).parameters
    assert again.graph.output_shapes == model.graph.output_shapes


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_comes_back_from_keras(name: str) -> None:
    model = cnncalc.load(name)
    assert meaning(cnncalc.from_keras(cnncalc.to_keras(model))) == meaning(model)


@pytest.mark.parametrize("ending", ["yaml", "json", "keras.json", "keras"])
def test_converted_files_are_read_again(ending: str, tmp_path: Path) -> None:
    model = cnncalc.load(Path(__file__).parents[2] / "examples" / "residual.yaml")
    file = convert(model, tmp_path / f"net.{ending}")
    assert meaning(cnncalc.load(file)) == meaning(model)
