"""Segments that run again in the backward pass, as the layer ``Checkpointed`` of ``to_keras`` has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.runtimes.tensorflow.ops import Op, Value


class Stage(NamedTuple):
    """The operations of the second run between two values that alone pass from one stage to the next."""

    ops: tuple[Op, ...]
    given: Value
    output: Value


class Segment(NamedTuple):
    """The value that a segment begins with, and its second run, behind the gradient of its output."""

    entry: Value
    run: Callable[[Value], list[Stage]]
