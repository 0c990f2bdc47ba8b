"""``check``: a model beside the same model built in real Keras, layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.estimation import Estimate, LayerEstimate, estimate
from cnncalc.interop.keras_build import keras, keras_name, to_keras
from cnncalc.model import Model
from cnncalc.tensors import Shape

Weights = tuple[tuple[str, Shape, bool], ...]


class Answer(NamedTuple):
    """What one side says of a layer: output shapes, and each weight's name, shape, trainability."""

    output_shapes: tuple[Shape, ...]
    weights: Weights


class Comparison(NamedTuple):
    """One layer on both sides; ``name`` is the path through nested models."""

    name: str
    kind: str
    estimated: Answer
    built: Answer

    @property
    def agrees(self) -> bool:
        return self.estimated == self.built


class Check(NamedTuple):
    """Every layer of a model on both sides, and the totals of parameters."""

    estimate: Estimate
    keras_version: str
    layers: tuple[Comparison, ...]
    built_parameters: int

    @property
    def agrees(self) -> bool:
        same = self.built_parameters == self.estimate.parameters
        return same and all(layer.agrees for layer in self.layers)


def check(model: Model | str | PathLike[str]) -> Check:
    """Build the model in Keras and compare shapes and weights, layer by layer.

    Raises MissingExtraError where TensorFlow is not installed.
    """
    found = estimate(model)
    built = to_keras(found.model, segments=())
    layers = tuple(_compared(found.layers, built, ""))
    return Check(found, str(keras().__version__), layers, int(built.count_params()))


def _compared(rows: tuple[LayerEstimate, ...], built: Any, prefix: str) -> Iterator[Comparison]:
    steps = {step.name: step for step in built.operations}  # the layers, and the operations on tensors
    for row in rows:
        step = steps[keras_name(row.name)]
        if row.kind == "Model":
            yield from _compared(row.parts, step, f"{prefix}{row.name}/")
        else:
            estimated = _estimated(row)
            yield Comparison(prefix + row.name, row.kind, estimated, _built(step, estimated.weights))


def _estimated(row: LayerEstimate) -> Answer:
    weights = tuple((weight.name, weight.shape, weight.trainable) for weight in row.weights)
    return Answer(row.output_shapes, weights)


def _built(step: Any, ours: Weights) -> Answer:
    """What the last call of a Keras layer gave; a weight that Keras leaves unnamed has our name."""
    outputs = step._inbound_nodes[-1].outputs
    shapes = tuple(tuple(output.shape[1:]) for output in outputs)
    names = [name for name, _, _ in ours]
    weights = tuple(
        (_name(weight.name, names[index : index + 1]), tuple(weight.shape), bool(weight.trainable))
        for index, weight in enumerate(getattr(step, "weights", ()))
    )
    return Answer(shapes, weights)


def _name(theirs: str, ours: list[str]) -> str:
    """Keras numbers the weights that it leaves unnamed, over all that a program makes: ``variable_7``."""
    return ours[0] if ours and re.fullmatch(r"variable(_\d+)?", theirs) else theirs
