"""The zoo against ``keras.applications``, layer by layer.

Layers are compared by what they are and by what they read, down to the image: two networks agree
where they are the same graph, whatever its layers are called.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from math import prod
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
import tensorflow as tf

from cnncalc import zoo
from cnncalc.graph import Graph, Row
from cnncalc.interop.model_file import model_from_text

APPLICATIONS = {
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "resnet152": "ResNet152",
    "resnet50_v2": "ResNet50V2",
    "resnet101_v2": "ResNet101V2",
    "resnet152_v2": "ResNet152V2",
    "densenet121": "DenseNet121",
    "densenet169": "DenseNet169",
    "densenet201": "DenseNet201",
    "inception_v3": "InceptionV3",
    "xception": "Xception",
    "mobilenet_v1": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_small": "MobileNetV3Small",
    "mobilenet_v3_large": "MobileNetV3Large",
    "convnext_tiny": "ConvNeXtTiny",
    **{f"efficientnet_b{number}": f"EfficientNetB{number}" for number in range(8)},
}
SAME_NAMES = (
    "vgg16",
    "vgg19",
    "resnet50",
    "resnet101",
    "resnet152",
    "densenet121",
    "densenet169",
    "densenet201",
    "mobilenet_v2",
)

OPERATIONS = {"plus_3": "Add", "sixth": "Multiply"}
"""Steps that are layers in the zoo, and operations on tensors in Keras's MobileNetV3."""
MODELS = {"Sequential": "Model", "Functional": "Model"}
COMMUTE = ("Add", "Multiply")
SETTINGS = (
    "kernel_size",
    "strides",
    "dilation_rate",
    "groups",
    "pool_size",
    "activation",
    "max_value",
    "keepdims",
)
"""Those that say what a layer does beside its shapes, and that every layer which has them writes alike."""

Signature = tuple[Any, ...]


def signature(
    kind: str,
    output: tuple[int, ...],
    weights: Iterable[tuple[int, ...]],
    settings: dict[str, Any],
    reads: list[int],
) -> Signature:
    kept = tuple(
        (name, plain(settings[name])) for name in SETTINGS if name in settings and kind not in MODELS.values()
    )
    return kind, output, tuple(sorted(weights)), kept, tuple(sorted(reads) if kind in COMMUTE else reads)


def plain(value: Any) -> Any:
    """A setting as both write it."""
    if isinstance(value, dict):
        return value["config"]
    return tuple(value) if isinstance(value, list) else "linear" if value is None else value


def ours(graph: Graph) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    known = {value: hash(graph.shape(value)) for value in range(len(graph.inputs))}
    for row in graph.rows:
        reads = [known[value] for value in graph.nodes[row.nodes[0]].inputs]
        weights = [weight.shape for node in row.nodes for weight in graph.nodes[node].weights]
        shape = graph.shape(row.outputs[0])
        settings = row.layer.settings()
        if "pool_size" in settings:
            settings["strides"] = settings["strides"] or settings["pool_size"]  # as Keras writes it
        found[row.name] = signature(kind_of(row), shape, weights, settings, reads)
        known[row.outputs[0]] = hash(found[row.name])
    return found


def kind_of(row: Row) -> str:
    step = next((step for step in OPERATIONS if row.name.endswith(f"_{step}")), "")
    return "Model" if row.is_model else OPERATIONS.get(step, row.kind)


def theirs(model: Any) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    known: dict[str, int] = {}
    for step in model.operations:
        shape = tuple(step.output.shape[1:])
        if isinstance(step, tf.keras.layers.InputLayer):
            known[step.name] = hash(shape)
            continue
        kind = MODELS.get(type(step).__name__, type(step).__name__)
        config = step.get_config() if isinstance(step, tf.keras.layers.Layer) else {}
        tensors = step._inbound_nodes[-1].input_tensors
        reads = [known[tensor._keras_history.operation.name] for tensor in tensors]
        weights = [tuple(weight.shape) for weight in getattr(step, "weights", ())]
        found[step.name] = signature(kind, shape, weights, config, reads)
        known[step.name] = hash(found[step.name])
    return found


@pytest.mark.parametrize("name", APPLICATIONS)
def test_network_is_the_one_of_keras(name: str) -> None:
    model = model_from_text(zoo.text_of(name) or "", name, name)
    tf.keras.backend.clear_session()
    built = getattr(tf.keras.applications, APPLICATIONS[name])(
        weights=None, input_shape=model.inputs[0].shape
    )
    here, there = ours(model.graph), theirs(built)
    assert [layer for layer, known in there.items() if known not in here.values()][:3] == []
    assert Counter(here.values()) == Counter(there.values())
    if name in SAME_NAMES:
        assert here == there
    trainable = sum(weight.size for node in model.graph.nodes for weight in node.weights if weight.trainable)
    assert trainable == sum(prod(weight.shape) for weight in built.trainable_weights)
