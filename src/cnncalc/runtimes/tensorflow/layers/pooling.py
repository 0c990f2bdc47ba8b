"""Pooling. Source: keras/src/backend/tensorflow/nn.py (max_pool, average_pool), keras/src/layers/pooling."""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _max(call: Call) -> Value:
    """The oneDNN kernel makes a workspace of one byte per output value, also when predicting."""
    (x,) = call.inputs
    y = call.tape.op("MaxPool", (x,), call.shape)
    call.tape.more(y, (prod(y.shape),), 1)
    return y


def _average(call: Call) -> Value:
    return call.tape.op("AvgPool", call.inputs, call.shape)


def _global(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        (x,) = call.inputs
        axes = (
            range(1, len(x.shape) - 1)
            if call.layer.data_format == "channels_last"
            else range(2, len(x.shape))
        )
        return call.tape.view(call.tape.reduce(kind, x, axes), call.shape)

    return rule


RULES: dict[str, Rule] = {
    **{f"MaxPooling{rank}D": _max for rank in (1, 2, 3)},
    **{f"AveragePooling{rank}D": _average for rank in (1, 2, 3)},
    **{f"GlobalMaxPooling{rank}D": _global("Max") for rank in (1, 2, 3)},
    **{f"GlobalAveragePooling{rank}D": _global("Mean") for rank in (1, 2, 3)},
}
