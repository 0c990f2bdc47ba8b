"""Random graphs of mixed layers against the same graphs built in real Keras."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import cnncalc
from cnncalc.layers import CATALOGUE
from cnncalc.layers.base import Layer
from cnncalc.model import Nested
from tests.graphs import models
from tests.layer_settings import NOT_DRAWN

EXAMPLES = 3
"""Of each kind that is drawn, which makes about 330 in all."""

steady = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@pytest.mark.parametrize("kind", [kind for kind in CATALOGUE if kind not in NOT_DRAWN])
def test_a_graph_is_what_keras_builds(kind: str) -> None:
    drawn: set[str] = set()

    @steady
    @seed(list(CATALOGUE).index(kind))
    @given(models(kind))
    def compare(model: cnncalc.Model) -> None:
        found = cnncalc.check(model)
        for layer in found.layers:
            assert layer.estimated == layer.built, layer.name
        assert found.built_parameters == found.estimate.parameters
        assert found.agrees
        drawn.update(layer.kind for layer in layers(model))

    compare()
    assert kind in drawn


def layers(model: cnncalc.Model) -> Iterator[Layer]:
    """Of the model and of the models in it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, Nested):
            yield from layers(layer.model)
