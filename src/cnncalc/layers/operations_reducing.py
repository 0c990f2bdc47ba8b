"""Operations that make one value of many, along axes that are counted with the batch axis as 0.

Source: keras/src/ops/numpy.py (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.layers.axes import Axes, as_tuple, sample_axes
from cnncalc.layers.base import Flag
from cnncalc.layers.facts import INPUT, INPUT_AND_OUTPUT, NOTHING, Facts, Kept, Window
from cnncalc.layers.operations import Operation
from cnncalc.tensors import Shape


class _Reduction(Operation):
    """One value for all values along the axes."""

    phrase: ClassVar[str]
    keeps: ClassVar[Kept]

    axis: Axes
    keepdims: Flag = False

    def check(self) -> None:
        if self.axis == ():
            raise ValueError("axis names no axis")

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        reduced = sample_axes(self.axis, shape, self.kind)
        left = [axis for axis in range(len(shape)) if axis not in reduced]
        if self.keepdims:
            output = tuple(1 if axis in reduced else size for axis, size in enumerate(shape))
            reads = tuple(Window(a) if a in left else None for a in range(len(shape)))
            return Facts(output, reads=reads, kept=self.keeps)
        reads = tuple(Window(left.index(a)) if a in left else None for a in range(len(shape)))
        return Facts(tuple(shape[axis] for axis in left), reads=reads, kept=self.keeps)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.phrase} along axis {', '.join(map(str, as_tuple(self.axis)))}"


class OpMean(_Reduction):
    """The mean along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward needs only the shapes. Source: ``keras.ops.mean``.

    >>> OpMean(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    op: ClassVar[str] = "Mean"
    phrase: ClassVar[str] = "mean"
    keeps: ClassVar[Kept] = NOTHING


class OpMax(_Reduction):
    """The largest value along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward keeps the input and the output. Source: ``keras.ops.max``.

    >>> OpMax(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"initial"})
    op: ClassVar[str] = "Max"
    phrase: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class OpMin(_Reduction):
    """The smallest value along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward keeps the input and the output. Source: ``keras.ops.min``.

    >>> OpMin(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"initial"})
    op: ClassVar[str] = "Min"
    phrase: ClassVar[str] = "min"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class OpSum(_Reduction):
    """The sum along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward needs only the shapes. Source: ``keras.ops.sum``.

    >>> OpSum(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    op: ClassVar[str] = "Sum"
    phrase: ClassVar[str] = "sum"
    keeps: ClassVar[Kept] = NOTHING


class OpProd(_Reduction):
    """The product along some axes; not counted, as no product outside of sums.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward keeps the input and the output. Source: ``keras.ops.prod``.

    >>> OpProd(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    op: ClassVar[str] = "Prod"
    phrase: ClassVar[str] = "product"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class OpVar(_Reduction):
    """The variance along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward keeps the input. Source: ``keras.ops.var``.

    >>> OpVar(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    op: ClassVar[str] = "Var"
    phrase: ClassVar[str] = "variance"
    keeps: ClassVar[Kept] = INPUT


class OpStd(_Reduction):
    """The standard deviation along some axes.

    Input any shape, output the same without the axes, or with size 1 along them; nothing is
    counted. Backward keeps the input. Source: ``keras.ops.std``.

    >>> OpStd(axis=(1, 2)).facts((10, 10, 8)).output
    (8,)
    """

    op: ClassVar[str] = "Std"
    phrase: ClassVar[str] = "standard deviation"
    keeps: ClassVar[Kept] = INPUT
