"""Adaptive pooling: over as many windows as output positions are wanted.

Nothing is counted for pooling: it has no multiply-accumulates and no weights.

Source: keras/src/layers/pooling/base_adaptive_pooling.py, adaptive pooling in
keras/src/backend/tensorflow/nn.py (Keras 3.15).
"""

from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, field_validator

from cnncalc.layers.base import (
    PerAxis,
    Ranked,
    first_spatial_axis,
    join_channels,
    require_rank,
    split_channels,
)
from cnncalc.layers.facts import INPUT_AND_OUTPUT, NOTHING, Facts, Kept, Number, Reads, Window
from cnncalc.tensors import Shape
from cnncalc.units import shape_text

InThisCase = Annotated[
    Literal["channels_last", "channels_first"],
    BeforeValidator(lambda value: "channels_last" if value is None else value),
]
"""Keras does not fold the case of this name here, unlike elsewhere."""


class _Adaptive(Ranked):
    """Each axis cut into ``output_size`` windows that overlap where it cannot be cut evenly."""

    taken: ClassVar[str]
    """What is taken of a window, in a word."""
    keeps: ClassVar[Kept] = NOTHING

    output_size: PerAxis
    data_format: InThisCase = "channels_last"

    @field_validator("output_size", mode="before")
    @classmethod
    def _one_size_per_axis(cls, value: object) -> object:
        return cls._one_number_per_axis(value)

    def facts(self, *shapes: Shape) -> Facts:
        spatial, channels = self.split(shapes[0])
        output = join_channels(self.output_size, channels, self.data_format)
        return Facts(output, reads=self.reads(spatial), kept=self.keeps)

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of an input."""
        require_rank(shape, self.rank + 1, self.kind)
        return split_channels(shape, self.data_format)

    def reads(self, spatial: Shape) -> Reads:
        """Windows on the spatial axes; each channel from itself."""
        start = first_spatial_axis(self.data_format)
        sizes = zip(spatial, self.output_size, strict=True)
        found = [_window(start + index, size, wanted) for index, (size, wanted) in enumerate(sizes)]
        return (*found, Window(self.rank)) if start == 0 else (Window(0), *found)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.taken} over {shape_text(self.output_size)} windows that cover the input"


def _window(axis: int, size: int, wanted: int) -> Window:
    """Output position ``o`` reads from floor(o * size / wanted) to ceil((o + 1) * size / wanted) - 1.

    >>> _window(0, 6, 3)
    Window(axis=0, stride=2, first=0, last=1)
    """
    stride = Fraction(size, wanted)
    rounding = 1 - Fraction(1, stride.denominator)
    return Window(axis, _plain(stride), _plain(-rounding), _plain(stride - 1 + rounding))


def _plain(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value


class AdaptiveAveragePooling1D(_Adaptive):
    """The mean of each of a given number of windows over one axis.

    Input ``(steps, channels)``, output ``(output_size, channels)``; nothing is counted. Backward
    needs only the shapes. Source: ``keras.layers.AdaptiveAveragePooling1D``.

    >>> AdaptiveAveragePooling1D(output_size=3).facts((10, 4)).output
    (3, 4)
    """

    rank: ClassVar[int] = 1
    taken: ClassVar[str] = "mean"


class AdaptiveAveragePooling2D(_Adaptive):
    """The mean of each of a given number of windows over two axes.

    Input ``(height, width, channels)``, output the same with ``output_size`` for height and width;
    nothing is counted. Backward needs only the shapes. Source:
    ``keras.layers.AdaptiveAveragePooling2D``.

    >>> AdaptiveAveragePooling2D(output_size=7).facts((20, 15, 8)).output
    (7, 7, 8)
    """

    rank: ClassVar[int] = 2
    taken: ClassVar[str] = "mean"


class AdaptiveAveragePooling3D(_Adaptive):
    """The mean of each of a given number of windows over three axes.

    Input ``(depth, height, width, channels)``, output the same with ``output_size`` for the spatial
    sizes; nothing is counted. Backward needs only the shapes. Source:
    ``keras.layers.AdaptiveAveragePooling3D``.

    >>> AdaptiveAveragePooling3D(output_size=(1, 2, 2)).facts((4, 7, 7, 8)).output
    (1, 2, 2, 8)
    """

    rank: ClassVar[int] = 3
    taken: ClassVar[str] = "mean"


class AdaptiveMaxPooling1D(_Adaptive):
    """The largest value of each of a given number of windows over one axis.

    Input ``(steps, channels)``, output ``(output_size, channels)``; nothing is counted. Backward
    keeps the input and the output. Source: ``keras.layers.AdaptiveMaxPooling1D``.

    >>> AdaptiveMaxPooling1D(output_size=3).facts((10, 4)).output
    (3, 4)
    """

    rank: ClassVar[int] = 1
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class AdaptiveMaxPooling2D(_Adaptive):
    """The largest value of each of a given number of windows over two axes.

    Input ``(height, width, channels)``, output the same with ``output_size`` for height and width;
    nothing is counted. Backward keeps the input and the output. Source:
    ``keras.layers.AdaptiveMaxPooling2D``.

    >>> AdaptiveMaxPooling2D(output_size=7).facts((20, 15, 8)).output
    (7, 7, 8)
    """

    rank: ClassVar[int] = 2
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class AdaptiveMaxPooling3D(_Adaptive):
    """The largest value of each of a given number of windows over three axes.

    Input ``(depth, height, width, channels)``, output the same with ``output_size`` for the spatial
    sizes; nothing is counted. Backward keeps the input and the output. Source:
    ``keras.layers.AdaptiveMaxPooling3D``.

    >>> AdaptiveMaxPooling3D(output_size=(1, 2, 2)).facts((4, 7, 7, 8)).output
    (1, 2, 2, 8)
    """

    rank: ClassVar[int] = 3
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT
