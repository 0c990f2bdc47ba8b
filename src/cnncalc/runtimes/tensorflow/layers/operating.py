"""Operations on tensors that compute value by value: activations, functions, arithmetic.

A constant among the operands is no input: a product with one is ``Scale``, a sum with one ``Shift``.

Sources: keras/src/ops/numpy.py, keras/src/ops/nn.py, keras/src/backend/tensorflow/numpy.py and nn.py.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.runtimes.tensorflow.layers.activating import along, celu, elu, function
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape

ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Selu": "selu",
    "Silu": "silu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "LogSigmoid": "log_sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
}
"""Each operation that is an activation by its name alone."""

KERNELS = {
    "Negative": "Neg",
    "Absolute": "Abs",
    "Square": "Square",
    "Sqrt": "Sqrt",
    "Rsqrt": "Rsqrt",
    "Exp": "Exp",
    "Log": "Log",
}


def _activation(name: str) -> Rule:
    def rule(call: Call) -> Value:
        apply = function(name)
        if apply is None:
            raise NotImplementedError(f"activation {name}")
        return apply(call.tape, call.inputs[0])

    return rule


def _gelu(call: Call) -> Value:
    return _activation("approximate_gelu" if call.layer.approximate else "gelu")(call)


def _celu(call: Call) -> Value:
    return celu(call.tape, call.inputs[0], call.layer.alpha)


def _along_axis(kind: str) -> Rule:
    return lambda call: along(call.tape, kind, call.inputs[0], call.layer.axis)


def _kernel(kind: str) -> Rule:
    return lambda call: call.tape.unary(kind, call.inputs[0])


def _clip(call: Call) -> Value:
    """tensorflow/python/ops/clip_ops.py: the smaller of both, then the larger."""
    return call.tape.unary("MaximumConstant", call.tape.unary("MinimumConstant", call.inputs[0]))


def _with_constant(call: Call, kind: str) -> Value:
    """An operation on a tensor and a constant, which may repeat the tensor along axes of size 1."""
    return call.tape.op(kind, call.inputs, call.shape)


def _arithmetic(kind: str, by_constant: str, of_constant: str) -> Rule:
    """``kind`` of two tensors; what remains of it where the second, or the first, operand is a constant."""

    def rule(call: Call) -> Value:
        if call.layer.x2 is not None:
            return _with_constant(call, by_constant)
        if call.layer.x1 is not None:
            return _with_constant(call, of_constant)
        return call.tape.binary(kind, *call.inputs)

    return rule


def _power(call: Call) -> Value:
    layer, tape = call.layer, call.tape
    if layer.x1 is not None:
        raise NotImplementedError("a constant to the power of a tensor")
    if layer.x2 is None:
        return tape.binary("Pow", *call.inputs)
    if not isinstance(layer.x2, int | float):
        raise NotImplementedError("powers by several constants")
    return power(tape, call.inputs[0], float(layer.x2))


def power(tape: Tape, x: Value, exponent: float) -> Value:
    """A tensor to a constant power: one kernel; x^2 x for 3 (arithmetic_optimizer.cc, ConvertPowStage)."""
    if exponent == 1:
        return x
    if exponent == 3:
        return tape.binary("Cube", tape.unary("Square", x), x)
    return tape.unary("Power", x)


_OF_TWO: dict[str, Callable[[Call], Value]] = {
    "Add": _arithmetic("AddV2", "Shift", "Shift"),
    "Subtract": _arithmetic("Sub", "Shift", "Neg"),
    "Multiply": _arithmetic("Mul", "Scale", "Scale"),
    "Divide": _arithmetic("RealDiv", "Scale", "DivideConstant"),
    "TrueDivide": _arithmetic("RealDiv", "Scale", "DivideConstant"),
    "Maximum": _arithmetic("Maximum", "MaximumConstant", "MaximumConstant"),
    "Minimum": _arithmetic("Minimum", "MinimumConstant", "MinimumConstant"),
    "Power": _power,
}

RULES: dict[str, Rule] = {
    **{f"ops.{op}": _activation(name) for op, name in ACTIVATIONS.items()},
    **{f"ops.{op}": _kernel(kind) for op, kind in KERNELS.items()},
    **{f"ops.{op}": rule for op, rule in _OF_TWO.items()},
    "ops.Softmax": _along_axis("Softmax"),
    "ops.LogSoftmax": _along_axis("LogSoftmax"),
    "ops.Clip": _clip,
    "ops.Elu": elu,
    "ops.Celu": _celu,
    "ops.Gelu": _gelu,
}
