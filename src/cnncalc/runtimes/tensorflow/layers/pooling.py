"""Pooling. Source: keras/src/backend/tensorflow/nn.py (max_pool, average_pool), keras/src/layers/pooling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

from cnncalc.runtimes.tensorflow.layers.arranging import transposed
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.tensors import Shape


def _pooled(call: Call, pool: Callable[[Call, Value, Shape], Value]) -> Value:
    """With the channels first the pooling stands between two transpositions."""
    (x,), tape, rank = call.inputs, call.tape, len(call.shape)
    if call.layer.data_format == "channels_last":
        return pool(call, x, call.shape)
    last = tuple(call.shape[axis] for axis in (0, *range(2, rank), 1))
    y = pool(call, transposed(tape, x, (0, *range(2, rank), 1)), last)
    return transposed(tape, y, (0, rank - 1, *range(1, rank - 1)))


def _max(call: Call, x: Value, shape: Shape) -> Value:
    """The oneDNN kernel makes a workspace of one byte per output value, also when predicting."""
    y = _of(call, "MaxPool", x, shape)
    call.tape.more(y, (prod(shape),), 1)
    return y


def _of(call: Call, kind: str, x: Value, shape: Shape) -> Value:
    y = call.tape.op(kind, (x,), shape)
    call.tape.ops[-1].attributes = (*call.layer.pool_size, *call.layer.steps)
    return y


def _average(call: Call, x: Value, shape: Shape) -> Value:
    return _of(call, "AvgPool", x, shape)


def _global(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        (x,) = call.inputs
        axes = (
            range(1, len(x.shape) - 1)
            if call.layer.data_format == "channels_last"
            else range(2, len(x.shape))
        )
        if kind == "Mean":  # in float32 at least (keras/src/backend/tensorflow/numpy.py, mean)
            x = call.tape.cast(x, max(x.item, 4))
        found = call.tape.cast(call.tape.reduce(kind, x, axes), call.item)
        return call.tape.view(found, call.shape)

    return rule


RULES: dict[str, Rule] = {
    **{f"MaxPooling{rank}D": partial(_pooled, pool=_max) for rank in (1, 2, 3)},
    **{f"AveragePooling{rank}D": partial(_pooled, pool=_average) for rank in (1, 2, 3)},
    **{f"GlobalMaxPooling{rank}D": _global("Max") for rank in (1, 2, 3)},
    **{f"GlobalAveragePooling{rank}D": _global("Mean") for rank in (1, 2, 3)},
}
