"""Dropout and noise: layers that change values while training and pass them on otherwise.

Sources: keras/src/layers/regularization (Keras 3.15).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.base import DataFormat, Layer, require_rank, split_channels
from cnncalc.layers.facts import Facts, Kept, Made
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import Size

Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Seed = Annotated[int, Field(strict=True)]
NoiseShape = tuple[Size | None, ...]


class _Noise(Layer):
    """Output and input have one shape; at inference an output value is the input value in its place."""

    seed: Seed | None = None

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        return Facts(shape, alias="overwrite", reads="pointwise", kept=Kept(made=self.made(shape)))

    def made(self, shape: Shape) -> tuple[Made, ...]:
        """What is drawn by lot and needed again."""
        return ()


class _Rate(_Noise):
    """Noise that is set by the share of values that it drops."""

    rate: Share

    @property
    def seed_generators(self) -> int:
        return int(self.rate > 0)

    def describe(self, *shapes: Shape) -> str:
        return f"drops {self.rate:.4g} of {self.dropped} while training"

    dropped: ClassVar[str] = "the values"


def _mask(shape: Shape, per_sample: bool = True) -> Made:
    return Made("mask", shape, item_bytes=1, per_sample=per_sample)


class _Shaped(_Rate):
    """Dropout whose mask may be the same along some axes."""

    noise_shape: NoiseShape | None = None

    def facts(self, *shapes: Shape) -> Facts:
        if not self._mask_fits(shapes[0]):
            raise ShapeError(
                f"a mask of {self.noise_shape} cannot be spread over its input of {shape_text(shapes[0])}."
            )
        return super().facts(*shapes)

    def made(self, shape: Shape) -> tuple[Made, ...]:
        """The mask as it is written, axes of size 1 in front where it has fewer than the batch."""
        given = self.noise_shape or (None, *shape)
        batch, *sizes = (1,) * (len(shape) + 1 - len(given)) + given
        mask = tuple(own if size is None else size for size, own in zip(sizes, shape, strict=True))
        return (_mask(mask) if batch is None else _mask((batch, *mask), per_sample=False),)

    def _mask_fits(self, shape: Shape) -> bool:
        """Whether the mask can be spread over the input; the batch axis may have any size."""
        mask = self.noise_shape or ()
        if None in mask and len(mask) <= len(shape):
            return False  # the runtime fills in None by its place, which is another axis in a shorter mask
        pairs = zip(reversed(mask), reversed(shape), strict=False)
        return len(mask) <= len(shape) + 1 and all(size in (None, 1, wanted) for size, wanted in pairs)


class Dropout(_Shaped):
    """Sets a share of the values to zero while training.

    Input any shape, output the same; nothing is counted. Backward keeps the mask, 1 byte for a
    value, which has the input's shape or ``noise_shape`` (written with the batch axis, None for the
    input's size). Source: ``keras.layers.Dropout``.

    >>> Dropout(rate=0.5).facts((10, 10, 8)).output
    (10, 10, 8)
    """


class AlphaDropout(_Shaped):
    """Dropout that keeps mean and variance, for networks with SELU.

    Input any shape, output the same; nothing is counted. Backward keeps the mask, 1 byte for a
    value, which has the input's shape or ``noise_shape`` (written with the batch axis, None for the
    input's size). Source: ``keras.layers.AlphaDropout``.

    >>> AlphaDropout(rate=0.1, noise_shape=(None, 1, 8)).facts((10, 8)).output
    (10, 8)
    """


class GaussianDropout(_Rate):
    """Multiplies each value by random numbers around 1 while training.

    Input any shape, output the same; nothing is counted. Backward keeps the random numbers, as
    many as input values. Source: ``keras.layers.GaussianDropout``.

    >>> GaussianDropout(rate=0.2).facts((10,)).output
    (10,)
    """

    def made(self, shape: Shape) -> tuple[Made, ...]:
        return (Made("random numbers", shape),)

    def describe(self, *shapes: Shape) -> str:
        return f"multiplies by noise of rate {self.rate:.4g} while training"


class GaussianNoise(_Noise):
    """Adds random numbers around 0 while training.

    Input any shape, output the same; nothing is counted. Backward keeps nothing. Source:
    ``keras.layers.GaussianNoise``, which takes no standard deviation above 1.

    >>> GaussianNoise(stddev=0.2).facts((10,)).output
    (10,)
    """

    stddev: Share

    @property
    def seed_generators(self) -> int:
        return int(self.stddev > 0)

    def describe(self, *shapes: Shape) -> str:
        return f"adds noise of standard deviation {self.stddev:.4g} while training"


class _Spatial(_Rate):
    """Dropout of whole channels: the mask has one value for each channel of each sample."""

    rank: ClassVar[int]
    dropped: ClassVar[str] = "the channels"

    def facts(self, *shapes: Shape) -> Facts:
        require_rank(shapes[0], self.rank + 1, self.kind)
        return super().facts(*shapes)

    def made(self, shape: Shape) -> tuple[Made, ...]:
        return (_mask((split_channels(shape, self.layout or "channels_last")[1],)),)


class SpatialDropout1D(_Spatial):
    """Sets whole channels of a sequence to zero while training.

    Input ``(steps, channels)``, output the same; nothing is counted. Backward keeps the mask, one
    value for each channel. Source: ``keras.layers.SpatialDropout1D``.

    >>> SpatialDropout1D(rate=0.5).facts((10, 8)).output
    (10, 8)
    """

    rank: ClassVar[int] = 1


class SpatialDropout2D(_Spatial):
    """Sets whole channels of an image to zero while training.

    Input ``(height, width, channels)``, output the same; nothing is counted. Backward keeps the
    mask, one value for each channel. Source: ``keras.layers.SpatialDropout2D``.

    >>> SpatialDropout2D(rate=0.5).facts((10, 10, 8)).output
    (10, 10, 8)
    """

    rank: ClassVar[int] = 2
    data_format: DataFormat = "channels_last"


class SpatialDropout3D(_Spatial):
    """Sets whole channels of a volume to zero while training.

    Input ``(depth, height, width, channels)``, output the same; nothing is counted. Backward keeps
    the mask, one value for each channel. Source: ``keras.layers.SpatialDropout3D``.

    >>> SpatialDropout3D(rate=0.5).facts((4, 10, 10, 8)).output
    (4, 10, 10, 8)
    """

    rank: ClassVar[int] = 3
    data_format: DataFormat = "channels_last"
