"""Normalisation: over a batch, a sample, groups of channels, or neighbouring channels.

Sources: keras/src/layers/normalization (Keras 3.15) and tf.nn.local_response_normalization.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.axes import Axes, as_tuple, mixing, sample_axes, sample_axis
from cnncalc.layers.base import Flag, Integer, Layer, Natural, require_rank
from cnncalc.layers.facts import INPUT_AND_OUTPUT, Facts, Kept, Made, Window, input_and
from cnncalc.tensors import Shape, Weight
from cnncalc.validation import LARGEST

GAMMA_AND_BETA = frozenset(
    {
        "epsilon",
        "beta_initializer",
        "gamma_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
    }
)

Real = Annotated[float, Field(strict=True)]


class _Scaled(Layer):
    """What the normalisations of Keras have in common: learned factors ``gamma``, offsets ``beta``."""

    without_effect: ClassVar[frozenset[str]] = GAMMA_AND_BETA

    center: Flag = True
    scale: Flag = True

    def learned(self, shape: Shape) -> tuple[Weight, ...]:
        gamma = (Weight("gamma", shape),) if self.scale else ()
        beta = (Weight("beta", shape),) if self.center else ()
        return gamma + beta


class BatchNormalization(_Scaled):
    """Each channel brought to mean 0 and variance 1, over the batch in training.

    Input any shape, output the same; nothing is counted. At inference the moving averages are
    used, so that a value depends on the one in its place. Backward keeps the input and, for each
    channel, the mean and the variance of the batch; nothing where the layer is frozen and uses the
    moving averages. Source: ``keras.layers.BatchNormalization``.

    >>> [weight.name for weight in BatchNormalization().facts((10, 10, 8)).weights]
    ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """

    without_effect: ClassVar[frozenset[str]] = GAMMA_AND_BETA | {
        "momentum",
        "renorm_momentum",
        "moving_mean_initializer",
        "moving_variance_initializer",
    }

    axis: Integer = -1
    renorm: Flag = False
    renorm_clipping: dict[str, Real | None] | None = None
    synchronized: Flag = False

    def check(self) -> None:
        if self.renorm and self.renorm_clipping:
            _check_clipping(**self.renorm_clipping)

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        per_channel = (shape[sample_axis(self.axis, shape, self.kind)],)
        averages = tuple(Weight(name, per_channel, trainable=False) for name in self._averages())
        weights = self.learned(per_channel) + averages
        made = tuple(Made(name, per_channel, per_sample=False) for name in ("mean", "variance"))
        kept = Kept((0,), made=made, purpose="training")
        return Facts(shape, weights, reads="pointwise", kept=kept, sharing="reuse")

    def _averages(self) -> tuple[str, ...]:
        renorm = ("moving_stddev", "renorm_mean", "renorm_stddev") if self.renorm else ()
        return ("moving_mean", "moving_variance", *renorm)

    def describe(self, *shapes: Shape) -> str:
        channels = shapes[0][sample_axis(self.axis, shapes[0], self.kind)]
        return f"{channels} channels, each to mean 0 and variance 1 over the batch"


def _check_clipping(
    rmax: float | None = None, rmin: float | None = None, dmax: float | None = None, **unknown: object
) -> None:
    if unknown:
        raise ValueError(f"renorm_clipping takes rmax, rmin and dmax, found {', '.join(unknown)}")
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(f"renorm_clipping has rmax {rmax} below rmin {rmin}")
    if dmax is not None and dmax < 0:
        raise ValueError(f"renorm_clipping has a dmax below 0: {dmax}")


def _without(axes: tuple[int, ...], shape: Shape) -> Shape:
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


class LayerNormalization(_Scaled):
    """Each sample brought to mean 0 and variance 1 along one axis or several.

    Input any shape, output the same; one ``gamma`` and one ``beta`` for each position along the
    axes; nothing is counted. Backward keeps the input, and the mean and the variance of each
    position along the other axes. Source: ``keras.layers.LayerNormalization``.

    >>> LayerNormalization(axis=[1, 2], center=False).facts((10, 8)).weights
    (Weight(name='gamma', shape=(10, 8), trainable=True),)
    """

    axis: Axes = -1
    rms_scaling: Flag = False

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axes = sample_axes(self._sorted_axes(), shape, self.kind)
        return Facts(
            shape,
            self._weights(tuple(shape[axis] for axis in axes)),
            reads=mixing(axes, len(shape)),
            kept=input_and("mean", "variance", shape=_without(axes, shape)),
            sharing="reuse",
        )

    def _sorted_axes(self) -> tuple[int, ...]:
        """Keras sorts the numbers as they are written, so that -1 comes before 1."""
        return tuple(sorted(as_tuple(self.axis)))

    def _weights(self, shape: Shape) -> tuple[Weight, ...]:
        return (Weight("gamma", shape),) if self.rms_scaling else self.learned(shape)

    def describe(self, *shapes: Shape) -> str:
        axes = ", ".join(map(str, as_tuple(self.axis)))
        return f"each sample to mean 0 and variance 1 along axis {axes}"


class GroupNormalization(_Scaled):
    """Each group of channels of a sample brought to mean 0 and variance 1.

    Input any shape, output the same; one ``gamma`` and one ``beta`` for each channel; nothing is
    counted. ``groups=-1`` makes a group of each channel. Backward keeps the input, and the mean and
    the variance of each group. Source: ``keras.layers.GroupNormalization``.

    >>> facts = GroupNormalization(groups=4).facts((10, 10, 8))
    >>> facts.weights[0], facts.reads
    (Weight(name='gamma', shape=(8,), trainable=True), (None, None, None))
    """

    groups: Annotated[int, Field(strict=True, ge=-1, le=LARGEST)] = 32
    axis: Integer = -1

    def check(self) -> None:
        if self.groups == 0:
            raise ValueError("groups must be at least 1, or -1 for a group of each channel, found 0")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axis = sample_axis(self.axis, shape, self.kind)
        channels, groups = shape[axis], self._groups(shape[axis])
        mixed = set(range(len(shape))) - ({axis} if groups == channels else set())
        return Facts(
            shape,
            self.learned((channels,)),
            reads=mixing(mixed, len(shape)),
            kept=input_and("mean", "variance", shape=(groups,)),
            sharing="reuse",
        )

    def _groups(self, channels: int) -> int:
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise ShapeError(f"{channels} channels cannot be shared among {groups} groups.")
        return groups

    def describe(self, *shapes: Shape) -> str:
        channels = shapes[0][sample_axis(self.axis, shapes[0], self.kind)]
        groups = self._groups(channels)
        return f"{groups} groups of {channels // groups} channels, each to mean 0 and variance 1 in a sample"


class LocalResponseNormalization(Layer):
    """Each value divided by a power of the squares of its neighbours in the channels.

    Input ``(height, width, channels)``, output the same; no weights, nothing is counted. Backward
    keeps the input and the output. Source: ``tf.nn.local_response_normalization``, whose names and
    defaults the settings have; Keras has no such layer
    (:mod:`cnncalc.interop.keras_layers` makes one).

    >>> LocalResponseNormalization(depth_radius=2).facts((55, 55, 96)).reads[2]
    Window(axis=2, stride=1, first=-2, last=2)
    """

    depth_radius: Natural = 5
    bias: Real = 1.0
    alpha: Real = 1.0
    beta: Real = 0.5

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        require_rank(shape, 3, self.kind)
        neighbours = Window(2, 1, -self.depth_radius, self.depth_radius)
        return Facts(shape, reads=(Window(0), Window(1), neighbours), kept=INPUT_AND_OUTPUT)

    def describe(self, *shapes: Shape) -> str:
        return f"divides by the squares of {self.depth_radius} channels on either side and its own"
