"""What a layer tells of itself for given input shapes: all that the analyses ever see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, Union

from cnncalc.tensors import Shape, Weight

if TYPE_CHECKING:
    from fractions import Fraction

Number: TypeAlias = "Union[int, Fraction]"  # noqa: UP007  (the module is loaded where it is needed)
Alias = Literal["view", "overwrite"]
Sharing = Literal["reuse", "sum", "join"]
"""How memory can be shared where the book's rule counts an output of its own.

``"reuse"``: the output may be written over any input of its size, and a gradient over the output's.
``"sum"``: the output likewise, and every input's gradient is the output's, one and the same.
``"join"``: the output is a copy, and each input's gradient is a piece of the output's.
"""

Purpose = Literal["gradient", "training", "weights"]
"""What is kept for which: any gradient that passes through; those of a layer that is not frozen; those
of its weights alone."""


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


class Made(NamedTuple):
    """A tensor that forward makes for backward alone.

    ``shape`` is per sample, or the whole shape where ``per_sample`` is False; a value takes
    ``item_bytes``, or as much as the type that the layer computes in where that is None.
    """

    name: str
    shape: Shape
    item_bytes: int | None = None
    per_sample: bool = True


class Kept(NamedTuple):
    """What the backward step of a layer reads again, besides weights: references, not sizes.

    ``inputs`` by number, the ``output``, and tensors that are ``made`` for it. It is the least that
    the formulas of the gradients need when nothing is computed again from further away, and tensors
    are kept as they are. Where input and output both do, it is the output: what comes behind
    often keeps that too.

    >>> Kept(output=True).inputs        # a ReLU: its gradient passes where the output is above zero
    ()
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    made: tuple[Made, ...] = ()
    purpose: Purpose = "gradient"


NOTHING = Kept()
INPUT = Kept(inputs=(0,))
OUTPUT = Kept(output=True)
INPUT_AND_OUTPUT = Kept(inputs=(0,), output=True)
INPUT_FOR_WEIGHTS = Kept(inputs=(0,), purpose="weights")
"""Of a layer that is linear in its input: what passes through needs the weights only."""


def all_of(shapes: tuple[Shape, ...], made: tuple[Made, ...] = ()) -> Kept:
    """Every input, and what is made."""
    return Kept(tuple(range(len(shapes))), made=made)


def input_and(*names: str, shape: Shape) -> Kept:
    """The input, and tensors of one shape that are made of it."""
    return Kept((0,), made=tuple(Made(name, shape) for name in names))


class Facts(NamedTuple):
    """Output shape, weights and work of one layer on inputs of known shape.

    ``output`` is per sample. ``macs`` are multiply-accumulates per sample by the convention in
    ``docs/conventions.md``. ``alias`` says that the output is the first input's memory
    (``"view"``), or that each output value may be written over the input value that it is
    computed from (``"overwrite"``); ``sharing`` what else a run without waste need not copy.
    ``kept`` is what backward reads again; a layer that is a composition leaves it to its parts.
    """

    output: Shape
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    alias: Alias | None = None
    reads: Reads = "everything"
    kept: Kept = NOTHING
    sharing: Sharing | None = None
