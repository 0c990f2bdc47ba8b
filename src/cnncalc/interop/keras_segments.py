"""Segments of a model that ``to_keras`` makes one layer each, which runs them again in the backward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import chain, islice
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, nearest
from cnncalc.linking import Scope

Place = tuple[int | None, int]
"""A value: the layer that gives it, None for an input of the model, and which of its outputs it is."""


class Segment(NamedTuple):
    """Layers that become one: the value that they read, and the ``stages`` between which one value passes."""

    entry: Place
    stages: tuple[tuple[int, ...], ...]

    @property
    def last(self) -> int:
        """The layer that gives what is read behind the segment."""
        return self.stages[-1][-1]


def pieces(scope: Scope, segments: Iterable[Sequence[str]]) -> Iterator[int | Segment]:
    """The layers in run order by number, those of a segment together.

    Raises CnncalcError where a segment is not layers that run one behind the other, reads several values,
    or something behind it reads another value than its last layer's.
    """
    done = 0
    chosen = [_numbers(scope, names) for names in segments if names]
    for start, layers in sorted((scope.order.index(layers[0]), layers) for layers in chosen):
        if any(link.layer in layers for link in scope.outputs):
            raise _error(scope, layers, "it gives an output of the model.")
        if tuple(scope.order[start : start + len(layers)]) != layers or start < done:
            raise _error(scope, layers, "its layers do not run one behind the other.")
        yield from scope.order[done:start]
        yield Segment(_entry(scope, layers), tuple(_stages(scope, layers)))
        done = start + len(layers)
    yield from scope.order[done:]


def place(link: Any) -> Place:
    """Where a link leads to."""
    return link.layer, link.output or 0


def _numbers(scope: Scope, names: Sequence[str]) -> tuple[int, ...]:
    for name in names:
        if name not in scope.index:
            raise CnncalcError(f'a segment names "{name}", no layer.{nearest(name, scope.index)}')
    return tuple(scope.index[name] for name in names)


def _entry(scope: Scope, layers: tuple[int, ...]) -> Place:
    inside = set(layers)
    read = {place(link) for index in layers for link in scope.links[index] if link.layer not in inside}
    outside = [link for index in scope.order if index not in inside for link in scope.links[index]]
    given = {link.layer for link in (*outside, *scope.outputs) if link.layer in inside}
    if len(read) != 1:
        raise _error(scope, layers, f"it reads {len(read)} values from outside, not one.")
    if given != {layers[-1]}:
        raise _error(scope, layers, "another value than its last layer's is read behind it.")
    return read.pop()


def _stages(scope: Scope, layers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The segment, cut wherever the layers behind read nothing but the output of the layer in front."""
    start = 0
    for stop in range(1, len(layers) + 1):
        inside = set(layers[stop:])
        read = {place(link) for index in inside for link in scope.links[index] if link.layer not in inside}
        if read <= {(layers[stop - 1], 0)}:
            yield layers[start:stop]
            start = stop


def _error(scope: Scope, layers: tuple[int, ...], why: str) -> CnncalcError:
    return CnncalcError(f'the segment "{scope.names[layers[0]]}" to "{scope.names[layers[-1]]}": {why}')


@cache
def checkpointed() -> Any:
    """The Keras layer around the stages of a segment, each of them a model; needs TensorFlow.

    In training it keeps its input only, and runs the stages again when the gradient of its output is there:
    the control dependency sees to that (without it the executor may run them early, and nothing is saved).
    A second one lets the gradient of a stage's input wait for those of its weights: else these may all wait
    for the first stage, and what they read with them.

    Weights and states go through as tensors, so that both runs begin with the same ones: random layers
    draw the same numbers again, and moving averages are updated once, with what the first run gave.
    ``tf.recompute_grad`` would assign them in both runs.

    The class is registered as ``cnncalc>Checkpointed``: a model that holds it can be saved, and loaded
    once this function has been called.
    """
    import keras
    import tensorflow as tf

    @keras.saving.register_keras_serializable(package="cnncalc")
    class Checkpointed(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, stages: Sequence[Any], **common: Any) -> None:
            super().__init__(**{**common, "autocast": False})
            load = keras.saving.deserialize_keras_object
            self.stages = [load(stage) if isinstance(stage, dict) else stage for stage in stages]

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            if not training:
                return reduce(lambda x, stage: stage(x, training=False), self.stages, inputs)
            states = [_tensors(stage.non_trainable_variables) for stage in self.stages]
            weights = [_tensors(stage.trainable_variables) for stage in self.stages]
            output, *after = self.forward(states, [len(own) for own in weights])(inputs, *chain(*weights))
            variables = chain(*(stage.non_trainable_variables for stage in self.stages))
            for variable, value in zip(variables, after, strict=True):
                variable.assign(value)
            return output

        def forward(self, states: list[list[Any]], counts: list[int]) -> Any:
            """The function of input and weights that gives the output and the new states."""

            @tf.custom_gradient  # type: ignore[untyped-decorator]
            def run(x: Any, *weights: Any) -> Any:
                each = iter(weights)
                stages = [
                    (stage, list(islice(each, count)), own)
                    for stage, count, own in zip(self.stages, counts, states, strict=True)
                ]
                value, after = x, []
                for stage, trained, own in stages:
                    value, new = stage.stateless_call(trained, own, value, training=True)
                    after += new
                return (value, *after), lambda gradient, *_: _backward(x, stages, gradient)

            return run

        def compute_output_shape(self, input_shape: Any) -> Any:
            return reduce(lambda shape, stage: stage.compute_output_shape(shape), self.stages, input_shape)

        def get_config(self) -> dict[str, Any]:
            save = keras.saving.serialize_keras_object
            return {**super().get_config(), "stages": [save(stage) for stage in self.stages]}

    return Checkpointed


def _tensors(variables: Iterable[Any]) -> list[Any]:
    import tensorflow as tf

    return [tf.convert_to_tensor(variable.value) for variable in variables]


def _backward(x: Any, stages: Sequence[tuple[Any, list[Any], list[Any]]], gradient: Any) -> list[Any]:
    """Run the stages again, each on a tape; the gradients of the input and of all weights."""
    import tensorflow as tf

    with tf.control_dependencies([gradient]):
        value = tf.identity(x)
    tapes = []
    for stage, trained, states in stages:
        given = [value, *trained]
        with tf.GradientTape() as tape:
            tape.watch(given)
            value = stage.stateless_call(trained, states, value, training=True)[0]
        tapes.append((tape, value, given))
    found: list[Any] = []
    for tape, output, given in reversed(tapes):
        parts = tape.gradient(output, given, gradient, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        with tf.control_dependencies(parts[1:]):
            gradient = tf.identity(parts[0])
        found = [*parts[1:], *found]
    return [gradient, *found]
