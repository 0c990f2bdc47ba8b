"""The ideal rule, against sums written out by hand and on random networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.graph import Graph
from cnncalc.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Multiply,
    ReLU,
    Softmax,
)
from cnncalc.memory import ideal
from cnncalc.memory.backward import Backward
from cnncalc.memory.forward import Forward, nothing_kept
from cnncalc.memory.learning import Learning
from cnncalc.memory.orders import best_order
from cnncalc.memory.plan import Draft, Plan
from cnncalc.memory.replay import PlanError, replay
from cnncalc.memory.sizes import Sizes
from cnncalc.tensors import policy
from tests.branching import networks
from tests.graphs import models

FLOAT = policy("float32")
IMAGE = 4 * 8 * 8 * 2
"""Bytes of an image of 8 x 8 x 2, and of every output of ``conv``."""
KERNEL = 4 * 2 * 2
"""Bytes of the parameters of every ``conv``, and of their gradient."""
EXERCISE = Path(__file__).parents[1] / "examples" / "geron_exercise.yaml"


def conv(name: str, **more: Any) -> Conv2D:
    return Conv2D(filters=2, kernel_size=1, use_bias=False, name=name, **more)


def graph(*layers: Any, **more: Any) -> Graph:
    return cnncalc.Model(input=(8, 8, 2), layers=layers, **more).graph


def peak(plan: Plan) -> int:
    return replay(plan).peak.bytes


def predicted(*layers: Any, batch: int = 1, **more: Any) -> int:
    return peak(ideal.prediction(graph(*layers, **more), batch, FLOAT))


def trained(*layers: Any, batch: int = 1, **more: Any) -> int:
    return peak(ideal.training(graph(*layers, **more), batch, FLOAT))


def at_the_loss(*layers: Any) -> int:
    timeline = replay(ideal.training(graph(*layers), 1, FLOAT))
    (index,) = [number for number, step in enumerate(timeline.plan.steps) if step.name == "loss"]
    return timeline.step_bytes[index]


def test_the_exercise_predicts_one_image() -> None:
    found = replay(ideal.prediction(cnncalc.load(EXERCISE).graph, 1, FLOAT)).peak
    assert found.step == "conv2d_1"
    # 903,400 parameters, and the first two outputs: 4 (100*150*100 + 50*75*200)
    assert found.bytes == 3_613_600 + 6_000_000 + 3_000_000 == 12_613_600


def test_the_exercise_trains_on_a_batch_of_50() -> None:
    found = replay(ideal.training(cnncalc.load(EXERCISE).graph, 50, FLOAT)).peak
    assert found.step == "conv2d_2: gradients of weights"
    terms: dict[str, int] = {}
    for buffer in found.buffers:
        terms[buffer.role] = terms.get(buffer.role, 0) + buffer.bytes
    assert terms == {
        "parameters": 3_613_600,
        "inputs": 36_000_000,  # 50*200*300*3*4, for the first kernel's gradient
        "kept": 450_000_000,  # 50 (6,000,000 + 3,000,000): inputs of the second and the third layer
        "outputs": 76_000_000,  # 50*1,520,000: the output, in whose place its gradient stands
        "weight_gradients": 2_881_600,  # 4 (3*3*200 + 1) 400
    }
    assert found.bytes == 568_495_200  # 3,613,600 + 36 + 450 + 76 million + 2,881,600


def test_a_chain() -> None:
    chain = [conv("a"), conv("b"), conv("c")]
    assert predicted(*chain, batch=3) == 3 * 2 * IMAGE + 3 * KERNEL
    # the image, a and b are kept; c gives way to its gradient, beside that of its kernel
    assert trained(*chain, batch=3) == 3 * 4 * IMAGE + 4 * KERNEL


def test_a_skip_is_added_in_place() -> None:
    layers = [conv("a"), conv("b"), conv("c"), Add(inputs=("a", "c"))]
    assert predicted(*layers) == 3 * IMAGE + 3 * KERNEL  # a, b, c while c runs
    # The image, a, b; c, then the sum, then its gradient, which is a's too, to which b's part is added
    assert trained(*layers) == 4 * IMAGE + 4 * KERNEL


def test_a_sum_is_not_written_over_what_is_kept() -> None:
    layers = [conv("a"), conv("b"), Multiply(inputs=("a", "b"))]
    assert predicted(*layers) == 2 * IMAGE + 2 * KERNEL
    # The image, a, b and the product; its gradient in its place and that of the one factor beside
    assert trained(*layers) == 5 * IMAGE + 2 * KERNEL


def test_an_activation_keeps_its_output_or_its_input() -> None:
    relu, gelu = ReLU(), Activation(activation="gelu")
    assert predicted(conv("a"), gelu, conv("b")) == predicted(conv("a"), relu, conv("b"))
    assert at_the_loss(conv("a"), relu, conv("b")) == 3 * IMAGE + 2 * KERNEL  # image, relu, b
    assert at_the_loss(conv("a"), gelu, conv("b")) == 4 * IMAGE + 2 * KERNEL  # image, a, gelu, b
    # Image, relu, the gradients of b and of relu; image, a, gelu, b, then gelu's gradient for gelu
    assert trained(conv("a"), relu, conv("b")) == 4 * IMAGE + 3 * KERNEL
    assert trained(conv("a"), gelu, conv("b")) == 4 * IMAGE + 3 * KERNEL


def test_a_normalisation_keeps_its_input_and_statistics() -> None:
    layers = [conv("a"), BatchNormalization(), conv("b")]
    weights = 2 * KERNEL + 4 * 4 * 2
    assert predicted(*layers) == 2 * IMAGE + weights  # in place
    statistics = 4 * 2 * 2
    assert trained(*layers, batch=3) == 3 * 4 * IMAGE + weights + statistics + KERNEL


def test_a_frozen_normalisation_uses_the_moving_averages() -> None:
    layers = [conv("a"), BatchNormalization(trainable=False), conv("b")]
    weights = 2 * KERNEL + 4 * 4 * 2
    assert trained(*layers) == 3 * IMAGE + weights + KERNEL  # image, normalised, b


def test_dropout_keeps_a_mask_of_one_byte() -> None:
    layers = [conv("a"), Dropout(rate=0.5), conv("b")]
    assert predicted(*layers) == 2 * IMAGE + 2 * KERNEL
    assert trained(*layers) == 3 * IMAGE + 8 * 8 * 2 + 3 * KERNEL


def test_an_output_that_is_kept_stays_beside_its_gradient() -> None:
    assert trained(conv("a"), Softmax()) == 3 * IMAGE + KERNEL  # the image, the output, its gradient


def test_below_the_first_trained_layer_nothing_is_kept() -> None:
    frozen = conv("a", trainable=False)
    assert trained(frozen, conv("b")) == 2 * IMAGE + 3 * KERNEL  # a, and b or its gradient
    assert trained(frozen, Dropout(rate=0.5), conv("b")) == 2 * IMAGE + 3 * KERNEL


def test_a_frozen_layer_hands_gradients_on_and_keeps_nothing() -> None:
    layers = [conv("a"), conv("b", trainable=False), conv("c")]
    assert trained(*layers) == 3 * IMAGE + 4 * KERNEL  # image, b, c; one gradient of a kernel


def test_with_everything_frozen_training_is_prediction() -> None:
    layers = [conv("a", trainable=False), ReLU(), conv("b", trainable=False)]
    assert trained(*layers) == predicted(*layers)


def test_a_layer_called_twice_has_one_gradient() -> None:
    found = graph(conv("a"), cnncalc.Call(layer="a", name="again"))
    plan = ideal.training(found, 1, FLOAT)
    assert [b.name for b in plan.buffers if b.role == "weight_gradients"] == ["again"]
    assert [step.name for step in plan.steps if "update" in step.name] == ["a: update"]
    assert peak(plan) == 3 * IMAGE + 2 * KERNEL


def test_the_gradient_of_what_is_joined_is_taken_to_pieces_in_place() -> None:
    layers = [
        conv("a"),
        conv("b", inputs="input"),
        Concatenate(inputs=("a", "b"), name="ab"),
        conv("c", inputs="ab"),
        Concatenate(inputs=("ab", "c"), name="abc"),
    ]
    weights = 2 * KERNEL + 4 * 4 * 2
    # Forward: image, ab (2), c, abc (3). Backward: image, ab, the gradient of abc, whose piece is ab's,
    # and once ab is free nothing more: c's part is added to that piece.
    assert trained(*layers) == 7 * IMAGE + weights
    plan = ideal.training(graph(*layers), 1, FLOAT)
    assert [buffer for buffer in plan.buffers if buffer.role == "gradients"] == []


def test_gradients_of_a_value_that_two_read_are_added_in_place() -> None:
    layers = [conv("a"), conv("b", inputs="a"), conv("c", inputs="a")]
    # Image, a, b, c; then image, a, the gradients of b and of a. Never b's and c's parts of it apart.
    assert trained(*layers, outputs=["b", "c"]) == 4 * IMAGE + 4 * KERNEL + IMAGE


def test_a_gradient_that_two_values_share_is_not_added_to() -> None:
    layers = [
        conv("x"),
        conv("w", inputs="input"),
        conv("y", inputs="x"),
        Add(inputs=("x", "w"), name="z"),
    ]
    plan = ideal.training(graph(*layers, outputs=["y", "z"]), 1, FLOAT)
    # z's gradient is x's and w's; y's part of x's comes before w has read it, so that x gets its own
    assert [buffer.name for buffer in plan.buffers if buffer.role == "gradients"] == ["x"]
    # The image, x, y, and w, then the sum, then its gradient in one place; x's gradient where x was
    assert peak(plan) == 4 * IMAGE + 4 * KERNEL


def test_large_gradients_of_weights_wait_for_the_end() -> None:
    layers = [conv("a"), Flatten(), Dense(units=100, use_bias=False)]
    kernel, output = 4 * 128 * 100, 4 * 100
    # Its input a and the gradient of its output wait; the image, which the first kernel needs, is gone.
    assert trained(*layers) == KERNEL + kernel + kernel + IMAGE + output


def test_gradients_of_weights_have_the_weights_type() -> None:
    found = graph(conv("a", dtype="mixed_float16"))
    (gradient,) = [b for b in ideal.training(found, 1, FLOAT).buffers if b.role == "weight_gradients"]
    assert gradient.bytes == KERNEL


def test_slots_are_there_throughout() -> None:
    found = graph(conv("a"), conv("b"))
    assert peak(ideal.training(found, 1, FLOAT, 1000)) == peak(ideal.training(found, 1, FLOAT)) + 1000


def test_the_images_are_not_overwritten() -> None:
    assert predicted(ReLU(), conv("a")) == 2 * IMAGE + KERNEL


def test_an_order_must_be_one() -> None:
    found = graph(conv("a"), conv("b"))
    with pytest.raises(CnncalcError, match="each of the 2 steps once"):
        ideal.prediction(found, 1, FLOAT, [0])
    with pytest.raises(PlanError, match='"b" runs before a step that it reads'):
        ideal.prediction(found, 1, FLOAT, [1, 0])


def test_resnet50_is_not_above_what_tensorflow_takes() -> None:
    """Measured above variables and images, batch of 8: 57,802,752 and 685,514,112 bytes (SGD)."""
    found = cnncalc.load("resnet50").graph
    parameters, images = 4 * 25_636_712, 4 * 8 * 224 * 224 * 3
    assert peak(ideal.prediction(found, 8, FLOAT)) - parameters == 57_802_752
    assert 600e6 < peak(ideal.training(found, 8, FLOAT)) - parameters - images < 685_514_112


def least_step(found: Graph, plan: Plan) -> int:
    """No run needs less than one of its steps: parameters, the largest input, and a new output."""
    parameters = sum(buffer.bytes for buffer in plan.buffers if buffer.role == "parameters")
    bytes_of = Sizes(found, 2, FLOAT).values
    steps = [0]
    for index, node in enumerate(found.nodes):
        new = node.facts.alias is None and node.facts.sharing is None
        steps.append(max(bytes_of[v] for v in node.inputs) + new * bytes_of[found.value_of(index)])
    return parameters + max(steps)


@given(models())
@settings(max_examples=150, deadline=None)
def test_on_random_networks(model: cnncalc.Model) -> None:
    found = model.graph
    plan, training = ideal.prediction(found, 2, FLOAT), ideal.training(found, 2, FLOAT)
    assert least_step(found, plan) <= peak(plan) <= peak(training)
    assert everything_else_is_gone(training)
    best = best_order(found, 2, FLOAT)
    assert best.lower_bound_bytes <= best.peak_bytes <= peak(plan)
    assert peak(ideal.prediction(found, 2, FLOAT, best.order)) == best.peak_bytes
    assert not best.exact or best.lower_bound_bytes == best.peak_bytes
    assert peak(ideal.training(found, 2, FLOAT, 0, best.order)) >= best.peak_bytes


def everything_else_is_gone(plan: Plan) -> bool:
    """After a training step only what is there throughout is left."""
    alive: set[int] = set()
    for step in plan.steps:
        alive = (alive | {*step.allocates}) - {*step.releases}
    return all(plan.buffers[number].role == "parameters" for number in alive)


@given(models())
@settings(max_examples=150, deadline=None)
def test_what_is_read_again_is_not_written_over(model: cnncalc.Model) -> None:
    """Each buffer is marked with what was written last; a view is what it is a view of."""
    found = model.graph
    sizes, order = Sizes(found, 2, FLOAT), range(len(found.nodes))
    learning = Learning(sizes, order)
    for keeps in (nothing_kept, learning.kept):
        forward = Forward(sizes, Draft(), keeps)
        written: dict[int, int] = {}
        content = {value: value for value in range(len(found.inputs))}
        for index in order:
            forward.run(index)
            node, value = found.nodes[index], found.value_of(index)
            for read in node.inputs:
                written.setdefault(forward.buffer[read], content[read])
                assert written[forward.buffer[read]] == content[read]
            one = node.inputs[0]
            view = node.facts.alias == "view" and forward.buffer[one] == forward.buffer[value]
            content[value] = content[one] if view else value
            written[forward.buffer[value]] = content[value]
        for index in order:
            node, kept = found.nodes[index], keeps(index)
            again = [node.inputs[number] for number in kept.inputs]
            for value in [*again, *[found.value_of(index)] * kept.output]:
                assert written[forward.buffer[value]] == content[value]
                assert forward.uses[forward.buffer[value]] > 0


class Watched(Backward):
    """Counts anew who else holds a gradient that is written to."""

    def _added(self, target: int, region: Any, way: Any, last: bool, new: list[int], name: str) -> Any:
        before = self.gradient.get(target)
        found = super()._added(target, region, way, last, new, name)
        handed_on = found is region and way == "same" and before is None
        if found in (before, region) and not handed_on:
            others = [value for value, held in self.gradient.items() if held is found and value != target]
            assert not others
            assert all(one.region is not found for one in self.waiting)
            assert found is not region or last
        return found


def watch(found: Graph, put_off: bool) -> None:
    sizes, order = Sizes(found, 2, FLOAT), range(len(found.nodes))
    learning = Learning(sizes, order)
    forward = Forward(sizes, Draft(), learning.kept)
    for index in order:
        forward.run(index)
    backward = Watched(forward, learning, put_off)
    plan = backward.plan(order)
    assert not backward.gradient
    assert not any(backward.uses.values())
    updates = [step.name for step in plan.steps if step.name.endswith(": update")]
    assert len(updates) == len(learning.contributions)


@given(models() | networks(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_gradient_is_written_to_where_it_is_one_values(model: cnncalc.Model, put_off: bool) -> None:
    watch(model.graph, put_off)


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "inception_v3", "efficientnet_b0"])
def test_a_gradient_is_written_to_where_it_is_one_values_in_the_zoo(name: str) -> None:
    watch(cnncalc.load(name).graph, put_off=True)


@given(models())
@settings(max_examples=50, deadline=None)
def test_sizes_grow_by_the_sample(model: cnncalc.Model) -> None:
    one, two, three = (ideal.training(model.graph, batch, FLOAT).buffers for batch in (1, 2, 3))
    for role in ("parameters", "inputs", "outputs", "kept", "weight_gradients"):
        sums = [sum(b.bytes for b in buffers if b.role == role) for buffers in (one, two, three)]
        assert sums[2] - sums[1] == sums[1] - sums[0]
