"""Layers that make the spatial axes longer or shorter by a few positions: zero padding, cropping.

They have no weights and nothing is counted; backward needs only the shapes.

Sources: keras/src/layers/reshaping/zero_padding1d.py to cropping3d.py (Keras 3.15).
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, WithJsonSchema

from cnncalc.errors import ShapeError
from cnncalc.layers.base import (
    DataFormat,
    Natural,
    Ranked,
    first_spatial_axis,
    join_channels,
    require_rank,
    split_channels,
)
from cnncalc.layers.facts import Facts, Reads, Window
from cnncalc.tensors import Shape


def _pair(value: object) -> object:
    if isinstance(value, int):
        return (value, value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError("must be one number, or one for each end")
    return value


def for_each_axis(rank: int, entry: str) -> Callable[[object], object]:
    def spread(value: object) -> object:
        if isinstance(value, int):
            return (value,) * rank
        if not isinstance(value, (tuple, list)) or len(value) != rank:
            raise ValueError(f"must be one number, or {entry} for each of {rank} axes")
        return value

    return spread


_INTEGER = {"type": "integer"}
_ENDS = {"anyOf": [_INTEGER, {"type": "array", "items": _INTEGER, "minItems": 2, "maxItems": 2}]}


def _ends(rank: int) -> Any:
    axes = {"type": "array", "items": _ENDS, "minItems": rank, "maxItems": rank}
    return WithJsonSchema({"anyOf": [_INTEGER, axes]})


Pair = Annotated[tuple[Natural, Natural], BeforeValidator(_pair), WithJsonSchema(_ENDS)]
"""Positions at the front and at the back of an axis; one number stands for both."""
Pairs2 = Annotated[tuple[Pair, Pair], BeforeValidator(for_each_axis(2, "one or a pair")), _ends(2)]
Pairs3 = Annotated[tuple[Pair, Pair, Pair], BeforeValidator(for_each_axis(3, "one or a pair")), _ends(3)]
Ends = tuple[tuple[int, int], ...]


class Resizing(Ranked):
    """New sizes on the spatial axes, each channel by itself."""

    @property
    def layout(self) -> DataFormat:
        return "channels_last"

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        spatial, channels = self.split(shape)
        return Facts(join_channels(self.sizes(spatial), channels, self.layout), reads=self.reads())

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of an input."""
        require_rank(shape, self.rank + 1, self.kind)
        return split_channels(shape, self.layout)

    def reads(self) -> Reads:
        """Windows on the spatial axes; each channel from itself."""
        start = first_spatial_axis(self.layout)
        found = [self.window(index, start + index) for index in range(self.rank)]
        return (*found, Window(self.rank)) if start == 0 else (Window(0), *found)

    def sizes(self, spatial: Shape) -> Shape:
        """The spatial sizes of the output."""
        raise NotImplementedError

    def window(self, index: int, axis: int) -> Window:
        """The window on that spatial axis, which is that axis of the tensor."""
        raise NotImplementedError

    def sums(self, spatial: Shape) -> list[str]:
        """The sum behind each spatial size."""
        raise NotImplementedError

    def output_sum(self, *shapes: Shape) -> str:
        spatial, channels = self.split(shapes[0])
        sums = self.sums(spatial)
        ordered = [*sums, str(channels)] if self.layout == "channels_last" else [str(channels), *sums]
        return " x ".join(ordered)


class EitherLayout(Resizing):
    """First of the kinds that let the user say where the channels are."""

    data_format: DataFormat = "channels_last"

    @property
    def layout(self) -> DataFormat:
        return self.data_format


class _Padding(EitherLayout):
    padding: tuple[Any, ...]

    @property
    def ends(self) -> Ends:
        """Front and back of every axis."""
        return (self.padding,) if self.rank == 1 else self.padding

    def sizes(self, spatial: Shape) -> Shape:
        return tuple(front + size + back for size, (front, back) in zip(spatial, self.ends, strict=True))

    def window(self, index: int, axis: int) -> Window:
        front, _ = self.ends[index]
        return Window(axis, first=-front, last=-front)

    def sums(self, spatial: Shape) -> list[str]:
        axes = zip(spatial, self.ends, strict=True)
        return [f"({front} + {size} + {back})" for size, (front, back) in axes]

    def describe(self, *shapes: Shape) -> str:
        return f"zeros added, {_ends_text(self.ends)}"


