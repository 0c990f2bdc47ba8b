"""Operations become ready in the order of the graph that Grappler leaves: as TensorFlow 2.21 showed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cnncalc import Model, estimate
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.memory.replay import replay
from cnncalc.runtimes.tensorflow import ordering, planning
from cnncalc.runtimes.tensorflow.ops import BACKWARD, Op
from cnncalc.runtimes.tensorflow.ordering import Links, linked

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

    def keeping(ops: Sequence[Op], as_created: bool) -> Links:
        found = linked(ops, as_created)
        kept.extend(ops[number] for number in found.order)
        return found

    monkeypatch.setattr(planning, "linked", keeping)
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


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lamb"])
@pytest.mark.parametrize("name", ["resnet8", "ds_cnn", "mobilenet_v3_small"])
def test_what_memory_does_not_see_moves_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, optimizer: str
) -> None:
    asked = estimate(name, batch_size=8, optimizer=optimizer)
    plan = planning.training(asked.model.graph, asked.settings, 2**40).plan

    def everything(_: object, others: Sequence[object]) -> list[bool]:
        return [True for _ in others]

    monkeypatch.setattr(ordering, "touching", everything)
    monkeypatch.setattr(ordering, "seen", everything)
    assert planning.training(asked.model.graph, asked.settings, 2**40).plan == plan


def test_small_updates_are_not_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []

    def counting(ops: Sequence[Op], as_created: bool) -> Links:
        found = linked(ops, as_created)
        sizes.append((len(found.order), len(ops)))
        return found

    monkeypatch.setattr(planning, "linked", counting)
    asked = estimate("resnet8", batch_size=8, optimizer="adam")
    planning.training(asked.model.graph, asked.settings, 2**40)
    ((kept, made),) = sizes
    assert kept < 0.6 * made
