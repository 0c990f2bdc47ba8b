"""Adaptive pooling: two poolings of neighbouring window sizes, of both of which windows are gathered.

Source: keras/src/backend/tensorflow/nn.py (_adaptive_average_pool2d, ...), one spatial axis after the other.
"""

from __future__ import annotations

from functools import partial
from math import prod

from cnncalc.runtimes.tensorflow.layers.arranging import transposed
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _pool(call: Call, kind: str, x: Value, axis: int, window: int) -> Value:
    """tf.nn.pool along one axis, with stride 1."""
    shape = (*x.shape[:axis], x.shape[axis] - window + 1, *x.shape[axis + 1 :])
    y = call.tape.op(kind, (x,), shape)
    if kind == "MaxPool":
        call.tape.more(y, (prod(shape),), 1)
    return y


def _along(call: Call, kind: str, x: Value, axis: int, wanted: int) -> Value:
    window = -(-x.shape[axis] // wanted)
    small, large = (_pool(call, kind, x, axis, size) for size in (window, window + 1))
    length = small.shape[axis] + large.shape[axis]
    both = call.tape.op("Concat", (small, large), (*x.shape[:axis], length, *x.shape[axis + 1 :]))
    y = call.tape.op("Gather", (both,), (*x.shape[:axis], wanted, *x.shape[axis + 1 :]))
    if y.op:
        y.op.attributes = (axis,)
    return y


def _adaptive(kind: str, call: Call) -> Value:
    (x,), tape, first = call.inputs, call.tape, call.layer.data_format == "channels_first"
    rank = len(x.shape)
    if first:
        x = transposed(tape, x, (0, *range(2, rank), 1))
    for axis, wanted in enumerate(call.layer.output_size, start=1):
        if x.shape[axis] < -(-x.shape[axis] // wanted) + 1:
            raise NotImplementedError("a window larger than the input")
        x = _along(call, kind, x, axis, wanted)
    return transposed(tape, x, (0, rank - 1, *range(1, rank - 1))) if first else x


RULES: dict[str, Rule] = {
    **{f"AdaptiveAveragePooling{rank}D": partial(_adaptive, "AvgPool") for rank in (1, 2, 3)},
    **{f"AdaptiveMaxPooling{rank}D": partial(_adaptive, "MaxPool") for rank in (1, 2, 3)},
}
