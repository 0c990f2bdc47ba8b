"""Layers that bring images to a given height and width.

They have no weights and nothing is counted; backward needs only the shapes.

Sources: keras/src/layers/preprocessing/image_preprocessing/resizing.py, center_crop.py and
random_crop.py (Keras 3.15).
"""

from fractions import Fraction
from typing import ClassVar

from cnncalc.layers.base import DataFormat, Flag, Ranked, join_channels, require_rank, split_channels
from cnncalc.layers.facts import Facts, Reads, Window
from cnncalc.tensors import Shape
from cnncalc.validation import Size

_REACH = {
    "nearest": Fraction(1, 2),
    "bilinear": Fraction(1),
    "bicubic": Fraction(2),
    "lanczos3": Fraction(3),
    "lanczos5": Fraction(5),
}
"""How far from its centre an output position reads, in input positions."""


class _ToSize(Ranked):
    """New height and width, each channel by itself."""

    rank: ClassVar[int] = 2
    without_effect: ClassVar[frozenset[str]] = frozenset({"bounding_box_format"})

    height: Size
    width: Size
    data_format: DataFormat = "channels_last"

    def facts(self, *shapes: Shape) -> Facts:
        spatial, channels = self.split(shapes[0])
        output = join_channels((self.height, self.width), channels, self.data_format)
        return Facts(output, reads=self.reads(spatial))

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Height and width, and channels of an input."""
        require_rank(shape, 3, self.kind)
        return split_channels(shape, self.data_format)

    def reads(self, spatial: Shape) -> Reads:
        if self.data_format == "channels_first":
            return (Window(0), *self.windows(spatial, 1))
        return (*self.windows(spatial, 0), Window(2))

    def windows(self, spatial: Shape, start: int) -> tuple[Window | None, Window | None]:
        """The windows on height and width, which are the axes from ``start`` on."""
        return None, None


class Resizing(_ToSize):
    """Images brought to a height and width by interpolation.

    Input ``(height, width, channels)``, output the same with the new sizes; nothing is counted. With
    ``crop_to_aspect_ratio`` or ``pad_to_aspect_ratio`` images keep their proportions. Backward needs
    only the shapes. Source: ``keras.layers.Resizing``.

    >>> Resizing(height=224, width=224).facts((480, 640, 3)).output
    (224, 224, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"fill_mode", "fill_value"})

    interpolation: str = "bilinear"
    crop_to_aspect_ratio: Flag = False
    pad_to_aspect_ratio: Flag = False
    antialias: Flag = False

    def check(self) -> None:
        if self.interpolation not in _REACH:
            raise ValueError(f"interpolation must be one of {', '.join(_REACH)}, found {self.interpolation}")
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError("crop_to_aspect_ratio does not go with pad_to_aspect_ratio")

    def windows(self, spatial: Shape, start: int) -> tuple[Window | None, Window | None]:
        if self.crop_to_aspect_ratio or self.pad_to_aspect_ratio:
            return None, None
        return self._window(spatial[0], self.height, start), self._window(spatial[1], self.width, start + 1)

    def _window(self, size: int, wanted: int, axis: int) -> Window:
        """Around the centre of an output position, which lies at stride * (o + 1/2) - 1/2."""
        stride = Fraction(size, wanted)
        reach = _REACH[self.interpolation] * (max(stride, Fraction(1)) if self.antialias else 1)
        centre = (stride - 1) / 2
        return Window(axis, stride, centre - reach, centre + reach)

    def describe(self, *shapes: Shape) -> str:
        return f"to {self.height} x {self.width}, {self.interpolation}"


class CenterCrop(_ToSize):
    """The middle of an image; an image that is too small is made larger first.

    Input ``(height, width, channels)``, output the same with the new sizes; nothing is counted.
    Backward needs only the shapes. Source: ``keras.layers.CenterCrop``.

    >>> CenterCrop(height=6, width=8).facts((10, 10, 3)).reads[0]
    Window(axis=0, stride=1, first=2, last=2)
    """

    def windows(self, spatial: Shape, start: int) -> tuple[Window | None, Window | None]:
        top, left = (spatial[0] - self.height) // 2, (spatial[1] - self.width) // 2
        if spatial[0] < self.height or spatial[1] < self.width:
            return None, None
        return Window(start, 1, top, top), Window(start + 1, 1, left, left)

    def describe(self, *shapes: Shape) -> str:
        return f"the middle {self.height} x {self.width} of the image"


class RandomCrop(_ToSize):
    """A part of an image from anywhere in it.

    Input ``(height, width, channels)``, output the same with the new sizes, as Keras states it (at
    inference its layer hands images on uncropped); nothing is counted. Backward needs only the shapes.
    Source: ``keras.layers.RandomCrop``.

    >>> RandomCrop(height=6, width=8).facts((10, 10, 3)).output
    (6, 8, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"seed", "bounding_box_format"})

    @property
    def seed_generators(self) -> int:
        return 1

    def describe(self, *shapes: Shape) -> str:
        return f"{self.height} x {self.width} from anywhere in the image"
