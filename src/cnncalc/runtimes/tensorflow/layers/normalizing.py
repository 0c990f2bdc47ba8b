"""Normalisation: batch, layer, group, and by length."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _batch(call: Call) -> Value:
    """keras/src/layers/normalization/batch_normalization.py: moments, moving averages, tf.nn.batch_normalization.

    Not the fused kernel: the mean, the squared difference and the product are tensors of their own. In
    float32 also where the layer computes in 16 bits.
    """
    tape = call.tape
    x = tape.cast(call.inputs[0], 4 if call.item < 4 else call.item)
    axis = call.layer.axis % len(x.shape)
    around = tuple(size if index == axis else 1 for index, size in enumerate(x.shape))
    moving = [call.weight(name, x.item) for name in ("moving_mean", "moving_variance")]
    if call.training and not call.frozen:
        axes = [index for index in range(len(x.shape)) if index != axis]
        mean = tape.reduce("Mean", x, axes, keep=True)
        variance = tape.reduce("Mean", tape.binary("SquaredDifference", mean, x), axes, keep=True)
        for name, old, new in zip(("moving_mean", "moving_variance"), moving, (mean, variance), strict=True):
            part = tape.view(new, (x.shape[axis],))
            average = tape.binary("AddV2", tape.unary("Scale", old), tape.unary("Scale", part))
            tape.write("Assign", call.variables[name], average)
    else:
        mean, variance = (tape.view(value, around) for value in moving)
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


RULES: dict[str, Rule] = {"BatchNormalization": _batch}
