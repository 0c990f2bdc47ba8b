"""What a layer tells of itself for given input shapes: all that the analyses ever see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, Union

from cnncalc.tensors import Shape, Weight

if TYPE_CHECKING:
    from fractions import Fraction

Number: TypeAlias = "Union[int, Fraction]"  # noqa: UP007  (the module is loaded where it is needed)
Alias = Literal["view", "overwrite"]


class Window(NamedTuple):
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


class Facts(NamedTuple):
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
