"""Losses of whole sets: the overlap of prediction and target, summed over all values or over axes.

Source: keras/src/losses/losses.py (dice, tversky).
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.losses.call import LossCall, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _total(call: LossCall, x: Value) -> Value:
    axis = call.option("axis")
    axes = range(len(x.shape)) if axis is None else [axis] if isinstance(axis, int) else axis
    return call.tape.reduce("Sum", x, axes)


def _dice(call: LossCall) -> Value:
    tape = call.tape
    target = _total(call, call.target)
    overlap = tape.binary("Mul", call.target, call.output)
    both = tape.op("AddN", (target, _total(call, call.output)), target.shape)
    overlap = tape.unary("Scale", _total(call, overlap))
    return tape.unary("OneMinus", tape.binary("RealDiv", overlap, both))


def _tversky(call: LossCall) -> Value:
    tape, target, output = call.tape, call.target, call.output
    outside = tape.unary("OneMinus", target)
    overlap = _total(call, tape.binary("Mul", target, output))
    negative = _total(call, tape.binary("Mul", tape.unary("OneMinus", output), target))
    positive = _total(call, tape.binary("Mul", outside, output))
    if call.option("alpha") == call.option("beta"):
        wrong = tape.unary("Scale", tape.op("AddN", (negative, positive), positive.shape))
    else:
        parts = (tape.unary("Scale", negative), tape.unary("Scale", positive))
        wrong = tape.op("AddN", parts, positive.shape)
    both = tape.op("AddN", (overlap, wrong), overlap.shape)
    return tape.unary("OneMinus", tape.binary("RealDiv", overlap, both))


RULES: dict[str, Rule] = {"Dice": _dice, "Tversky": _tversky}
