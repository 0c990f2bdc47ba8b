"""Dropout, noise, and what passes its input on."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _same(call: Call) -> Value:
    return call.inputs[0]


def _dropout(call: Call) -> Value:
    return dropped(call, call.inputs[0], call.layer.rate, _noise_shape(call))


def dropped(call: Call, x: Value, rate: float, shape: tuple[int, ...] = ()) -> Value:
    """tf.nn.experimental.stateless_dropout: a random tensor becomes a mask of bools; x scaled, then
    selected."""
    tape = call.tape
    if not call.training or not rate:
        return x
    noise = tape.op("RandomUniform", (), shape or x.shape, x.item)
    mask = tape.op("GreaterEqual", (noise,), noise.shape, 1)
    return tape.op("SelectV2", (mask, tape.unary("Scale", x)), x.shape, x.item)


def _noise_shape(call: Call) -> tuple[int, ...]:
    """One random number per value, or per channel for spatial dropout."""
    shape = call.inputs[0].shape
    if call.layer.kind == "Dropout":
        given = call.layer.noise_shape or shape
        return tuple(size or shape[axis] for axis, size in enumerate(given, start=len(shape) - len(given)))
    last = call.layer.layout != "channels_first"
    ones = (1,) * (len(shape) - 2)
    return (shape[0], *ones, shape[-1]) if last else (shape[0], shape[1], *ones)


def _noise(call: Call, kind: str) -> Value:
    """A random tensor of the input's shape, added or multiplied; nothing when predicting."""
    (x,), tape = call.inputs, call.tape
    noise = tape.op("RandomNormal", (), x.shape, x.item)
    return tape.binary(kind, x, tape.unary("Scale", noise))


def _gaussian_noise(call: Call) -> Value:
    return _noise(call, "AddV2") if call.training and call.layer.stddev else call.inputs[0]


def _gaussian_dropout(call: Call) -> Value:
    return _noise(call, "Mul") if call.training and call.layer.rate else call.inputs[0]


def _alpha_dropout(call: Call) -> Value:
    """keras/src/layers/regularization/alpha_dropout.py."""
    (x,), tape = call.inputs, call.tape
    if not call.training or not call.layer.rate:
        return x
    noise = tape.op("RandomUniform", (), x.shape, x.item)
    kept = tape.cast(tape.op("GreaterEqual", (noise,), x.shape, 1), x.item)
    gone = tape.unary("Scale", tape.unary("Shift", kept))
    mixed = tape.binary("AddV2", tape.binary("Mul", x, kept), gone)
    return tape.unary("Shift", tape.unary("Scale", mixed))


def _stochastic_depth(call: Call) -> Value:
    """keras/src/applications/convnext.py: one random number per image."""
    (x,), tape = call.inputs, call.tape
    if not call.training:
        return x
    noise = tape.op("RandomUniform", (), (x.shape[0], *[1] * (len(x.shape) - 1)), x.item)
    kept = tape.unary("Floor", tape.unary("Shift", noise))
    return tape.binary("Mul", tape.unary("Scale", x), kept)


RULES: dict[str, Rule] = {
    "Identity": _same,
    "ActivityRegularization": _same,
    "Dropout": _dropout,
    **{f"SpatialDropout{rank}D": _dropout for rank in (1, 2, 3)},
    "GaussianNoise": _gaussian_noise,
    "GaussianDropout": _gaussian_dropout,
    "AlphaDropout": _alpha_dropout,
    "StochasticDepth": _stochastic_depth,
}
