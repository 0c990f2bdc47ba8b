"""Gradients value by value: sums, products, powers. Source: tensorflow/python/ops/math_grad.py."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, by_output, delayed, reduced
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _through(tape: Tape, op: Op, dy: Value) -> Grads:
    """Addition: the gradient goes through to each operand."""
    return tuple(reduced(tape, dy, x.shape) if x.trained else None for x in op.inputs)


def _sub(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    one = reduced(tape, dy, x.shape) if x.trained else None
    return one, tape.unary("Neg", reduced(tape, dy, y.shape)) if y.trained else None


def _mul(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    other = tape.binary("Mul", dy, x) if y.trained and _is_half(x) else None
    one = tape.binary("Mul", tape.unary("Scale", dy) if _is_half(x) else dy, y) if x.trained else None
    if y.trained and other is None:
        other = tape.binary("Mul", dy, x)
    return one and reduced(tape, one, x.shape), other and reduced(tape, other, y.shape)


def _is_half(operand: Value) -> bool:
    """Whether a constant made the operand, by which its gradient is multiplied first.

    Grappler pushes constants down a product (arithmetic_optimizer.cc), as in gelu's.
    """
    return operand.op is not None and operand.op.kind == "Half"


def _div(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    one = reduced(tape, tape.binary("RealDiv", dy, y), x.shape) if x.trained else None
    if not y.trained:
        return one, None
    quotient = tape.binary("RealDiv", tape.binary("RealDiv", tape.unary("Neg", x), y), y)
    return one, reduced(tape, tape.binary("Mul", dy, quotient), y.shape)


def _square(tape: Tape, op: Op, dy: Value) -> Grads:
    twice = delayed(tape.unary("Scale", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, twice),)


def _times(factor: str) -> Rule:
    """dy times a function of the input, made when the gradient is there."""

    def rule(tape: Tape, op: Op, dy: Value) -> Grads:
        return (tape.binary("Mul", dy, delayed(tape.unary(factor, op.inputs[0]), dy)),)

    return rule


def _exp(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.binary("Mul", dy, op.outputs[0]),)


def _log(tape: Tape, op: Op, dy: Value) -> Grads:
    made = delayed(tape.unary("Reciprocal", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, made),)


def _log1p(tape: Tape, op: Op, dy: Value) -> Grads:
    shifted = delayed(tape.unary("Shift", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, tape.unary("Reciprocal", shifted)),)


def _rsqrt(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.binary("RsqrtGrad", op.outputs[0], dy),)


def _pow(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy y x^(y - 1) and dy z log(x), the latter over the x above 0 (_PowGrad)."""
    x, y = op.inputs
    one = other = None
    if x.trained:
        rest = tape.binary("Pow", x, tape.unary("Shift", y))
        one = reduced(tape, tape.binary("Mul", tape.binary("Mul", dy, y), rest), x.shape)
    if y.trained:
        mask = tape.op("Greater", (x,), x.shape, 1)
        log = tape.unary("Log", tape.op("SelectV2", (mask, x), x.shape, x.item))
        kept = tape.op("SelectV2", (mask, log), x.shape, x.item)
        product = tape.binary("Mul", tape.binary("Mul", dy, op.outputs[0]), kept)
        other = reduced(tape, product, y.shape)
    return one, other


def _power(tape: Tape, op: Op, dy: Value) -> Grads:
    """A constant power: c x^(c - 1) dy, the factor made as soon as x is there (_PowGrad)."""
    return (tape.binary("Mul", dy, tape.unary("Scale", op.inputs[0])),)


def _cube(tape: Tape, op: Op, dy: Value) -> Grads:
    """3 x^2 dy by the square that is there: x^3 is made as a product with it (ConvertPowStage)."""
    square, x = op.inputs
    if square.op and square.op.kind == "Scale":
        (square,) = square.op.inputs
    return None, tape.binary("Mul", square, tape.unary("Scale", dy)) if x.trained else None


def _divided_constant(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy (-c / y) / y (_RealDivGrad)."""
    (y,) = op.inputs
    quotient = tape.binary("RealDiv", tape.unary("DivideConstant", y), y)
    return (reduced(tape, tape.binary("Mul", dy, quotient), y.shape),)


def _scaled(tape: Tape, op: Op, dy: Value) -> Grads:
    return (reduced(tape, tape.unary("Scale", dy), op.inputs[0].shape),)


def _same(tape: Tape, op: Op, dy: Value) -> Grads:
    return (reduced(tape, dy, op.inputs[0].shape),)


def _cast(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.cast(dy, op.inputs[0].item),)


RULES: dict[str, Rule] = {
    "AddV2": _through,
    "Sub": _sub,
    "Mul": _mul,
    "RealDiv": _div,
    "Square": _square,
    "Pow": _pow,
    "Cube": _cube,
    "Power": _power,
    "DivideConstant": _divided_constant,
    "Reciprocal": by_output("ReciprocalGrad"),
    "Exp": _exp,
    "Expm1": _times("Exp"),
    "Log": _log,
    "Log1p": _log1p,
    "Sqrt": by_output("SqrtGrad"),
    "Rsqrt": _rsqrt,
    "Abs": _times("Sign"),
    "Neg": _scaled,
    "Half": _same,
    "Scale": _scaled,
    "Shift": _same,
    "Cast": _cast,
}
