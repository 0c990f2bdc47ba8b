"""Layers that bring data into range: fixed factors, or a mean and a variance learned from the data.

Sources: keras/src/layers/preprocessing/rescaling.py and normalization.py (Keras 3.15).
"""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from cnncalc.errors import ShapeError
from cnncalc.layers.axes import Axes, sample_axes
from cnncalc.layers.base import Flag, Layer
from cnncalc.layers.facts import Facts
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text


def _plain_numbers(value: Any) -> Any:
    """Numbers, lists and arrays as floats in nested tuples."""
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError("must be a number or a list of numbers")
    items = tuple(map(_plain_numbers, value))
    if len(set(map(numbers_shape, items))) > 1:
        raise ValueError("must have lists of equal length and depth")
    return items


def numbers_shape(value: Any) -> Shape:
    """
    >>> numbers_shape(1.0), numbers_shape(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)))
    ((), (2, 3))
    """
    if isinstance(value, float):
        return ()
    return (len(value), *(numbers_shape(value[0]) if value else ()))


_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "array"}]}
Numbers = Annotated[Any, BeforeValidator(_plain_numbers), WithJsonSchema(_SCHEMA)]
"""A number, or numbers in nested lists of equal lengths; kept as nested tuples."""


def _fits(shape: Shape, sizes: Shape) -> bool:
    """Whether numbers of a shape can be spread over these sizes, the last axes on one another."""
    pairs = zip(reversed(shape), reversed(sizes), strict=False)
    return len(shape) <= len(sizes) and all(size in (1, wanted) for size, wanted in pairs)


class Rescaling(Layer):
    """Each value times ``scale`` plus ``offset``.

    Input any shape, output the same; no weights, nothing is counted. Backward keeps nothing. Lists
    of numbers that would change the shape are refused; ``keras.layers.Rescaling``, the source,
    notices when it runs, if at all.

    >>> Rescaling(scale=1 / 127.5, offset=-1).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    scale: Numbers
    offset: Numbers = 0.0

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        for setting, value in self.settings().items():
            if not _fits(numbers_shape(value), shape):
                found = shape_text(numbers_shape(value))
                raise ShapeError(
                    f"{setting} of {found} numbers cannot be spread over its input of {shape_text(shape)}."
                )
        return Facts(shape, reads="pointwise", sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"times {_number_text(self.scale)} plus {_number_text(self.offset)}"


def _number_text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else f"{shape_text(numbers_shape(value))} numbers"


class Normalization(Layer):
    """Mean and variance of the data taken out, along the axes kept or (``axis=None``) over all values.

    Input any shape, output the same; nothing is counted. The weights, none of them trained by
    descent, are there only where mean and variance are to be learned from the data with
    ``adapt``; one of them counts the values seen. Backward keeps nothing. Source:
    ``keras.layers.Normalization``.

    >>> [weight.shape for weight in Normalization().facts((32, 32, 3)).weights]
    [(3,), (3,), ()]
    >>> Normalization(mean=[1, 2, 3], variance=[1, 1, 1]).facts((32, 32, 3)).weights
    ()
    """

    axis: Axes | None = -1
    mean: Numbers | None = None
    variance: Numbers | None = None
    invert: Flag = False

    def check(self) -> None:
        if (self.mean is None) != (self.variance is None):
            raise ValueError(f"mean {self.mean} and variance {self.variance} must be given together")
        if self.mean is not None and numbers_shape(self.mean) != numbers_shape(self.variance):
            raise ValueError(f"mean {self.mean} and variance {self.variance} differ in shape")

    def variable_dtypes(self, weights: Sequence[Weight], dtype: str) -> tuple[str, ...]:
        """The count is a whole number under every policy."""
        found = super().variable_dtypes(weights, dtype)
        return tuple("int64" if w.name == "count" else own for w, own in zip(weights, found, strict=True))

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        kept = self._kept(shape)
        if self.mean is None:
            return Facts(shape, _learned(kept), reads="pointwise", sharing="reuse")
        if not _fits(numbers_shape(self.mean), kept):
            found = shape_text(numbers_shape(self.mean))
            raise ShapeError(
                f"a mean of {found} numbers does not fit {shape_text(kept)} along axis {self.axis}."
            )
        return Facts(shape, reads="pointwise", sharing="reuse")

    def _kept(self, shape: Shape) -> Shape:
        """Sizes of the axes along which mean and variance differ."""
        axes = () if self.axis is None else sample_axes(self.axis, shape, self.kind)
        return tuple(shape[axis] for axis in sorted(axes))

    def describe(self, *shapes: Shape) -> str:
        source = "from the data" if self.mean is None else "given"
        return f"{shape_text(self._kept(shapes[0]))} means and variances {source}"


def _learned(kept: Shape) -> tuple[Weight, ...]:
    shapes = {"mean": kept, "variance": kept, "count": ()}
    return tuple(Weight(name, shape, trainable=False) for name, shape in shapes.items())
