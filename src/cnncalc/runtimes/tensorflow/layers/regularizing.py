"""Dropout, noise, and what passes its input on."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _same(call: Call) -> Value:
    return call.inputs[0]


def _dropout(call: Call) -> Value:
    """tf.nn.experimental.stateless_dropout: a random tensor becomes a mask of bools; x scaled, then selected."""
    (x,), tape = call.inputs, call.tape
    if not call.training or not call.layer.rate:
        return x
    shape = _noise_shape(call)
    noise = tape.op("RandomUniform", (), shape, x.item)
    mask = tape.op("GreaterEqual", (noise,), shape, 1)
    return tape.op("SelectV2", (mask, tape.unary("Scale", x)), x.shape, x.item)


def _noise_shape(call: Call) -> tuple[int, ...]:
    """One random number per value, or per channel for spatial dropout."""
    shape = call.inputs[0].shape
    if not call.node.layer.kind.startswith("Spatial"):
        return shape
    last = call.layer.data_format == "channels_last"
    ones = (1,) * (len(shape) - 2)
    return (shape[0], *ones, shape[-1]) if last else (shape[0], shape[1], *ones)


RULES: dict[str, Rule] = {
    "Identity": _same,
    "ActivityRegularization": _same,
    "Dropout": _dropout,
    **{f"SpatialDropout{rank}D": _dropout for rank in (1, 2, 3)},
}
