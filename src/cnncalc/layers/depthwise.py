"""Convolutions that keep the channels apart: depthwise, and separable, which mixes them afterwards.

Sources: keras/src/layers/convolutional/base_depthwise_conv.py and base_separable_conv.py (Keras
3.15). Unlike a plain convolution these may have strides and dilation at once.
"""

from fractions import Fraction
from math import prod
from typing import Any, ClassVar

from cnncalc.layers.activation_names import activation_part
from cnncalc.layers.base import Part, join_channels, weight_settings
from cnncalc.layers.convolution import Conv, Conv1D, Conv2D, Sliding, WithFilters
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size


class Depthwise(Sliding):
    """``depth_multiplier`` kernels for each channel; every kernel sees its own channel only."""

    without_effect: ClassVar[frozenset[str]] = weight_settings("depthwise", "bias")

    depth_multiplier: Size = 1

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        channels = self.spatial(shape)[1]
        positions = self.output_spatial(shape)
        kernel = Weight("kernel", (*self.kernel_size, channels, self.depth_multiplier))
        made = channels * self.depth_multiplier
        return Facts(
            output=join_channels(positions, made, self.data_format),
            weights=(kernel, *self.bias(made)),
            macs=prod(positions) * kernel.size,
            reads=self.reads(shape, self._own_channel()),
            kept=INPUT_FOR_WEIGHTS,
        )

    def _own_channel(self) -> Window:
        """Output channel ``o`` is made of input channel ``⌊o / depth_multiplier⌋`` alone."""
        axis = self.rank if self.data_format == "channels_last" else 0
        many = self.depth_multiplier
        return Window(axis, Fraction(1, many), Fraction(1 - many, many), 0)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.filters_text(shapes[0])}, {self.phrase()}"

    def filters_text(self, shape: Shape) -> str:
        filters = "1 filter" if self.depth_multiplier == 1 else f"{self.depth_multiplier} filters"
        return f"{filters} of {shape_text(self.kernel_size)} for each of {self.spatial(shape)[1]} channels"

    def output_sum(self, *shapes: Shape) -> str:
        channels = self.spatial(shapes[0])[1]
        many = self.depth_multiplier
        return self.sizes_sum(shapes[0], f"({channels} * {many})" if many > 1 else str(channels))


class DepthwiseConv1D(Depthwise):
    """A convolution over one axis, each channel for itself.

    Input ``(steps, channels)``, output ``(new_steps, channels * depth_multiplier)``; counted: kernel
    size x output channels for each output step. Backward keeps the input. Source:
    ``keras.layers.DepthwiseConv1D``.

    >>> DepthwiseConv1D(kernel_size=3, depth_multiplier=2).facts((10, 4)).output
    (8, 8)
    """

    rank: ClassVar[int] = 1


class DepthwiseConv2D(Depthwise):
    """A convolution over two axes, each channel for itself.

    Input ``(height, width, channels)``, output ``(new_height, new_width, channels *
    depth_multiplier)``; counted: kernel size x output channels for each output position. Backward
    keeps the input. Source: ``keras.layers.DepthwiseConv2D``.

    >>> facts = DepthwiseConv2D(kernel_size=3, padding="same").facts((112, 112, 32))
    >>> facts.output, facts.macs, facts.weights[0].shape
    ((112, 112, 32), 3612672, (3, 3, 32, 1))
    """

    rank: ClassVar[int] = 2


class Separable(Sliding, WithFilters):
    """A depthwise convolution, then one of 1 x 1 that mixes the channels; the bias is added last."""

    without_effect: ClassVar[frozenset[str]] = weight_settings("depthwise", "pointwise", "bias")
    depthwise: ClassVar[type[Depthwise]]
    pointwise: ClassVar[type[Conv]]

    depth_multiplier: Size = 1

    def parts(self) -> tuple[Part, ...]:
        return (
            Part("depthwise", self._depthwise(), {"kernel": "depthwise_kernel"}),
            Part("pointwise", self._pointwise(), {"kernel": "pointwise_kernel"}),
            *activation_part(self.activation),
        )

    def _depthwise(self) -> Depthwise:
        sliding: dict[str, Any] = {name: getattr(self, name) for name in self.depthwise.setting_names()}
        return self.depthwise(**sliding | {"activation": None, "use_bias": False})

    def _pointwise(self) -> Conv:
        return self.pointwise(
            filters=self.filters,
            kernel_size=(1,) * self.rank,
            data_format=self.data_format,
            use_bias=self.use_bias,
        )

    def facts(self, *shapes: Shape) -> Facts:
        """The depthwise and the pointwise part taken together."""
        depthwise, pointwise = self.parts()[:2]
        inner = depthwise.layer.facts(*shapes)
        outer = pointwise.layer.facts(inner.output)
        weights = (*_named(depthwise, inner), *_named(pointwise, outer))
        return Facts(outer.output, weights, inner.macs + outer.macs, reads=self.reads(shapes[0]))

    def describe(self, *shapes: Shape) -> str:
        depthwise = self._depthwise().filters_text(shapes[0])
        return f"{depthwise}, then {self.filters} filters of {shape_text((1,) * self.rank)}, {self.phrase()}"

    def output_sum(self, *shapes: Shape) -> str:
        return self.sizes_sum(shapes[0], str(self.filters))


def _named(part: Part, facts: Facts) -> tuple[Weight, ...]:
    """The weights of a part under the names that the whole layer gives them."""
    return tuple(
        Weight(part.weight_names.get(weight.name, weight.name), weight.shape) for weight in facts.weights
    )


class SeparableConv1D(Separable):
    """A depthwise convolution over one axis and a convolution of 1 behind it.

    Input ``(steps, channels)``, output ``(new_steps, filters)``; counted: for each output step and
    each of the ``channels * depth_multiplier`` channels between the two, kernel size + filters.
    Backward keeps the input and the output of the depthwise part. Source:
    ``keras.layers.SeparableConv1D``.

    >>> facts = SeparableConv1D(filters=8, kernel_size=3, padding="same").facts((10, 4))
    >>> facts.output, facts.macs == 10 * 4 * (3 + 8)
    ((10, 8), True)
    """

    rank: ClassVar[int] = 1
    depthwise: ClassVar[type[Depthwise]] = DepthwiseConv1D
    pointwise: ClassVar[type[Conv]] = Conv1D


class SeparableConv2D(Separable):
    """A depthwise convolution over two axes and a convolution of 1 x 1 behind it.

    Input ``(height, width, channels)``, output ``(new_height, new_width, filters)``; counted: for
    each output position and each of the ``channels * depth_multiplier`` channels between the two,
    kernel size + filters. Backward keeps the input and the output of the depthwise part. Source:
    ``keras.layers.SeparableConv2D``.

    >>> layer = SeparableConv2D(filters=128, kernel_size=3, use_bias=False)
    >>> [(weight.name, weight.shape) for weight in layer.facts((147, 147, 64)).weights]
    [('depthwise_kernel', (3, 3, 64, 1)), ('pointwise_kernel', (1, 1, 64, 128))]
    """

    rank: ClassVar[int] = 2
    depthwise: ClassVar[type[Depthwise]] = DepthwiseConv2D
    pointwise: ClassVar[type[Conv]] = Conv2D
