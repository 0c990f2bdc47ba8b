"""Every layer kind has a rule for TensorFlow's runtime, is a composition, or is refused with a reason."""

from __future__ import annotations

import pytest

from cnncalc import Input, Model, estimate
from cnncalc.errors import NoRuleError
from cnncalc.layers import CATALOGUE, Dense
from cnncalc.memory.replay import replay
from cnncalc.runtimes.tensorflow import planning
from cnncalc.runtimes.tensorflow.layers import RULES
from cnncalc.runtimes.tensorflow.layers.refused import REFUSED
from tests.test_catalogue import example

IN_INFERENCE_ONLY = {
    *("Embedding", "Masking", "SpectralNormalization"),
    *(kind for kind, family in CATALOGUE.items() if family in ("augmentation", "coloring")),
}
"""Kinds whose rule says what predicting takes, and which are refused in training."""


def model(kind: str) -> Model:
    """Dense layers, so that there is something to train, and the kind on what they give."""
    layer, shapes = example(kind)
    inputs = [Input(name=f"in_{number}", shape=shape) for number, shape in enumerate(shapes)]
    before = [
        Dense(name=f"before_{number}", units=shape[-1], inputs=[f"in_{number}"])
        for number, shape in enumerate(shapes)
    ]
    last = layer.model_copy(update={"name": "kind", "inputs": tuple(one.name for one in before)})
    return Model(name="one", inputs=inputs, layers=[*before, last])


def test_a_kind_has_a_rule_or_a_reason() -> None:
    parted = {kind for kind in CATALOGUE if example(kind)[0].parts()}
    assert set(CATALOGUE) - parted == {*RULES, *REFUSED} - parted
    assert not set(RULES) & set(REFUSED)


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_example_is_planned_or_refused_by_name(kind: str, mode: str) -> None:
    made = model(kind)
    settings = estimate(made, inference_batch_size=2, batch_size=2).settings
    plan = getattr(planning, mode)
    if kind in REFUSED or (mode == "training" and kind in IN_INFERENCE_ONLY):
        with pytest.raises(NoRuleError, match=kind):
            plan(made.graph, settings, 0)
        return
    assert replay(plan(made.graph, settings, 2**40).plan).peak.bytes > 0
