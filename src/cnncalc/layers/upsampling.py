"""Upsampling: the spatial axes made longer by whole factors.

No weights; nothing is counted, interpolation included; backward needs only the shapes.

Sources: keras/src/layers/reshaping/up_sampling1d.py to up_sampling3d.py (Keras 3.15); for the
pixels that an interpolation reads, ``tf.image.resize``, which puts pixel centres at half-integers.
"""

from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import field_validator

from cnncalc.layers.base import AnyCase, PerAxis
from cnncalc.layers.facts import Window
from cnncalc.layers.resizing import EitherLayout, Resizing, for_each_axis
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import Size

Interpolation = Annotated[Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"], AnyCase]

REACH = {"bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How far the pixels are that an interpolation reads, this distance itself not included.

The others read one pixel: "area" takes the mean over an output pixel's area, which lies within one
input pixel where the size grows by a whole number.
"""


class _UpSampling(Resizing):
    @property
    def distance(self) -> int | None:
        """How near the pixels are that an interpolation reads; None where it reads one pixel."""
        return None

    @property
    def factors(self) -> Shape:
        """How many times as long each axis becomes."""
        raise NotImplementedError

    def sizes(self, spatial: Shape) -> Shape:
        return tuple(factor * size for factor, size in zip(self.factors, spatial, strict=True))

    def window(self, index: int, axis: int) -> Window:
        factor = self.factors[index]
        if factor == 1:
            return Window(axis)
        return _within(axis, factor, self.distance) if self.distance else _nearest(axis, factor)

    def sums(self, spatial: Shape) -> list[str]:
        return [f"({factor} · {size})" for factor, size in zip(self.factors, spatial, strict=True)]

    def describe(self, *shapes: Shape) -> str:
        return f"each position repeated {shape_text(self.factors)} times"


class UpSampling1D(_UpSampling):
    """Each step repeated ``size`` times.

    Input ``(steps, channels)``, output ``(size * steps, channels)``; nothing is counted. Backward
    needs only the shapes. Source: ``keras.layers.UpSampling1D``.

    >>> UpSampling1D(size=3).facts((10, 4)).output
    (30, 4)
    """

    rank: ClassVar[int] = 1
    size: Size = 2

    @property
    def factors(self) -> Shape:
        return (self.size,)


class _FactorPerAxis(EitherLayout, _UpSampling):
    size: PerAxis

    @field_validator("size", mode="before")
    @classmethod
    def _one_factor_per_axis(cls, value: object) -> object:
        return for_each_axis(cls.rank, "one")(value)

    @property
    def factors(self) -> Shape:
        return tuple(self.size)


class UpSampling2D(_FactorPerAxis):
    """An image made larger by whole factors.

    Input ``(height, width, channels)``, output ``(factor * height, factor * width, channels)``; nothing
    is counted. Backward needs only the shapes. Source: ``keras.layers.UpSampling2D``.

    >>> facts = UpSampling2D(size=2, interpolation="bilinear").facts((20, 30, 3))
    >>> facts.output
    (40, 60, 3)
    """

    rank: ClassVar[int] = 2
    size: PerAxis = (2, 2)
    interpolation: Interpolation = "nearest"

    @property
    def distance(self) -> int | None:
        return REACH.get(self.interpolation)

    def describe(self, *shapes: Shape) -> str:
        return f"{shape_text(self.size)} times as large, {self.interpolation} interpolation"


class UpSampling3D(_FactorPerAxis):
    """Each position of a volume repeated along every axis.

    Input ``(depth, height, width, channels)``, output the same with every axis ``size`` times as long;
    nothing is counted. Backward needs only the shapes. Source: ``keras.layers.UpSampling3D``.

    >>> UpSampling3D(size=(1, 2, 3)).facts((4, 5, 6, 2)).output
    (4, 10, 18, 2)
    """

    rank: ClassVar[int] = 3
    size: PerAxis = (2, 2, 2)


def _nearest(axis: int, factor: int) -> Window:
    """Output o reads ⌊o / factor⌋, the one whole number from (o - factor + 1) / factor to o / factor."""
    return Window(axis, Fraction(1, factor), -Fraction(factor - 1, factor), 0)


def _within(axis: int, factor: int, distance: int) -> Window:
    """The whole numbers nearer than ``distance`` to x = (o + 1/2) / factor - 1/2.

    Their distances from x are even multiples of 1 / (2 factor) where the factor is odd and odd ones
    where it is even; ``margin`` is from the distance to the largest of these below it.
    """
    half = Fraction(1, 2 * factor)
    margin = 2 * half if factor % 2 else half
    offset = half - Fraction(1, 2)
    return Window(axis, 2 * half, offset - distance + margin, offset + distance - margin)
