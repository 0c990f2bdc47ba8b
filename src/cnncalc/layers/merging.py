"""Merges: several inputs become one output.

Sources: keras/src/layers/merging (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.errors import ShapeError
from cnncalc.layers.axes import Axes, mixing, sample_axis
from cnncalc.layers.base import Flag, Integer, Layer
from cnncalc.layers.facts import NOTHING, Facts, Reads, Sharing, all_of
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import LARGEST

TWO = (2, 2)


class _Merge(Layer):
    """A layer with two inputs or more."""

    arity: ClassVar[tuple[int, int]] = (2, LARGEST)

    def require_inputs(self, shapes: tuple[Shape, ...]) -> None:
        least, most = self.arity
        if not least <= len(shapes) <= most:
            wanted = f"{least} inputs" if least == most else f"{least} inputs or more"
            raise ShapeError(f"{self.kind} takes {wanted}, found {len(shapes)}.")


class _ValueByValue(_Merge):
    """Values in the same place become one; axes of size 1 are repeated, missing ones lead."""

    result: ClassVar[str]
    linear: ClassVar[bool] = False
    sharing: ClassVar[Sharing] = "reuse"

    def facts(self, *shapes: Shape) -> Facts:
        self.require_inputs(shapes)
        output = shapes[0]
        for shape in shapes[1:]:
            output = _spread(output, shape)
        kept = NOTHING if self.linear else all_of(shapes)
        return Facts(output, reads=_reads(shapes), kept=kept, sharing=self.sharing)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.result} of {len(shapes)} inputs, value by value"


def _spread(one: Shape, other: Shape) -> Shape:
    """The shape of both when they are spread over one another.

    >>> _spread((10, 10, 8), (1, 8))
    (10, 10, 8)
    """
    rank = max(len(one), len(other))
    pairs = zip(_lengthened(one, rank), _lengthened(other, rank), strict=True)
    sizes = [second if first == 1 else first if second in (1, first) else 0 for first, second in pairs]
    if 0 in sizes:
        raise ShapeError(f"inputs of {shape_text(one)} and of {shape_text(other)} do not fit each other.")
    return tuple(sizes)


def _lengthened(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape


def _reads(shapes: tuple[Shape, ...]) -> Reads:
    """An input that is repeated along an axis is read in one position from every output position."""
    if len(set(shapes)) == 1:
        return "pointwise"
    if len(set(map(len, shapes))) > 1:
        return "everything"
    repeated = [axis for axis, sizes in enumerate(zip(*shapes, strict=True)) if len(set(sizes)) > 1]
    return mixing(repeated, len(shapes[0]))


class Add(_ValueByValue):
    """The sum of its inputs.

    Inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the largest
    of each axis; nothing is counted. Backward keeps nothing. Source: ``keras.layers.Add``.

    >>> Add().facts((10, 10, 8), (10, 10, 8)).output
    (10, 10, 8)
    """

    result: ClassVar[str] = "sum"
    linear: ClassVar[bool] = True
    sharing: ClassVar[Sharing] = "sum"


class Subtract(_ValueByValue):
    """The first input less the second.

    Two inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the
    largest of each axis; nothing is counted. Backward keeps nothing. Source:
    ``keras.layers.Subtract``.

    >>> Subtract().facts((10, 8), (8,)).output
    (10, 8)
    """

    arity: ClassVar[tuple[int, int]] = TWO
    result: ClassVar[str] = "difference"
    linear: ClassVar[bool] = True


class Multiply(_ValueByValue):
    """The product of its inputs.

    Inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the largest
    of each axis; its products are not counted, as in all merges. Backward keeps the inputs. Source:
    ``keras.layers.Multiply``.

    >>> Multiply().facts((10, 10, 8), (1, 1, 8)).output
    (10, 10, 8)
    """

    result: ClassVar[str] = "product"


class Average(_ValueByValue):
    """The mean of its inputs.

    Inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the largest
    of each axis; nothing is counted. Backward keeps nothing. Source: ``keras.layers.Average``.

    >>> Average().facts((10,), (10,), (10,)).output
    (10,)
    """

    result: ClassVar[str] = "mean"
    linear: ClassVar[bool] = True
    sharing: ClassVar[Sharing] = "sum"


class Maximum(_ValueByValue):
    """The largest of the values of its inputs.

    Inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the largest
    of each axis; nothing is counted. Backward keeps the inputs. Source: ``keras.layers.Maximum``.

    >>> Maximum().facts((10,), (10,)).output
    (10,)
    """

    result: ClassVar[str] = "largest"


class Minimum(_ValueByValue):
    """The smallest of the values of its inputs.

    Inputs of one shape, or of shapes that fit when axes of size 1 are repeated; output the largest
    of each axis; nothing is counted. Backward keeps the inputs. Source: ``keras.layers.Minimum``.

    >>> Minimum().facts((10,), (10,)).output
    (10,)
    """

    result: ClassVar[str] = "smallest"


class Concatenate(_Merge):
    """Its inputs one after another along an axis.

    Inputs of shapes that differ along the axis at most; output the same with the sizes along the
    axis added; nothing is counted. Backward keeps nothing. Source: ``keras.layers.Concatenate``.

    >>> Concatenate().facts((10, 10, 8), (10, 10, 3)).output
    (10, 10, 11)
    """

    axis: Integer = -1

    def facts(self, *shapes: Shape) -> Facts:
        self.require_inputs(shapes)
        axis = sample_axis(self.axis, shapes[0], self.kind)
        first, *others = (_without(axis, shape) for shape in shapes)
        if any(other != first for other in others) or len(set(map(len, shapes))) > 1:
            found = ", ".join(map(shape_text, shapes))
            raise ShapeError(f"inputs of {found} differ elsewhere than along axis {self.axis}.")
        total = sum(shape[axis] for shape in shapes)
        output = (*first[:axis], total, *first[axis:])
        return Facts(output, reads=mixing([axis], len(shapes[0])), sharing="join")

    def describe(self, *shapes: Shape) -> str:
        return f"{len(shapes)} inputs one after another along axis {self.axis}"

    def output_sum(self, *shapes: Shape) -> str:
        axis = sample_axis(self.axis, shapes[0], self.kind)
        sizes = [str(size) for size in shapes[0]]
        sizes[axis] = f"({' + '.join(str(shape[axis]) for shape in shapes)})"
        return " x ".join(sizes)


def _without(axis: int, shape: Shape) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


class Dot(_Merge):
    """The sum of the products of two inputs along one axis of each.

    Inputs of equal size along their axis of ``axes``; output the other axes of the first input, then
    those of the second, or ``(1,)`` where there are none. Its products are not counted, as in all
    merges. Backward keeps both inputs. Source: ``keras.layers.Dot``.

    >>> Dot(axes=(2, 1)).facts((10, 8), (8, 5)).output
    (10, 5)
    """

    arity: ClassVar[tuple[int, int]] = TWO

    axes: Axes
    normalize: Flag = False

    def check(self) -> None:
        if isinstance(self.axes, tuple) and len(self.axes) != 2:
            raise ValueError(f"axes must be one number or 2 numbers, found {self.axes}")

    def facts(self, *shapes: Shape) -> Facts:
        self.require_inputs(shapes)
        one, other = self._sample_axes(shapes)
        if shapes[0][one] != shapes[1][other]:
            sizes = f"{shapes[0][one]} and {shapes[1][other]} of its inputs along axes {self.axes} differ"
            raise ShapeError(f"sizes {sizes}.")
        output = (_without(one, shapes[0]) + _without(other, shapes[1])) or (1,)
        return Facts(output, reads="everything", kept=all_of(shapes))

    def _sample_axes(self, shapes: tuple[Shape, ...]) -> tuple[int, ...]:
        axes = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        return tuple(sample_axis(axis, shape, self.kind) for axis, shape in zip(axes, shapes, strict=True))

    def describe(self, *shapes: Shape) -> str:
        size = shapes[0][self._sample_axes(shapes)[0]]
        cosine = ", of vectors of length 1" if self.normalize else ""
        return f"sums of {size} products{cosine}"