class ZeroPadding1D(_Padding):
    """Zeros before and after one axis.

    Input ``(steps, channels)``, output ``(new_steps, channels)``; nothing is counted. Backward needs
    only the shapes. Source: ``keras.layers.ZeroPadding1D``.

    >>> ZeroPadding1D(padding=(2, 0)).facts((10, 4)).output
    (12, 4)
    """

    rank: ClassVar[int] = 1
    padding: Pair = (1, 1)


class ZeroPadding2D(_Padding):
    """Zeros around an image: one number, one per axis, or front and back of each axis.

    Input ``(height, width, channels)``, output ``(new_height, new_width, channels)``; nothing is
    counted. Backward needs only the shapes. Source: ``keras.layers.ZeroPadding2D``.

    >>> ZeroPadding2D(padding=((0, 1), (2, 2))).facts((20, 30, 3)).output
    (21, 34, 3)
    """

    rank: ClassVar[int] = 2
    padding: Pairs2 = ((1, 1), (1, 1))


class ZeroPadding3D(_Padding):
    """Zeros around a volume: one number, one per axis, or front and back of each axis.

    Input ``(depth, height, width, channels)``, output the same with longer axes; nothing is counted.
    Backward needs only the shapes. Source: ``keras.layers.ZeroPadding3D``.

    >>> ZeroPadding3D(padding=(0, 1, 2)).facts((4, 5, 6, 2)).output
    (4, 7, 10, 2)
    """

    rank: ClassVar[int] = 3
    padding: Pairs3 = ((1, 1), (1, 1), (1, 1))


class _Cropping(Resizing):
    cropping: tuple[Any, ...]

    @property
    def ends(self) -> Ends:
        """Front and back of every axis."""
        return (self.cropping,) if self.rank == 1 else self.cropping

    def sizes(self, spatial: Shape) -> Shape:
        return tuple(_cropped(size, *ends) for size, ends in zip(spatial, self.ends, strict=True))

    def window(self, index: int, axis: int) -> Window:
        front, _ = self.ends[index]
        return Window(axis, first=front, last=front)

    def sums(self, spatial: Shape) -> list[str]:
        axes = zip(spatial, self.ends, strict=True)
        return [f"({size} - {front} - {back})" for size, (front, back) in axes]

    def describe(self, *shapes: Shape) -> str:
        return f"positions cut off, {_ends_text(self.ends)}"


class Cropping1D(_Cropping):
    """Positions cut off one axis, at the front and at the back.

    Input ``(steps, channels)``, output ``(new_steps, channels)``; nothing is counted. Backward needs
    only the shapes. Source: ``keras.layers.Cropping1D``.

    >>> Cropping1D(cropping=(2, 1)).facts((10, 4)).output
    (7, 4)
    """

    rank: ClassVar[int] = 1
    cropping: Pair = (1, 1)


class Cropping2D(EitherLayout, _Cropping):
    """The edges of an image cut off: one number, one per axis, or front and back of each axis.

    Input ``(height, width, channels)``, output ``(new_height, new_width, channels)``; nothing is
    counted. Backward needs only the shapes. Source: ``keras.layers.Cropping2D``.

    >>> Cropping2D(cropping=(1, (0, 2))).facts((20, 30, 3)).output
    (18, 28, 3)
    """

    rank: ClassVar[int] = 2
    cropping: Pairs2 = ((0, 0), (0, 0))


class Cropping3D(EitherLayout, _Cropping):
    """The edges of a volume cut off: one number, one per axis, or front and back of each axis.

    Input ``(depth, height, width, channels)``, output the same with shorter axes; nothing is counted.
    Backward needs only the shapes. Source: ``keras.layers.Cropping3D``.

    >>> Cropping3D().facts((4, 5, 6, 2)).output
    (2, 3, 4, 2)
    """

    rank: ClassVar[int] = 3
    cropping: Pairs3 = ((1, 1), (1, 1), (1, 1))


def _cropped(size: int, front: int, back: int) -> int:
    if front + back >= size:
        raise ShapeError(f"a crop of {front} + {back} leaves nothing of an axis of {size}.")
    return size - front - back


def _ends_text(ends: Ends) -> str:
    if len({number for pair in ends for number in pair}) == 1:
        return f"{ends[0][0]} at every end"
    pairs = ", ".join(f"{front} + {back}" for front, back in ends)
    return f"front + back of each axis: {pairs}"
