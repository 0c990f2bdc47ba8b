"""From a spec to Keras and back, to each format and back: the same model."""

from __future__ import annotations

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
from tests.graphs import models
from tests.keras.canonical import alike, canonical

FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def meaning(model: cnncalc.Model, dtype: str = "") -> dict[str, Any]:
    """What a model says but for what Keras does not keep: names of calls and outputs, order of branches."""
    scope = Scope(model, (), [])
    policy = dtype or model.settings.dtype
    labels = call_labels(scope)
    inputs = [item.name for item in tidied(model).inputs]

    def source(link: Link) -> tuple[str, int]:
        number = link.output or 0
        return (inputs[number], 0) if link.layer is None else (labels[link.layer], number)

    said = {labels[index]: [source(link) for link in scope.links[index]] for index in scope.order}
    layers = {
        scope.names[i].replace("/", "_"): own_meaning(layer, policy)
        for i, layer in enumerate(model.layers)
        if scope.called(i) == i
    }
    return {"reads": said, "layers": layers, "outputs": [source(link) for link in scope.outputs]}


def call_labels(scope: Scope) -> dict[int, str]:
    """Each call by its layer and its number in run order."""
    counts: dict[int, int] = {}
    labels = {}
    for index in scope.order:
        target = scope.called(index)
        counts[target] = counts.get(target, 0) + 1
        labels[index] = f"{scope.names[target].replace('/', '_')}#{counts[target]}"
    return labels


def own_meaning(layer: Layer, dtype: str) -> Any:
    if isinstance(layer, Nested):
        return meaning(layer.model, layer.dtype or dtype), layer.trainable
    return layer.kind, canonical(layer), layer.trainable, layer.dtype or dtype


def built(model: cnncalc.Model) -> Any:
    """The Keras model; a model that Keras refuses, as a recurrent layer in bfloat16, is another's test."""
    try:
        return cnncalc.to_keras(model)
    except CnncalcError:
        reject()


@pytest.mark.xfail(
    strict=False,
    reason="not solved: Masking makes Keras record operations of its own; some branching graphs differ",
)
@FEW
@given(models())
def test_from_keras_comes_what_went_to_keras(model: cnncalc.Model) -> None:
    assert alike(meaning(cnncalc.from_keras(built(model))), meaning(model))


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
