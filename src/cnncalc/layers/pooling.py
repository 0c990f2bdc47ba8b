"""Pooling: over sliding windows, and over all positions at once.

Nothing is counted for pooling: it has no multiply-accumulates and no weights.

Sources: keras/src/layers/pooling/base_pooling.py and base_global_pooling.py,
compute_pooling_output_shape in keras/src/ops/operation_utils.py (Keras 3.15).
"""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from cnncalc.layers.base import (
    DataFormat,
    Flag,
    PerAxis,
    Ranked,
    first_spatial_axis,
    join_channels,
    require_rank,
    split_channels,
)
from cnncalc.layers.facts import INPUT_AND_OUTPUT, NOTHING, Facts, Kept, Reads, Window
from cnncalc.layers.windows import output_sizes, output_sum, phrase, windows
from cnncalc.tensors import Shape
from cnncalc.units import shape_text


class _Pooling(Ranked):
    """A window that slides over the spatial axes, each channel by itself."""

    taken: ClassVar[str]
    """What is taken of a window, in a word."""
    keeps: ClassVar[Kept] = NOTHING

    pool_size: PerAxis
    strides: PerAxis | None = None
    padding: Literal["valid", "same"] = "valid"  # in this case only: Keras's shape rule does not fold it
    data_format: DataFormat = "channels_last"

    @field_validator("pool_size", "strides", mode="before")
    @classmethod
    def _one_number_per_axis(cls, value: object) -> object:
        return None if value is None else super()._one_number_per_axis(value)

    @property
    def steps(self) -> Shape:
        """The strides, which are the window's own size where none are given."""
        return tuple(self.strides or self.pool_size)

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        spatial, channels = self.split(shape)
        positions = output_sizes(spatial, self.pool_size, self.steps, self.padding, shape)
        output = join_channels(positions, channels, self.data_format)
        return Facts(output, reads=self.reads(spatial), kept=self.keeps)

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of an input."""
        require_rank(shape, self.rank + 1, self.kind)
        return split_channels(shape, self.data_format)

    def reads(self, spatial: Shape) -> Reads:
        """Windows on the spatial axes; each channel from itself."""
        axis = first_spatial_axis(self.data_format)
        found = windows(spatial, self.pool_size, self.steps, self.padding, axis)
        return (*found, Window(self.rank)) if axis == 0 else (Window(0), *found)

    def describe(self, *shapes: Shape) -> str:
        sliding = phrase(self.steps, self.padding)
        return f"{self.taken} over windows of {shape_text(self.pool_size)}, {sliding}"

    def output_sum(self, *shapes: Shape) -> str:
        spatial, channels = self.split(shapes[0])
        sums = output_sum(spatial, self.pool_size, self.steps, self.padding)
        ordered = [*sums, str(channels)] if self.data_format == "channels_last" else [str(channels), *sums]
        return " x ".join(ordered)


class _MaxPooling(_Pooling):
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT
    pool_size: PerAxis = Field(default=2, validate_default=True)


class _AveragePooling(_Pooling):
    """The mean of a window; padding positions do not take part in it."""

    taken: ClassVar[str] = "mean"


class MaxPooling1D(_MaxPooling):
    """The largest value of each window over one axis.

    Input ``(steps, channels)``, output ``(new_steps, channels)``; nothing is counted. Backward keeps
    the input and the output. Source: ``keras.layers.MaxPooling1D``.

    >>> MaxPooling1D().facts((10, 4)).output
    (5, 4)
    """

    rank: ClassVar[int] = 1


class MaxPooling2D(_MaxPooling):
    """The largest value of each window over two axes.

    Input ``(height, width, channels)``, output ``(new_height, new_width, channels)``; nothing is
    counted. Backward keeps the input and the output. Source: ``keras.layers.MaxPooling2D``.

    >>> MaxPooling2D(pool_size=3, strides=2, padding="same").facts((75, 50, 8)).output
    (38, 25, 8)
    """

    rank: ClassVar[int] = 2


class MaxPooling3D(_MaxPooling):
    """The largest value of each window over three axes.

    Input ``(depth, height, width, channels)``, output the same with new spatial sizes; nothing is
    counted. Backward keeps the input and the output. Source: ``keras.layers.MaxPooling3D``.

    >>> MaxPooling3D(pool_size=(1, 2, 2)).facts((4, 10, 10, 2)).output
    (4, 5, 5, 2)
    """

    rank: ClassVar[int] = 3


class AveragePooling1D(_AveragePooling):
    """The mean of each window over one axis.

    Input ``(steps, channels)``, output ``(new_steps, channels)``; nothing is counted. Backward needs
    only the shapes. Source: ``keras.layers.AveragePooling1D``.

    >>> AveragePooling1D(pool_size=3, strides=1).facts((10, 4)).output
    (8, 4)
    """

    rank: ClassVar[int] = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window over two axes.

    Input ``(height, width, channels)``, output ``(new_height, new_width, channels)``; nothing is
    counted. Backward needs only the shapes. Source: ``keras.layers.AveragePooling2D``.

    >>> AveragePooling2D(pool_size=2).facts((7, 8, 16)).output
    (3, 4, 16)
    """

    rank: ClassVar[int] = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window over three axes.

    Input ``(depth, height, width, channels)``, output the same with new spatial sizes; nothing is
    counted. Backward needs only the shapes. Source: ``keras.layers.AveragePooling3D``.

    >>> AveragePooling3D(pool_size=2, data_format="channels_first").facts((2, 4, 10, 10)).output
    (2, 2, 5, 5)
    """

    rank: ClassVar[int] = 3


class _GlobalPooling(Ranked):
    """One value per channel, from all of its positions."""

    taken: ClassVar[str]
    """What is taken of all positions, in a word."""
    keeps: ClassVar[Kept] = NOTHING

    data_format: DataFormat = "channels_last"
    keepdims: Flag = False

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        _, channels = self.split(shape)
        ones = (1,) * self.rank if self.keepdims else ()
        output = join_channels(ones, channels, self.data_format)
        return Facts(output, reads=self.reads(), kept=self.keeps)

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of an input."""
        require_rank(shape, self.rank + 1, self.kind)
        return split_channels(shape, self.data_format)

    def reads(self) -> Reads:
        """All of every spatial axis; each channel from itself."""
        spatial = (None,) * self.rank
        if self.data_format == "channels_first":
            return (Window(0), *spatial)
        return (*spatial, Window(self.rank if self.keepdims else 0))

    def describe(self, *shapes: Shape) -> str:
        return f"{self.taken} over all {shape_text(self.split(shapes[0])[0])} positions of each channel"


