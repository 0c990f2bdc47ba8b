"""Merges. Source: keras/src/layers/merging/*.py, which fold their inputs from the first on."""

from __future__ import annotations

from functools import reduce

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _fold(kind: str) -> Rule:
    return lambda call: reduce(lambda one, other: call.tape.binary(kind, one, other), call.inputs)


def _average(call: Call) -> Value:
    return call.tape.unary("Scale", _fold("AddV2")(call))


def _concatenate(call: Call) -> Value:
    return call.tape.op("Concat", call.inputs, call.shape)


RULES: dict[str, Rule] = {
    "Add": _fold("AddV2"),
    "Subtract": _fold("Sub"),
    "Multiply": _fold("Mul"),
    "Average": _average,
    "Maximum": _fold("Maximum"),
    "Minimum": _fold("Minimum"),
    "Concatenate": _concatenate,
}
