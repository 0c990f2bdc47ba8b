"""Operations become ready in the order of the graph that Grappler leaves: as TensorFlow 2.21 showed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cnncalc import Model, estimate
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.memory.replay import replay
from cnncalc.runtimes.tensorflow import planning
from cnncalc.runtimes.tensorflow.ops import BACKWARD, Op
from cnncalc.runtimes.tensorflow.ordering import ordered

S = 16 * 32 * 32 * 16 * 4  # 16 channels over 32 x 32 pixels, for 16 images: 1 MiB


def made(kind: str, name: str, *inputs: str, **settings: Any) -> Layer:
    return layer_class(kind)(name=name, inputs=inputs, **settings)


def joined(*between: Layer) -> Model:
    """A convolution and what a second one makes of it, side by side."""
    layers = [
        made("Conv2D", "first", filters=16, kernel_size=3, padding="same"),
        made("Conv2D", "branch", filters=16, kernel_size=1, use_bias=False),
        made("Activation", "relu", activation="relu"),
        made("Concatenate", "both", "relu", "first"),
        *between,
        made("Conv2D", "last", filters=1, kernel_size=1),
    ]
    return Model(name="joined", input=(32, 32, 3), layers=layers)


def test_the_first_part_of_a_gradient_runs_before_the_second_is_cut_out() -> None:
    settings = estimate(joined(), batch_size=16, loss="mse").settings
    plan = planning.training(joined().graph, settings, 2**40).plan
    taken = [
        (plan.buffers[number].name, plan.buffers[number].bytes)
        for step in plan.steps[1:]
        for number in step.allocates
    ]
    # as traced: forward, the gradient of both, the first part, the branch, the second part
    assert taken == [
        *(("first", S), ("branch", S), ("both", 2 * S)),
        *(("last", 2 * S), ("both", S), ("branch", S), ("both", S)),
    ]
    before = sum(plan.buffers[number].bytes for number in plan.steps[0].allocates)
    assert replay(plan).peak.bytes - before == 5 * S  # 5,242,880 bytes, as measured


def test_a_backward_pass_stands_as_grappler_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Op] = []

    def keeping(ops: Sequence[Op]) -> list[Op]:
        kept.extend(ordered(ops))
        return kept

    monkeypatch.setattr(planning, "ordered", keeping)
    model = joined(
        made("BatchNormalization", "norm"),
        made("Activation", "tanh", activation="tanh"),
        made("Multiply", "product", "tanh", "both"),
    )
    planning.training(model.graph, estimate(model, loss="mse").settings, 2**40)
    shown = ("Conv2DBackpropInput", "Conv2DBackpropFilter", "Slice", "AddN", "Sub")
    found = [
        (op.kind, op.owner)
        for op in kept
        if op.phase == BACKWARD and (op.kind in shown or op.kind.endswith("Grad"))
    ]
    assert found == [  # MetaOptimizer's graph of this model, its backward pass, operations of these kinds
        ("Conv2DBackpropInput", "last"),
        ("Conv2DBackpropFilter", "last"),
        ("TanhGrad", "tanh"),
        ("AddN", "norm"),
        ("RsqrtGrad", "norm"),
        ("Sub", "norm"),
        ("AddN", "both"),
        ("Slice", "both"),
        ("Slice", "both"),
        ("ReluGrad", "relu"),
        ("Conv2DBackpropInput", "branch"),
        ("Conv2DBackpropFilter", "branch"),
        ("AddN", "first"),
        ("Conv2DBackpropFilter", "first"),
    ]