class GlobalMaxPooling1D(_GlobalPooling):
    """The largest value of each channel over one axis.

    Input ``(steps, channels)``, output ``(channels,)``, or ``(1, channels)`` with ``keepdims``;
    nothing is counted. Backward keeps the input and the output. Source:
    ``keras.layers.GlobalMaxPooling1D``.

    >>> GlobalMaxPooling1D().facts((10, 4)).output
    (4,)
    """

    rank: ClassVar[int] = 1
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest value of each channel over two axes.

    Input ``(height, width, channels)``, output ``(channels,)``, or ``(1, 1, channels)`` with
    ``keepdims``; nothing is counted. Backward keeps the input and the output. Source:
    ``keras.layers.GlobalMaxPooling2D``.

    >>> GlobalMaxPooling2D(keepdims=True).facts((7, 7, 512)).output
    (1, 1, 512)
    """

    rank: ClassVar[int] = 2
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class GlobalMaxPooling3D(_GlobalPooling):
    """The largest value of each channel over three axes.

    Input ``(depth, height, width, channels)``, output ``(channels,)``, or ``(1, 1, 1, channels)``
    with ``keepdims``; nothing is counted. Backward keeps the input and the output. Source:
    ``keras.layers.GlobalMaxPooling3D``.

    >>> GlobalMaxPooling3D(data_format="channels_first").facts((8, 4, 7, 7)).output
    (8,)
    """

    rank: ClassVar[int] = 3
    taken: ClassVar[str] = "max"
    keeps: ClassVar[Kept] = INPUT_AND_OUTPUT


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel over one axis.

    Input ``(steps, channels)``, output ``(channels,)``, or ``(1, channels)`` with ``keepdims``;
    nothing is counted. Backward needs only the shapes. Source:
    ``keras.layers.GlobalAveragePooling1D``.

    >>> GlobalAveragePooling1D(data_format="channels_first", keepdims=True).facts((4, 10)).output
    (4, 1)
    """

    rank: ClassVar[int] = 1
    taken: ClassVar[str] = "mean"


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel over two axes.

    Input ``(height, width, channels)``, output ``(channels,)``, or ``(1, 1, channels)`` with
    ``keepdims``; nothing is counted. Backward needs only the shapes. Source:
    ``keras.layers.GlobalAveragePooling2D``.

    >>> GlobalAveragePooling2D().facts((7, 7, 2048)).output
    (2048,)
    """

    rank: ClassVar[int] = 2
    taken: ClassVar[str] = "mean"


class GlobalAveragePooling3D(_GlobalPooling):
    """The mean of each channel over three axes.

    Input ``(depth, height, width, channels)``, output ``(channels,)``, or ``(1, 1, 1, channels)``
    with ``keepdims``; nothing is counted. Backward needs only the shapes. Source:
    ``keras.layers.GlobalAveragePooling3D``.

    >>> GlobalAveragePooling3D().facts((4, 7, 7, 8)).output
    (8,)
    """

    rank: ClassVar[int] = 3
    taken: ClassVar[str] = "mean"
