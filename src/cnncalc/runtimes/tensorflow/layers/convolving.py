"""Convolutions and dense layers.

Sources: keras/src/backend/tensorflow/nn.py (conv, depthwise_conv, separable_conv, conv_transpose),
numpy.py (matmul,
and add, which becomes BiasAdd where the operand has one axis); fused with their bias by Grappler
(remapper.cc) into
one oneDNN kernel.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import PADS_NOTHING, Value


def _biases(call: Call) -> tuple[Value, ...]:
    return (call.weight("bias"),) if call.has("bias") else ()


def _kernel_name(call: Call) -> str:
    return next(name for name in call.variables if name.endswith("kernel"))


def _conv(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        (x,) = call.inputs
        layer, tape = call.layer, call.tape
        if layer.padding == "causal":
            reach = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
            x = tape.op("Pad", (x,), (x.shape[0], x.shape[1] + reach, x.shape[2]))
        kernel = call.weight(_kernel_name(call))
        if getattr(layer, "groups", 1) > 1:
            return _with_bias(call, _grouped(call, x, kernel))
        if set(layer.dilation_rate) != {1}:
            return _with_bias(call, _dilated(call, kind, x, kernel))
        y = tape.op(kind, (x, kernel, *_biases(call)), call.shape)
        tape.ops[-1].attributes = (PADS_NOTHING,) if layer.padding == "valid" else ()
        return y

    return rule


def _with_bias(call: Call, y: Value) -> Value:
    """The bias added by a kernel of its own, in place."""
    return call.tape.op("BiasAdd", (y, call.weight("bias")), y.shape) if call.has("bias") else y


def _grouped(call: Call, x: Value, kernel: Value) -> Value:
    """Keras compiles a grouped convolution with XLA, by itself (nn.py, conv: broken on the CPU without XLA).

    In training the compiled function gives its input out again for the backward function: a copy.
    """
    y = call.tape.op("GroupedConv", (x, kernel), call.shape)
    call.tape.unshaped.add(y)
    call.tape.unranked.add(y)
    if call.training and y.trained:
        call.tape.more(y, x.shape, x.item)
        each = kernel.shape[-1] if kernel.shape[-2] == 1 else kernel.shape[-2]
        if y.op:
            y.op.attributes = (each,)
    return y


def _dilated(call: Call, kind: str, x: Value, kernel: Value) -> Value:
    """SpaceToBatchND, a dense convolution on the slices, BatchToSpaceND (nn_ops.py, with_space_to_batch)."""
    layer, tape = call.layer, call.tape
    reach = [(size - 1) * rate for size, rate in zip(layer.kernel_size, layer.dilation_rate, strict=True)]
    padded = [
        size + (part if layer.padding == "same" else 0)
        for size, part in zip(x.shape[1:-1], reach, strict=True)
    ]
    rows = [-(-size // rate) for size, rate in zip(padded, layer.dilation_rate, strict=True)]
    slices = x.shape[0] * prod(layer.dilation_rate)
    z = tape.once("SpaceToBatch", (x,), (slices, *rows, x.shape[-1]))
    dense = [size - kernel_size + 1 for size, kernel_size in zip(rows, layer.kernel_size, strict=True)]
    y = tape.op(kind, (z, kernel), (slices, *dense, call.shape[-1]))
    return tape.op("BatchToSpace", (y,), call.shape)


def _depthwise(call: Call) -> Value:
    (x,) = call.inputs
    kernel = call.weight(_kernel_name(call))
    return call.tape.op("DepthwiseConv2D", (x, kernel, *_biases(call)), call.shape)


def _transposed(kind: str) -> Rule:
    """The input gradient of a convolution; its bias is added in place."""

    def rule(call: Call) -> Value:
        (x,) = call.inputs
        return _with_bias(call, call.tape.op(kind, (call.weight(_kernel_name(call)), x), call.shape))

    return rule


def _dense(call: Call) -> Value:
    """On more than two axes: the rows of all axes as one matrix, and back."""
    (x,) = call.inputs
    kernel = call.weight("kernel")
    if len(x.shape) == 2:
        return call.tape.op("MatMul", (x, kernel, *_biases(call)), call.shape)
    rows = call.tape.view(x, (prod(x.shape[:-1]), x.shape[-1]))
    product = call.tape.op("MatMul", (rows, kernel), (rows.shape[0], call.shape[-1]))
    return _with_bias(call, call.tape.view(product, call.shape))


def _channels_last(rule: Rule) -> Rule:
    """Refuse channels first: oneDNN reorders tensors then, in scratch whose size is its own."""

    def checked(call: Call) -> Value:
        if call.layer.data_format == "channels_first":
            raise NotImplementedError("a convolution with the channels first")
        return rule(call)

    return checked


_CONVOLUTIONS: dict[str, Rule] = {
    "Conv1D": _conv("Conv2D"),
    "Conv2D": _conv("Conv2D"),
    "Conv3D": _conv("Conv3D"),
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "Conv1DTranspose": _transposed("Conv2DBackpropInput"),
    "Conv2DTranspose": _transposed("Conv2DBackpropInput"),
    "Conv3DTranspose": _transposed("Conv2DBackpropInput"),
}

RULES: dict[str, Rule] = {
    **{kind: _channels_last(rule) for kind, rule in _CONVOLUTIONS.items()},
    "Dense": _dense,
}
