"""Gradients of convolutions, pooling and resizing. Sources: nn_grad.py, image_grad.py."""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, shape_only
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _conv(tape: Tape, op: Op, dy: Value) -> Grads:
    """Conv2DBackpropInput and Conv2DBackpropFilter; the bias's gradient comes with the filter's."""
    x, kernel, *bias = op.inputs
    name = "Depthwise" if op.kind == "DepthwiseConv2D" else op.kind
    one = tape.op(f"{name}BackpropInput", (kernel, dy), x.shape) if x.trained else None
    other = tape.op(f"{name}BackpropFilter", (x, dy), kernel.shape) if kernel.trained else None
    if not bias or not bias[0].trained:
        return (one, other, *([None] * len(bias)))
    if other and name == "Conv2D" and len(x.shape) == 4:  # else something stands between kernel and bias
        return one, other, tape.more(other, bias[0].shape, bias[0].item)
    return one, other, tape.op("BiasAddGrad", (dy,), bias[0].shape)


def _grouped(tape: Tape, op: Op, dy: Value) -> Grads:
    """One compiled function gives both gradients.

    XLA plans its temporaries as one buffer: a copy of the input, and twice the kernels of all groups as one
    dense kernel, of which the copy of the input and one kernel are not alive at once.
    """
    x, kernel = op.inputs
    (each,) = op.attributes
    dense = kernel.item * prod(kernel.shape[:-2]) * each * kernel.shape[-1]
    one = tape.op("GroupedConvGrad", (op.outputs[1], kernel, dy), x.shape)
    tape.ops[-1].extra = max(x.bytes, dense) + dense
    return one, tape.more(one, kernel.shape, kernel.item)


def _conv_transpose(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of Conv2DBackpropInput is a convolution (_Conv2DBackpropInputGrad)."""
    kernel, x = op.inputs
    one = tape.op("Conv2D", (dy, kernel), x.shape) if x.trained else None
    return tape.op("Conv2DBackpropFilter", (dy, x), kernel.shape) if kernel.trained else None, one


def _bias_add(tape: Tape, op: Op, dy: Value) -> Grads:
    x, bias = op.inputs
    return dy if x.trained else None, tape.op("BiasAddGrad", (dy,), bias.shape) if bias.trained else None


def _max_pool(tape: Tape, op: Op, dy: Value) -> Grads:
    """MaxPoolGrad reads the input, the output and the workspace of the oneDNN kernel."""
    (x,) = op.inputs
    return (tape.op("MaxPoolGrad", (x, op.outputs[0], dy, *op.outputs[1:]), x.shape),)


def _lrn(tape: Tape, op: Op, dy: Value) -> Grads:
    (x,) = op.inputs
    return (tape.op("LRNGrad", (dy, x, op.outputs[0]), x.shape),)


def _resize(tape: Tape, op: Op, dy: Value) -> Grads:
    """ResizeBilinearGrad reads the original image for its shape and type (image_grad.py)."""
    (x,) = op.inputs
    return (tape.op("ResizeGrad", (dy, x), x.shape),)


RULES: dict[str, Rule] = {
    "Conv2D": _conv,
    "Conv3D": _conv,
    "DepthwiseConv2D": _conv,
    "GroupedConv": _grouped,
    "SpaceToBatch": shape_only("BatchToSpace"),
    "BatchToSpace": shape_only("SpaceToBatch"),
    "Conv2DBackpropInput": _conv_transpose,
    "BiasAdd": _bias_add,
    "MaxPool": _max_pool,
    "AvgPool": shape_only("AvgPoolGrad"),
    "Resize": _resize,
    "ResizeNearest": shape_only("ResizeGrad"),
    "LRN": _lrn,
}
