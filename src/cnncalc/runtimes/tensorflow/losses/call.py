"""What the rule of a loss is given: the tape, the options, a prediction and its target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.settings import LossSpec


class UnknownLoss(Exception):  # noqa: N818  (caught by the planner, which says so)
    """A loss, or options of one, without a rule."""


class LossCall:
    """One call of a loss. ``logits``: what softmax or sigmoid made the prediction of, if Keras knows it."""

    __slots__ = ("logits", "output", "spec", "tape", "target")

    def __init__(
        self, tape: Tape, spec: LossSpec, output: Value, target: Value, logits: Value | None
    ) -> None:
        self.tape = tape
        self.spec = spec
        self.output = output
        self.target = target
        self.logits = logits

    def option(self, name: str) -> Any:
        return self.spec.value(name)

    def mean(self, x: Value, axis: int = -1) -> Value:
        """The mean over the last axis; its gradient is spread, then scaled."""
        return self.tape.reduce("MeanOfLoss", x, [axis])

    def sum(self, x: Value, axis: int = -1, keep: bool = False) -> Value:
        return self.tape.reduce("Sum", x, [axis], keep=keep)

    def clipped(self, x: Value) -> Value:
        """``clip_by_value``: the minimum first."""
        return self.tape.unary("MaximumConstant", self.tape.unary("MinimumConstant", x))

    def masked(self, mask: Value, *values: Value) -> Value:
        """``where``: of a value, or of two, by a mask; zero where there is none."""
        return self.tape.op("SelectV2", (mask, *values), values[0].shape, values[0].item)


Rule = Callable[[LossCall], Value]
