"""Does TensorFlow keep to an order that control dependencies ask for? Predicted beside measured.

    python -m benchmarks.accuracy.orders xception:4 unet:1

Prints a row of Markdown for each model and batch size: bytes of a prediction above variables and images.
The layers are called one by one in a ``tf.function``, each under the control dependencies of its steps.
That has no way to call a model in a model, or a layer twice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cnncalc
from cnncalc.interop.keras_build import keras_name, to_keras
from cnncalc.measuring.tracing import traced
from cnncalc.ordering import ControlDependency, Order, OrderName

Waits = Mapping[str, list[str]]
"""The layers that each layer waits for."""


def predicted(model: cnncalc.Model, batch_size: int, order: OrderName) -> int:
    """What the ideal rule says of an order, above variables and images."""
    estimate = cnncalc.estimate(model, inference_batch_size=batch_size, order=order)
    return estimate.memory["ideal"].inference.step_bytes


def best_waits(estimate: cnncalc.Estimate) -> Waits:
    """The control dependencies of the best order, from layer to layer."""
    return _by_layer(estimate.model, estimate.orders.best.control_dependencies)


def worst_waits(estimate: cnncalc.Estimate) -> Waits:
    """Each step of the worst order waits for the one in front of it."""
    steps = estimate.orders.worst.steps
    return _by_layer(estimate.model, map(ControlDependency, steps[1:], steps))


def _by_layer(model: cnncalc.Model, waits: Iterable[ControlDependency]) -> Waits:
    owners = {node.name: node.owner for node in model.graph.nodes}
    found: dict[str, list[str]] = {}
    for step, after in ((owners[wait.step], owners[wait.after]) for wait in waits):
        if step != after:
            found.setdefault(step, []).append(after)
    return found


def layers_in(model: cnncalc.Model, order: Order) -> list[str]:
    """The layers in the order in which their first steps run."""
    return list(dict.fromkeys(model.graph.nodes[index].owner for index in order.order))


def measured(model: cnncalc.Model, batch_size: int, layers: list[str], waits: Waits) -> int:
    """The peak of one prediction in a fresh compilation, in requested bytes above variables and images."""
    import tensorflow as tf

    tf.keras.backend.clear_session()
    built = to_keras(model)
    run = tf.function(_chained(built, layers, waits), jit_compile=False)
    images = [tf.random.uniform((batch_size, *item.shape[1:])) for item in built.inputs]
    for _ in range(2):
        run(*images)
    return traced(lambda: [run(*images), None][1]).peak_bytes


def _chained(built: Any, layers: list[str], waits: Waits) -> Callable[..., list[Any]]:
    import tensorflow as tf

    operations = {operation.name: operation for operation in built.operations}

    def run(*images: Any) -> list[Any]:
        values = dict(zip(map(id, built.inputs), images, strict=True))
        done: dict[str, Any] = {}
        for name in layers:
            operation = operations[keras_name(name)]
            (node,) = operation._inbound_nodes
            positional, named = node.arguments.fill_in(values)
            with tf.control_dependencies([done[after] for after in waits.get(name, ())]):
                done[name] = operation(*positional, **named)
            values[id(node.outputs[0])] = done[name]
        return [values[id(output)] for output in built.outputs]

    return run


def row(name: str, batch_size: int) -> str:
    """A model under both orders: predicted and measured, and what it takes without control dependencies."""
    model = cnncalc.load(name)
    estimate = cnncalc.estimate(model, inference_batch_size=batch_size)
    written, best, worst = (
        layers_in(model, estimate.orders[order]) for order in ("as-written", "best", "worst")
    )
    figures = (
        measured(model, batch_size, written, {}),
        predicted(model, batch_size, "best"),
        measured(model, batch_size, best, best_waits(estimate)),
        predicted(model, batch_size, "worst"),
        measured(model, batch_size, worst, worst_waits(estimate)),
    )
    return f"| {name}, batch {batch_size} | {' | '.join(f'{figure:,}' for figure in figures)} |"


def main() -> None:
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    for word in sys.argv[1:]:
        name, _, batch_size = word.partition(":")
        print(row(name, int(batch_size or 1)), flush=True)


if __name__ == "__main__":
    main()
