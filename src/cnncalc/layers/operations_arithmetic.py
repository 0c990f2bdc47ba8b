"""Arithmetic of two tensors, or of a tensor and a constant.

Source: keras/src/ops/numpy.py (Keras 3.15).
"""

from math import prod
from typing import ClassVar

from cnncalc.errors import ShapeError
from cnncalc.layers.axes import mixing
from cnncalc.layers.facts import NOTHING, Facts, Kept, Reads, Sharing, Window, all_of
from cnncalc.layers.operations import Operation, require_same_rank
from cnncalc.layers.preprocessing import Numbers, numbers_shape
from cnncalc.tensors import Shape
from cnncalc.units import shape_text


class _Binary(Operation):
    """Two operands; either may be a constant, ``x1`` or ``x2``, but not both."""

    arity: ClassVar[tuple[int, int]] = (1, 2)
    operands: ClassVar[tuple[str, ...]] = ("x1", "x2")
    result: ClassVar[str]

    x1: Numbers | None = None
    x2: Numbers | None = None

    def check(self) -> None:
        if self.x1 is not None and self.x2 is not None:
            raise ValueError("x1 and x2 cannot both be constants")

    def operand_shapes(self, shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        """The shapes of both operands, per sample."""
        constants = (self.x1, self.x2)
        self.require_inputs(shapes, sum(value is None for value in constants))
        given = iter(shapes)
        rank = len(shapes[0])
        one, other = (next(given) if c is None else self._sample(numbers_shape(c), rank) for c in constants)
        return one, other

    def _sample(self, shape: Shape, rank: int) -> Shape:
        """A constant's shape beside a sample of that many axes: without its batch axis, where it has one."""
        if len(shape) <= rank:
            return shape
        if len(shape) > rank + 1 or shape[0] != 1:
            raise ShapeError(
                f"{self.kind}: a constant of {shape_text(shape)} is not the same for every sample."
            )
        return shape[1:]

    def has_constant(self) -> bool:
        return self.x1 is not None or self.x2 is not None

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        """What backward reads again."""
        return all_of(shapes)


class _ValueByValue(_Binary):
    """Values in the same place become one; axes of size 1 are repeated."""

    sharing: ClassVar[Sharing] = "reuse"

    def facts(self, *shapes: Shape) -> Facts:
        operands = self.operand_shapes(shapes)
        if not self.has_constant():
            require_same_rank(operands, self.kind)
        output = self._spread(*operands)
        return Facts(output, reads=_reads(shapes, output), kept=self.kept(shapes), sharing=self.sharing)

    def _spread(self, one: Shape, other: Shape) -> Shape:
        rank = max(len(one), len(other))
        pairs = list(zip(_lengthened(one, rank), _lengthened(other, rank), strict=True))
        if any(a != b and 1 not in (a, b) for a, b in pairs):
            raise ShapeError(f"{self.kind}: {shape_text(one)} and {shape_text(other)} do not fit each other.")
        return tuple(max(pair) for pair in pairs)

    def describe(self, *shapes: Shape) -> str:
        if not self.has_constant():
            return f"{self.result} of 2 inputs, value by value"
        constant, place = (self.x1, "first") if self.x1 is not None else (self.x2, "second")
        shape = numbers_shape(constant)
        words = f"{constant:.4g}" if isinstance(constant, float) else f"{shape_text(shape)} numbers"
        return f"{self.result}, the {place} operand {words}"


def _lengthened(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape


def _reads(shapes: tuple[Shape, ...], output: Shape) -> Reads:
    """An axis of size 1 that is repeated is read in one position from every output position."""
    if all(shape == output for shape in shapes):
        return "pointwise"
    return mixing(
        [axis for axis, size in enumerate(output) if any(shape[axis] != size for shape in shapes)],
        len(output),
    )


class OpAdd(_ValueByValue):
    """The sum of two tensors, or of a tensor and a constant.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps nothing. Source: ``keras.ops.add``.

    >>> OpAdd().facts((10, 8), (10, 1)).output
    (10, 8)
    """

    op: ClassVar[str] = "Add"
    result: ClassVar[str] = "sum"
    sharing: ClassVar[Sharing] = "sum"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING


class OpSubtract(_ValueByValue):
    """One operand less the other.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps nothing. Source: ``keras.ops.subtract``.

    >>> OpSubtract(x1=1.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Subtract"
    result: ClassVar[str] = "difference"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING


class OpMultiply(_ValueByValue):
    """The product of two tensors, or of a tensor and a constant.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; its products are not counted, as in all merges. Backward keeps the operands,
    but nothing beside a constant. Source:
    ``keras.ops.multiply``.

    >>> OpMultiply(x2=2.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Multiply"
    result: ClassVar[str] = "product"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING if self.has_constant() else all_of(shapes)


class OpDivide(_ValueByValue):
    """One operand divided by the other.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps the operands,
    but nothing where the divisor is a constant. Source: ``keras.ops.divide``.

    >>> OpDivide(x2=255.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Divide"
    result: ClassVar[str] = "quotient"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING if self.x2 is not None else all_of(shapes)


class OpTrueDivide(_ValueByValue):
    """One operand divided by the other; what ``/`` becomes.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps the operands,
    but nothing where the divisor is a constant. Source: ``keras.ops.true_divide``.

    >>> OpTrueDivide(x2=255.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "TrueDivide"
    result: ClassVar[str] = "quotient"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING if self.x2 is not None else all_of(shapes)


class OpMaximum(_ValueByValue):
    """The larger of two values.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps the operands. Source: ``keras.ops.maximum``.

    >>> OpMaximum(x2=0.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Maximum"
    result: ClassVar[str] = "larger"


class OpMinimum(_ValueByValue):
    """The smaller of two values.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps the operands. Source: ``keras.ops.minimum``.

    >>> OpMinimum(x2=6.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Minimum"
    result: ClassVar[str] = "smaller"


class OpPower(_ValueByValue):
    """One operand to the power of the other.

    Operands of shapes that fit when axes of size 1 are repeated; output the larger size of each
    axis; nothing is counted. Backward keeps the operands. Source: ``keras.ops.power``.

    >>> OpPower(x2=2.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Power"
    result: ClassVar[str] = "power"


class OpMatmul(_Binary):
    """The product of two matrices, for each position of the axes in front.

    Inputs ``(..., rows, inner)`` and ``(..., inner, columns)`` with equal axes in front, or one input
    and a constant matrix; output ``(..., rows, columns)``; counted: rows x inner x columns for each
    position of the axes in front. Backward keeps both operands,
    but nothing beside a constant. Source: ``keras.ops.matmul``.

    >>> facts = OpMatmul().facts((4, 10, 8), (4, 8, 5))
    >>> facts.output, facts.macs
    ((4, 10, 5), 1600)
    """

    op: ClassVar[str] = "Matmul"
    result: ClassVar[str] = "product"

    def kept(self, shapes: tuple[Shape, ...]) -> Kept:
        return NOTHING if self.has_constant() else all_of(shapes)

    def _sample(self, shape: Shape, rank: int) -> Shape:
        """A constant matrix has no batch axis, even beside samples of one axis."""
        return shape if len(shape) <= 2 else super()._sample(shape, rank)

    def facts(self, *shapes: Shape) -> Facts:
        front, rows, inner, columns = self._sizes(shapes)
        output = (*front, rows, columns) if rows else (*front, columns)
        reads: Reads = "everything"
        if self.x2 is not None:
            reads = (*map(Window, range(len(shapes[0]) - 1)), None)
        macs = prod(front) * (rows or 1) * inner * columns
        return Facts(output, macs=macs, reads=reads, kept=self.kept(shapes))

    def _sizes(self, shapes: tuple[Shape, ...]) -> tuple[Shape, int, int, int]:
        """The axes in front, rows (0 where a sample is one row), the size summed over, and columns."""
        one, other = self.operand_shapes(shapes)
        if self.x2 is not None:
            return self._by_constant(one, other)
        if self.x1 is not None and len(one) == 2 and len(other) >= 2 and one[1] == other[-2]:
            return other[:-2], one[0], one[1], other[-1]
        if len(one) < 2 or self.x1 is not None or one[:-2] != other[:-2] or one[-1:] != other[-2:-1]:
            raise self._misfit(one, other)
        return one[:-2], one[-2], one[-1], other[-1]

    def _by_constant(self, one: Shape, matrix: Shape) -> tuple[Shape, int, int, int]:
        if len(matrix) != 2 or not one or one[-1] != matrix[0]:
            raise self._misfit(one, matrix)
        return one[:-1], 0, matrix[0], matrix[1]

    def _misfit(self, one: Shape, other: Shape) -> ShapeError:
        return ShapeError(f"{self.kind}: no product of {shape_text(one)} and {shape_text(other)}.")

    def describe(self, *shapes: Shape) -> str:
        return f"sums of {self._sizes(shapes)[2]} products"
