"""Convolutions and dense layers.

Sources: keras/src/backend/tensorflow/nn.py (conv, depthwise_conv, separable_conv, conv_transpose), numpy.py (matmul,
and add, which becomes BiasAdd where the operand has one axis); fused with their bias by Grappler (remapper.cc) into
one oneDNN kernel.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _biases(call: Call) -> tuple[Value, ...]:
    return (call.weight("bias"),) if call.has("bias") else ()


def _kernel_name(call: Call) -> str:
    return next(name for name in call.variables if name.endswith("kernel"))


def _conv(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        (x,) = call.inputs
        if call.layer.padding == "causal":
            reach = call.layer.dilation_rate[0] * (call.layer.kernel_size[0] - 1)
            x = call.tape.op("Pad", (x,), (x.shape[0], x.shape[1] + reach, x.shape[2]))
        kernel = call.weight(_kernel_name(call))
        if getattr(call.layer, "groups", 1) > 1:
            return _grouped(call, x, kernel)
        return call.tape.op(kind, (x, kernel, *_biases(call)), call.shape)

    return rule


def _grouped(call: Call, x: Value, kernel: Value) -> Value:
    """Keras compiles a grouped convolution with XLA, by itself: the bias is added behind it, in place."""
    y = call.tape.op("GroupedConv", (x, kernel), call.shape)
    return call.tape.op("BiasAdd", (y, call.weight("bias")), y.shape) if call.has("bias") else y


def _depthwise(call: Call) -> Value:
    (x,) = call.inputs
    kernel = call.weight(_kernel_name(call))
    return call.tape.op("DepthwiseConv2D", (x, kernel, *_biases(call)), call.shape)


def _transposed(kind: str) -> Rule:
    """The input gradient of a convolution; its bias is added in place."""

    def rule(call: Call) -> Value:
        (x,) = call.inputs
        y = call.tape.op(kind, (call.weight(_kernel_name(call)), x), call.shape)
        return call.tape.op("BiasAdd", (y, call.weight("bias")), y.shape) if call.has("bias") else y

    return rule


def _dense(call: Call) -> Value:
    """On more than two axes: the rows of all axes as one matrix, and back."""
    (x,) = call.inputs
    kernel = call.weight("kernel")
    if len(x.shape) == 2:
        return call.tape.op("MatMul", (x, kernel, *_biases(call)), call.shape)
    rows = call.tape.view(x, (prod(x.shape[:-1]), x.shape[-1]))
    product = call.tape.op("MatMul", (rows, kernel), (rows.shape[0], call.shape[-1]))
    y = call.tape.view(product, call.shape)
    return call.tape.op("BiasAdd", (y, call.weight("bias")), y.shape) if call.has("bias") else y


RULES: dict[str, Rule] = {
    "Conv1D": _conv("Conv2D"),
    "Conv2D": _conv("Conv2D"),
    "Conv3D": _conv("Conv3D"),
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "Conv1DTranspose": _transposed("Conv2DBackpropInput"),
    "Conv2DTranspose": _transposed("Conv2DBackpropInput"),
    "Conv3DTranspose": _transposed("Conv2DBackpropInput"),
    "Dense": _dense,
}
