"""Augmentation of images: layers that move, distort or blend them at random while training.

They have no weights and nothing is counted. At inference they hand images on.
Settings that say how far an image
is changed change no number: those that Keras needs are kept, the others accepted and dropped.

Source: keras/src/layers/preprocessing/image_preprocessing (Keras 3.15).
"""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, WithJsonSchema

from cnncalc.layers.base import DataFormat, Layer, require_rank
from cnncalc.layers.facts import NOTHING, Facts, Kept, Reads
from cnncalc.tensors import Shape


def _number_or_pair(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError("must be a number or a list of two numbers")
    return tuple(value)


_NUMBER = {"type": "number"}
_SCHEMA = {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}]}
Factor = Annotated[float | tuple[float, float], BeforeValidator(_number_or_pair), WithJsonSchema(_SCHEMA)]
"""How far an image may be changed: a number, or the least and the most."""


class Augmentation(Layer):
    """An image layer whose output has the input's shape."""

    phrase: ClassVar[str]
    bounds: ClassVar[tuple[int, int]] = (-1, 1)
    """Between which numbers Keras takes a factor."""

    keeps: ClassVar[Kept] = NOTHING

    data_format: DataFormat = "channels_last"

    def check(self) -> None:
        least, most = self.bounds
        for setting, value in self.settings().items():
            if setting in FACTORS and value is not None and not self.takes(value):
                raise ValueError(f"{setting} must lie between {least} and {most}, found {value}")

    @property
    def seed_generators(self) -> int:
        """One, in the classes that take a seed."""
        return int("seed" in self.without_effect)

    def takes(self, factor: float | tuple[float, float]) -> bool:
        """As Keras asks it: of a pair, the first not above the range and the second not below."""
        low, high = factor if isinstance(factor, tuple) else (factor, factor)
        return low <= self.bounds[1] and high >= self.bounds[0]

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        require_rank(shape, 3, self.kind)
        return Facts(shape, reads=self.reads(), kept=self.keeps)

    def reads(self) -> Reads:
        return "pointwise"

    def describe(self, *shapes: Shape) -> str:
        return f"{self.phrase} while training"


FACTORS = ("factor", "height_factor", "width_factor")


class RandomFlip(Augmentation):
    """Mirrors images at random, left to right, top to bottom, or both.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomFlip``.

    >>> RandomFlip().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"mode", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "mirrors images at random"


class RandomRotation(Augmentation):
    """Turns images by random angles.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomRotation``.

    >>> RandomRotation(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"fill_mode", "interpolation", "seed", "fill_value", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "turns images at random"

    factor: Factor


class RandomZoom(Augmentation):
    """Makes images larger or smaller at random, within their frame.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomZoom``.

    >>> RandomZoom(height_factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"fill_mode", "interpolation", "seed", "fill_value", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "zooms images at random"

    height_factor: Factor
    width_factor: Factor | None = None

    def takes(self, factor: float | tuple[float, float]) -> bool:
        return all(-1 < number <= 1 for number in (factor if isinstance(factor, tuple) else (factor,)))


class RandomTranslation(Augmentation):
    """Shifts images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomTranslation``.

    >>> RandomTranslation(height_factor=0.2, width_factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"fill_mode", "interpolation", "seed", "fill_value", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "shifts images at random"

    height_factor: Factor
    width_factor: Factor

    def takes(self, factor: float | tuple[float, float]) -> bool:
        return all(-1 <= number <= 1 for number in (factor if isinstance(factor, tuple) else (factor,)))


class RandomShear(Augmentation):
    """Slants images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomShear``.

    >>> RandomShear().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"x_factor", "y_factor", "interpolation", "fill_mode", "fill_value", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "slants images at random"


class RandomPerspective(Augmentation):
    """Tilts images at random, as if seen from elsewhere.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomPerspective``.

    >>> RandomPerspective().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"factor", "scale", "interpolation", "fill_value", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "tilts images at random"


class RandomElasticTransform(Augmentation):
    """Distorts images at random, as if on a rubber sheet.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomElasticTransform``.

    >>> RandomElasticTransform().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {
            "factor",
            "scale",
            "interpolation",
            "fill_mode",
            "fill_value",
            "value_range",
            "seed",
            "bounding_box_format",
        }
    )
    phrase: ClassVar[str] = "distorts images at random"


class RandomErasing(Augmentation):
    """Overwrites random rectangles of images.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomErasing``.

    >>> RandomErasing().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"factor", "scale", "fill_value", "value_range", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "overwrites random rectangles"


class RandomGaussianBlur(Augmentation):
    """Blurs images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomGaussianBlur``.

    >>> RandomGaussianBlur().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"factor", "kernel_size", "sigma", "value_range", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "blurs images at random"


class CutMix(Augmentation):
    """Pastes a rectangle of one image of the batch into another.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.CutMix``.

    >>> CutMix().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"factor", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "pastes images of the batch into one another"


class MixUp(Augmentation):
    """Blends each image with another of the batch.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.MixUp``.

    >>> MixUp().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"alpha", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "blends images of the batch"
