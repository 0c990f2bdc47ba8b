"""Losses that compare value by value, with a mean over the last axis (keras/src/losses/losses.py)."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.losses.call import LossCall, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _squared(call: LossCall) -> Value:
    tape = call.tape
    return call.mean(tape.unary("Square", tape.binary("Sub", call.target, call.output)))


def _absolute(call: LossCall) -> Value:
    tape = call.tape
    return call.mean(tape.unary("Abs", tape.binary("Sub", call.target, call.output)))


def _percentage(call: LossCall) -> Value:
    """The difference by the target, which is at least epsilon."""
    tape = call.tape
    size = tape.unary("MaximumConstant", tape.unary("Abs", call.target))
    share = tape.binary("RealDiv", tape.binary("Sub", call.target, call.output), size)
    return tape.unary("Scale", call.mean(tape.unary("Abs", share)))


def _logarithmic(call: LossCall) -> Value:
    """Grappler makes log(x + 1) one kernel; its gradient reads the sum."""
    tape = call.tape
    second = tape.unary("LogShifted", tape.unary("MaximumConstant", call.target))
    first = tape.unary("LogShifted", tape.unary("MaximumConstant", call.output))
    return call.mean(tape.unary("Square", tape.binary("Sub", first, second)))


def _huber(call: LossCall) -> Value:
    """0.5 error^2 up to delta, else delta (abs(error) - 0.5 delta)."""
    tape = call.tape
    error = tape.binary("Sub", call.output, call.target)
    square = tape.unary("Scale", tape.unary("Square", error))
    size = tape.unary("Abs", error)
    within = tape.op("Compare", (size,), size.shape, 1)
    scaled = size if call.option("delta") == 1 else tape.unary("Scale", size)
    return call.mean(call.masked(within, square, tape.unary("Shift", scaled)))


def _log_cosh(call: LossCall) -> Value:
    """x + softplus(-2 x) - log 2."""
    tape = call.tape
    error = tape.binary("Sub", call.output, call.target)
    rest = tape.unary("Softplus", tape.unary("Scale", error))
    return call.mean(tape.binary("AddV2", rest, tape.unary("Shift", error)))


def _margin(call: LossCall) -> Value:
    """1 - y_true y_pred, for targets of -1 and 1: those of 0 and 1 would be converted first."""
    return call.tape.unary("OneMinus", call.tape.binary("Mul", call.target, call.output))


def _hinge(call: LossCall) -> Value:
    return call.mean(call.tape.unary("Hinge", _margin(call)))


def _squared_hinge(call: LossCall) -> Value:
    tape = call.tape
    return call.mean(tape.unary("Square", tape.unary("MaximumConstant", _margin(call))))


def _categorical_hinge(call: LossCall) -> Value:
    """max(neg - pos + 1, 0) of the largest wrong and the right prediction."""
    tape = call.tape
    positive = call.sum(tape.binary("Mul", call.target, call.output))
    others = tape.binary("Mul", tape.unary("OneMinus", call.target), call.output)
    negative = tape.reduce("Max", others, [-1])
    return tape.unary("MaximumConstant", tape.binary("AddV2", negative, tape.unary("OneMinus", positive)))


def _cosine(call: LossCall) -> Value:
    """The negative product of both, each normalised (keras/src/utils/numerical_utils.py, normalize)."""
    tape, axis = call.tape, call.option("axis")
    normal = [_normalized(call, x, axis) for x in (call.target, call.output)]
    return tape.unary("Neg", call.sum(tape.binary("Mul", normal[1], normal[0]), axis))


def _normalized(call: LossCall, x: Value, axis: int) -> Value:
    tape = call.tape
    total = call.sum(tape.unary("Square", x), axis, keep=True)
    return tape.binary("Mul", tape.unary("MinimumConstant", tape.unary("Rsqrt", total)), x)


def _poisson(call: LossCall) -> Value:
    tape = call.tape
    log = tape.unary("Log", tape.unary("Shift", call.output))
    return call.mean(tape.binary("Sub", call.output, tape.binary("Mul", log, call.target)))


def _divergence(call: LossCall) -> Value:
    """y_true log(y_true / y_pred), both clipped."""
    tape = call.tape
    target, output = call.clipped(call.target), call.clipped(call.output)
    log = tape.unary("Log", tape.binary("RealDiv", target, output))
    return call.sum(tape.binary("Mul", log, target))


RULES: dict[str, Rule] = {
    "MeanSquaredError": _squared,
    "MeanAbsoluteError": _absolute,
    "MeanAbsolutePercentageError": _percentage,
    "MeanSquaredLogarithmicError": _logarithmic,
    "Huber": _huber,
    "LogCosh": _log_cosh,
    "Hinge": _hinge,
    "SquaredHinge": _squared_hinge,
    "CategoricalHinge": _categorical_hinge,
    "CosineSimilarity": _cosine,
    "Poisson": _poisson,
    "KLDivergence": _divergence,
}
