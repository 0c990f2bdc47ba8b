"""What a layer tells of itself for given input shapes: all that the analyses ever see of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cnncalc.tensors import Shape, Weight

Number = int | Fraction
Alias = Literal["view", "overwrite"]


@dataclass(frozen=True, slots=True)
class Window:
    """The input positions that an output position reads along one axis.

    Output position ``o`` reads the whole numbers from ``stride * o + first`` to
    ``stride * o + last``, as far as the input has them; the stride is a fraction where a layer
    makes its input larger. ``axis`` is the output axis on which the input's axis lives on.

    >>> Window(axis=0, stride=2, first=-1, last=1)      # a kernel of 3, stride 2, 1 of padding
    Window(axis=0, stride=2, first=-1, last=1)
    """

    axis: int
    stride: Number = 1
    first: Number = 0
    last: Number = 0


Reads = tuple[Window | None, ...] | Literal["pointwise", "everything"]
"""Per axis of the input a window, or None where every output value may depend on all of the axis.

``"pointwise"``: a window of one on every axis; ``"everything"``: None on every axis.
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """Output shape, weights and work of one layer on inputs of known shape.

    ``output`` is per sample. ``macs`` are multiply-accumulates per sample by the convention in
    ``docs/conventions.md``. ``alias`` says that the output is the first input's memory
    (``"view"``), or that each output value may be written over the input value that it is
    computed from (``"overwrite"``).
    """

    output: Shape
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    alias: Alias | None = None
    reads: Reads = "everything"
