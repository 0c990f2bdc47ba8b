"""Gradients of activations. Sources: tensorflow/python/ops/nn_grad.py, nn_impl.py."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, by_input, by_output, delayed
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _softmax(tape: Tape, op: Op, dy: Value) -> Grads:
    """(dy - sum(dy y)) y (_SoftmaxGrad)."""
    y = op.outputs[0]
    total = tape.reduce("Sum", tape.binary("Mul", dy, y), [-1], keep=True)
    return (tape.binary("Mul", tape.binary("Sub", dy, total), y),)


def _log_softmax(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy - sum(dy) exp(y) (_LogSoftmaxGrad)."""
    softmax = tape.unary("Exp", op.outputs[0])
    total = tape.reduce("Sum", dy, [-1], keep=True)
    return (tape.binary("Sub", dy, tape.binary("Mul", total, softmax)),)


def _swish(tape: Tape, op: Op, dy: Value) -> Grads:
    """sigmoid(x) (1 + x (1 - sigmoid(x))) dy, made when dy is there (nn_impl.py, swish)."""
    (x,) = op.inputs
    sigmoid = delayed(tape.unary("Sigmoid", x), dy)
    rest = tape.unary("Shift", sigmoid)
    slope = tape.unary("Shift", tape.binary("Mul", x, rest))
    return (tape.binary("Mul", dy, tape.binary("Mul", sigmoid, slope)),)


def _swish_product(tape: Tape, op: Op, dy: Value) -> Grads:
    """The same, where x beta is a tensor of its own that backward reads too."""
    sigmoid, x = op.inputs
    scaled = sigmoid.op.inputs[0] if sigmoid.op else x
    sigmoid = tape.unary("Sigmoid", delayed(tape.unary("Scale", x), dy))
    slope = tape.unary("Shift", tape.binary("Mul", scaled, tape.unary("Shift", sigmoid)))
    return None, tape.binary("Mul", dy, tape.binary("Mul", sigmoid, slope))


def _erf(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy times exp(-x^2) and a constant (_ErfGrad, _ErfcGrad); the square is made as soon as x is there."""
    bell = tape.unary("Exp", tape.unary("Square", op.inputs[0]))
    return (tape.binary("Mul", bell, dy),)


def _softplus(tape: Tape, op: Op, dy: Value) -> Grads:
    """sigmoid(x) dy, the sigmoid made as soon as x is there (_SoftplusGrad)."""
    (x,) = op.inputs
    return (tape.binary("Mul", tape.once("Sigmoid", (x,), x.shape), dy),)


RULES: dict[str, Rule] = {
    "Relu": by_output("ReluGrad"),
    "Relu6": by_output("Relu6Grad"),
    "Elu": by_output("EluGrad"),
    "Selu": by_output("SeluGrad"),
    "Sigmoid": by_output("SigmoidGrad"),
    "Tanh": by_output("TanhGrad"),
    "LeakyRelu": by_input("LeakyReluGrad"),
    "Softplus": _softplus,
    "Softsign": by_input("SoftsignGrad"),
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    "Swish": _swish,
    "SwishProduct": _swish_product,
    "Erf": _erf,
    "Erfc": _erf,
}
