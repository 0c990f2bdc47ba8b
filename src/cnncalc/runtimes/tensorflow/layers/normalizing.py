"""Normalisation: batch, layer, group, and by length."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import TRACED, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _batch(call: Call) -> Value:
    """keras/src/layers/normalization/batch_normalization.py: moments, moving averages,
    tf.nn.batch_normalization.

    Not the fused kernel: the mean, the squared difference and the product are tensors of their own. In
    float32 also where the layer computes in 16 bits.
    """
    tape = call.tape
    x = tape.cast(call.inputs[0], max(call.item, 4))
    axis = call.layer.axis % len(x.shape)
    around = tuple(size if index == axis else 1 for index, size in enumerate(x.shape))
    if call.training and not call.frozen:
        moving = [
            (name, call.weight(name, x.item)) for name in MOVING if call.variables[name].bytes >= TRACED
        ]
        mean, variance = _moments(call, x, [index for index in range(len(x.shape)) if index != axis])
        for name, old in moving:
            _average(call, name, old, mean if name == "moving_mean" else variance)
    else:
        mean, variance = (tape.view(call.weight(name, x.item), around) for name in MOVING)
    inverse = tape.unary("Rsqrt", tape.unary("Shift", variance))
    if call.has("gamma"):
        inverse = tape.binary("Mul", inverse, tape.view(call.weight("gamma", x.item), around))
    y = tape.binary("Mul", x, inverse)
    offset = tape.binary("Mul", mean, inverse)
    if call.has("beta"):
        offset = tape.binary("Sub", tape.view(call.weight("beta", x.item), around), offset)
    else:
        offset = tape.unary("Neg", offset)
    return tape.cast(tape.binary("AddV2", y, offset), call.item)


MOVING = ("moving_mean", "moving_variance")
"""The averages over the steps. Small ones stay as they are: nothing that is counted waits for them."""


def _average(call: Call, name: str, old: Value, new: Value) -> None:
    tape = call.tape
    part = tape.view(new, old.shape)
    average = tape.binary("AddV2", tape.unary("Scale", old), tape.unary("Scale", part))
    tape.write("Assign", call.variables[name], average)


def _moments(call: Call, x: Value, axes: list[int]) -> tuple[Value, Value]:
    """Mean and variance (keras/src/backend/tensorflow/nn.py, moments)."""
    mean = call.tape.reduce("Mean", x, axes, keep=True)
    return mean, call.tape.reduce("Mean", call.tape.binary("SquaredDifference", mean, x), axes, keep=True)


def _scaled_and_shifted(call: Call, x: Value, moments: tuple[Value, Value], around: tuple[int, ...]) -> Value:
    """x inv + (beta - mean inv), as layer and group normalisation compute it."""
    tape = call.tape
    mean, variance = moments
    inverse = tape.unary("Rsqrt", tape.unary("Shift", variance))
    if call.has("gamma"):
        inverse = tape.binary("Mul", inverse, tape.view(call.weight("gamma", x.item), around))
    offset = tape.binary("Mul", tape.unary("Neg", mean), inverse)
    if call.has("beta"):
        offset = tape.binary("AddV2", offset, tape.view(call.weight("beta", x.item), around))
    return tape.binary("AddV2", tape.binary("Mul", x, inverse), offset)


def _around(shape: tuple[int, ...], axes: list[int]) -> tuple[int, ...]:
    """The shape of a weight over these axes beside a tensor of ``shape``."""
    return tuple(size if index in axes else 1 for index, size in enumerate(shape))


def _axes(call: Call, x: Value) -> list[int]:
    given = call.layer.axis
    return sorted(axis % len(x.shape) for axis in ((given,) if isinstance(given, int) else given))


def _layer(call: Call) -> Value:
    """keras/src/ops/nn.py, _layer_normalization."""
    x = call.tape.cast(call.inputs[0], max(call.item, 4))
    axes = _axes(call, x)
    y = _scaled_and_shifted(call, x, _moments(call, x, axes), _around(x.shape, axes))
    return call.tape.cast(y, call.item)


def _group(call: Call) -> Value:
    """keras/src/layers/normalization/group_normalization.py: over the groups of one channel axis,
    reshaped."""
    tape, layer = call.tape, call.layer
    x = tape.cast(call.inputs[0], max(call.item, 4))
    axis = layer.axis % len(x.shape)
    groups = x.shape[axis] if layer.groups == -1 else layer.groups
    grouped = (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
    z = tape.view(x, grouped)
    axes = [index for index in range(1, len(grouped)) if index != axis]
    y = _scaled_and_shifted(call, z, _moments(call, z, axes), _around(grouped, [axis, axis + 1]))
    return tape.cast(tape.view(y, x.shape), call.item)


def _rms(call: Call) -> Value:
    """keras/src/ops/nn.py, _rms_normalization."""
    tape = call.tape
    x = tape.cast(call.inputs[0], max(call.item, 4))
    mean = tape.reduce("Mean", tape.unary("Square", x), _axes(call, x), keep=True)
    y = tape.binary("Mul", x, tape.unary("Rsqrt", tape.unary("Shift", mean)))
    if call.has("scale"):
        y = tape.binary("Mul", y, call.weight("scale", x.item))
    return tape.cast(y, call.item)


def _unit(call: Call) -> Value:
    return unit_length(call.tape, call.inputs[0], _axes(call, call.inputs[0]))


def unit_length(tape: Tape, x: Value, axes: list[int]) -> Value:
    """keras/src/ops/nn.py, _normalize."""
    total = tape.reduce("Sum", tape.unary("Square", x), axes, keep=True)
    return tape.binary("Mul", x, tape.unary("MinimumConstant", tape.unary("Rsqrt", total)))


def _normalization(call: Call) -> Value:
    """keras/src/layers/preprocessing/normalization.py, with mean and variance as weights or constants."""
    (x,), tape = call.inputs, call.tape
    if call.layer.invert:
        return tape.unary("Shift", tape.unary("Scale", x))
    return tape.unary("Scale", tape.unary("Shift", x))


def _response(call: Call) -> Value:
    return call.tape.op("LRN", call.inputs, call.shape)


RULES: dict[str, Rule] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer,
    "GroupNormalization": _group,
    "RMSNormalization": _rms,
    "UnitNormalization": _unit,
    "Normalization": _normalization,
    "LocalResponseNormalization": _response,
}
