"""Augmentation of images: layers that change their values, not where they are.

They have no weights and nothing is counted. At inference all but the last two hand images on.
Settings that say how far an image
is changed change no number: those that Keras needs are kept, the others accepted and dropped.

Source: keras/src/layers/preprocessing/image_preprocessing (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.errors import ShapeError
from cnncalc.layers.augmentation import Augmentation, Factor
from cnncalc.layers.base import split_channels
from cnncalc.layers.facts import INPUT, Facts, Kept, Reads
from cnncalc.tensors import Shape


class RandomBrightness(Augmentation):
    """Makes images brighter or darker at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomBrightness``.

    >>> RandomBrightness(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "brightens and darkens at random"

    factor: Factor


class RandomContrast(Augmentation):
    """Changes the contrast of images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomContrast``.

    >>> RandomContrast(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    bounds: ClassVar[tuple[int, int]] = (0, 1)
    phrase: ClassVar[str] = "changes the contrast at random"

    factor: Factor


class RandomSaturation(Augmentation):
    """Changes the saturation of the colours of images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomSaturation``.

    >>> RandomSaturation(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "changes the saturation at random"

    factor: Factor


class RandomHue(Augmentation):
    """Shifts the colours of images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomHue``.

    >>> RandomHue(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    bounds: ClassVar[tuple[int, int]] = (0, 1)
    phrase: ClassVar[str] = "shifts the colours at random"

    factor: Factor


class RandomSharpness(Augmentation):
    """Makes images sharper or softer at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomSharpness``.

    >>> RandomSharpness(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    bounds: ClassVar[tuple[int, int]] = (0, 1)
    phrase: ClassVar[str] = "sharpens and softens at random"

    factor: Factor


class RandomColorDegeneration(Augmentation):
    """Mixes images with their grey version at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomColorDegeneration``.

    >>> RandomColorDegeneration(factor=0.2).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "takes colour out at random"

    factor: Factor

    def facts(self, *shapes: Shape) -> Facts:
        facts = super().facts(*shapes)
        channels = split_channels(shapes[0], self.data_format)[1]
        if channels != 3:
            raise ShapeError(f"{self.kind} takes images of 3 channels, found {channels}.")
        return facts


class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue of images at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomColorJitter``.

    >>> RandomColorJitter().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {
            "value_range",
            "seed",
            "bounding_box_format",
        }
    )
    phrase: ClassVar[str] = "changes the colours at random"

    brightness_factor: Factor | None = None
    contrast_factor: Factor | None = None
    saturation_factor: Factor | None = None
    hue_factor: Factor | None = None

    @property
    def seed_generators(self) -> int:
        """Its own, and one for each change that it makes."""
        changes = (self.brightness_factor, self.contrast_factor, self.saturation_factor, self.hue_factor)
        return 1 + sum(factor is not None for factor in changes)


class RandomGrayscale(Augmentation):
    """Makes images grey at random; the number of channels stays.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomGrayscale``.

    >>> RandomGrayscale().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"factor", "seed", "bounding_box_format"})
    phrase: ClassVar[str] = "makes images grey at random"


class RandomInvert(Augmentation):
    """Turns images into their negatives at random.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomInvert``.

    >>> RandomInvert().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"factor", "value_range", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "inverts images at random"


class RandomPosterization(Augmentation):
    """Keeps a random number of bits of each value.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandomPosterization``.

    >>> RandomPosterization(factor=4).facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "seed", "bounding_box_format"})
    bounds: ClassVar[tuple[int, int]] = (1, 8)
    phrase: ClassVar[str] = "keeps some bits of each value"

    factor: Factor


class Solarization(Augmentation):
    """Inverts the values of images above a random threshold.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.Solarization``.

    >>> Solarization().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"addition_factor", "threshold_factor", "value_range", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "inverts values above a threshold"


class RandAugment(Augmentation):
    """Changes images by random operations, one after another.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.RandAugment``.

    >>> RandAugment().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"value_range", "num_ops", "factor", "interpolation", "seed", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "changes images by random operations"

    @property
    def seed_generators(self) -> int:
        """Its own, and one for each of the operations that it chooses from."""
        return 10


class AugMix(Augmentation):
    """Blends images with several randomly changed versions of themselves.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.AugMix``.

    >>> AugMix().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {
            "value_range",
            "num_chains",
            "chain_depth",
            "factor",
            "alpha",
            "all_ops",
            "interpolation",
            "seed",
            "bounding_box_format",
        }
    )
    phrase: ClassVar[str] = "blends randomly changed versions"

    @property
    def seed_generators(self) -> int:
        """Its own, and one for each of the operations that it chooses from."""
        return 10


class Equalization(Augmentation):
    """Spreads the values of each channel evenly over their range.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps
    nothing. Source: ``keras.layers.Equalization``.

    >>> Equalization().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "bins", "bounding_box_format"})
    phrase: ClassVar[str] = "spreads the values of each channel evenly"


class _Always(Augmentation):
    """A layer that changes images at inference too, by all of their values."""

    keeps: ClassVar[Kept] = INPUT

    def reads(self) -> Reads:
        return "everything"

    def describe(self, *shapes: Shape) -> str:
        return self.phrase


class AutoContrast(_Always):
    """Stretches the values of each channel to the whole range, in training and at inference.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps the
    input. Source: ``keras.layers.AutoContrast``.

    >>> AutoContrast().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"value_range", "bounding_box_format"})
    phrase: ClassVar[str] = "stretches each channel to the whole range"


class ContrastLimitedAdaptiveHistogramEqualization(_Always):
    """Spreads the values within tiles of the image evenly, in training and at inference.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps the
    input. Source: ``keras.layers.ContrastLimitedAdaptiveHistogramEqualization``.

    >>> ContrastLimitedAdaptiveHistogramEqualization().facts((32, 32, 3)).output
    (32, 32, 3)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"value_range", "clip_limit", "tile_grid_size", "bounding_box_format"}
    )
    phrase: ClassVar[str] = "spreads the values within tiles evenly"
