"""Activations, by themselves and as the last part of another layer.

Sources: keras/src/activations/activations.py, keras/src/backend/tensorflow/nn.py,
tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.runtimes.tensorflow.layers import selecting
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape

Function = Callable[[Tape, Value], Value]


def _kernel(kind: str) -> Function:
    """An activation that is one kernel, over its input where no one else reads that."""
    return lambda tape, x: tape.unary(kind, x)


def _linear(tape: Tape, x: Value) -> Value:
    return x


def _silu(tape: Tape, x: Value) -> Value:
    """One oneDNN kernel with an output of its own (_MklSwish).

    Where the number of axes is not known, x beta with beta = 1 stays a product, and is not taken into that
    kernel.
    """
    if x not in tape.unranked:
        return tape.op("Swish", (x,), x.shape)
    return tape.op("SwishProduct", (tape.unary("Sigmoid", tape.unary("Scale", x)), x), x.shape)


def _hard_sigmoid(tape: Tape, x: Value) -> Value:
    return tape.unary("Scale", tape.unary("Relu6", tape.unary("Shift", x)))


def _fused(tape: Tape, x: Value) -> bool:
    """Whether Grappler takes an activation of several kernels into the convolution before it (remapper.cc).

    Not in training, where the gradient reads what stands between.
    """
    return not tape.training and x.op is not None and x.op.kind in ("Conv2D", "DepthwiseConv2D")


def _hard_silu(tape: Tape, x: Value) -> Value:
    """The pattern that is searched for names the input second (remapper.cc, FindHardSwish).

    Operands of sums and products stand in the order of their names (common_subgraph_elimination.cc), so it is
    found where the convolution's name does not come behind the activation's.
    """
    if _fused(tape, x) and x.op and len(x.op.inputs) == 3 and x.op.owner <= tape.owner:
        return tape.unary("HardSwish", x)
    return tape.binary("Mul", x, _hard_sigmoid(tape, x))


def _gelu(tape: Tape, x: Value) -> Value:
    """0.5 x erfc(-x / sqrt 2) (nn_ops.py, gelu)."""
    half = tape.unary("Half", x)
    scaled = tape.unary("Scale", tape.unary("Neg", x))
    return tape.binary("Mul", half, tape.unary("Erfc", scaled))


def _softplus(tape: Tape, x: Value) -> Value:
    return tape.unary("Softplus", x)


def _mish(tape: Tape, x: Value) -> Value:
    if _fused(tape, x):
        return tape.unary("Mish", x)
    return tape.binary("Mul", x, tape.unary("Tanh", _softplus(tape, x)))


def _log_sigmoid(tape: Tape, x: Value) -> Value:
    """-softplus(-x) (math_ops.py, log_sigmoid)."""
    return tape.unary("Neg", _softplus(tape, tape.unary("Neg", x)))


def celu(tape: Tape, x: Value, alpha: float = 1) -> Value:
    """max(x, 0) + alpha expm1(min(x, 0) / alpha); Grappler leaves out factors of 1."""
    positive = tape.unary("MaximumConstant", x)
    smaller = tape.unary("MinimumConstant", x)
    if alpha == 1:
        return tape.binary("AddV2", positive, tape.unary("Expm1", smaller))
    negative = tape.unary("Scale", tape.unary("Expm1", tape.unary("Scale", smaller)))
    return tape.binary("AddV2", positive, negative)


def _softmax(tape: Tape, x: Value) -> Value:
    return tape.unary("Softmax", x)


def _tanh_shrink(tape: Tape, x: Value) -> Value:
    return tape.binary("Sub", x, tape.unary("Tanh", x))


def _hard_tanh(tape: Tape, x: Value) -> Value:
    """tensorflow/python/ops/clip_ops.py, clip_by_value."""
    return tape.unary("MaximumConstant", tape.unary("MinimumConstant", x))


def along(tape: Tape, kind: str, x: Value, axis: int | tuple[int, ...]) -> Value:
    """A softmax along one axis, between two transpositions but for the last (_wrap_2d_function)."""
    if not isinstance(axis, int):
        if len(axis) > 1:
            raise NotImplementedError("a softmax along several axes")
        (axis,) = axis
    place = axis % len(x.shape)
    if place == len(x.shape) - 1:
        return tape.unary(kind, x)
    order = [*x.shape]
    order[place], order[-1] = order[-1], order[place]
    made = tape.unary(kind, tape.op("Transpose", (x,), tuple(order)))
    return tape.op("Transpose", (made,), x.shape)


FUNCTIONS: dict[str, Function] = {
    "linear": _linear,
    "relu": _kernel("Relu"),
    "relu6": _kernel("Relu6"),
    "elu": _kernel("Elu"),
    "selu": _kernel("Selu"),
    "sigmoid": _kernel("Sigmoid"),
    "tanh": _kernel("Tanh"),
    "exponential": _kernel("Exp"),
    "softplus": _softplus,
    "softsign": _kernel("Softsign"),
    "leaky_relu": _kernel("LeakyRelu"),
    "log_softmax": _kernel("LogSoftmax"),
    "softmax": _softmax,
    "silu": _silu,
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "mish": _mish,
    "log_sigmoid": _log_sigmoid,
    "celu": celu,
    "tanh_shrink": _tanh_shrink,
    "hard_tanh": _hard_tanh,
    **selecting.FUNCTIONS,
}
SPELLINGS = {"swish": "silu", "hard_swish": "hard_silu", None: "linear"}


def function(name: str | None) -> Function | None:
    """The rule of an activation by its Keras name; None where there is none."""
    return FUNCTIONS.get(SPELLINGS.get(name, str(name)))


def _activation(call: Call) -> Value:
    apply = function(call.layer.activation)
    if apply is None:
        raise NotImplementedError(f"activation {call.layer.activation}")
    return apply(call.tape, call.inputs[0])


def _relu(call: Call) -> Value:
    """keras/src/activations/activations.py, ReLU.static_call."""
    (x,), tape, layer = call.inputs, call.tape, call.layer
    if layer.negative_slope and layer.max_value is None and not layer.threshold:
        return tape.unary("LeakyRelu", x)
    y = _positive(tape, x, layer)
    if not layer.negative_slope:
        return y
    minus = tape.unary("Neg", x)
    negative = tape.unary("Relu", tape.unary("Shift", minus) if layer.threshold else minus)
    return tape.binary("Sub", y, tape.unary("Scale", negative))


def _positive(tape: Tape, x: Value, layer: Any) -> Value:
    """What ReLU makes of values above its threshold."""
    if layer.threshold:
        y = tape.op("SelectV2", (tape.op("Greater", (x,), x.shape, 1), x), x.shape, x.item)
    elif layer.max_value == 6:
        return tape.unary("Relu6", x)
    else:
        y = tape.unary("Relu", x)
    return (
        tape.unary("MinimumConstant", tape.unary("MaximumConstant", y)) if layer.max_value is not None else y
    )


def _prelu(call: Call) -> Value:
    """relu(x) - alpha relu(-x) (keras/src/layers/activations/prelu.py)."""
    (x,), tape = call.inputs, call.tape
    positive = tape.unary("Relu", x)
    alpha = tape.unary("Neg", call.weight("alpha"))
    return tape.binary("AddV2", positive, tape.binary("Mul", alpha, tape.unary("Relu", tape.unary("Neg", x))))


def elu(call: Call) -> Value:
    """keras/src/backend/tensorflow/nn.py, elu: times alpha below 0; the mask comes first."""
    (x,), tape = call.inputs, call.tape
    if call.layer.alpha == 1:
        return tape.unary("Elu", x)
    mask = tape.op("Greater", (x,), x.shape, 1)
    y = tape.unary("Elu", x)
    return selecting.select(tape, mask, y, tape.unary("Scale", y))


def _softmax_layer(call: Call) -> Value:
    """keras/src/layers/activations/softmax.py: over several axes exp(x - logsumexp(x))."""
    (x,), tape, axis = call.inputs, call.tape, call.layer.axis
    if isinstance(axis, int) or len(axis) == 1:
        return along(tape, "Softmax", x, axis)
    largest = tape.reduce("Max", x, axis, keep=True)
    largest.trained = False  # its gradient is stopped (math_ops.py, reduce_logsumexp)
    total = tape.reduce("Sum", tape.unary("Exp", tape.binary("Sub", x, largest)), axis, keep=True)
    return tape.unary("Exp", tape.binary("Sub", x, tape.binary("AddV2", tape.unary("Log", total), largest)))


def _plain(kind: str) -> Rule:
    return lambda call: call.tape.unary(kind, call.inputs[0])


RULES: dict[str, Rule] = {
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _plain("LeakyRelu"),
    "ELU": elu,
    "PReLU": _prelu,
    "Softmax": _softmax_layer,
}
