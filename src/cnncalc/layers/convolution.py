"""Plain convolutions, and what every kind of convolution has in common.

Source: keras/src/layers/convolutional/base_conv.py (Keras 3.15).
"""

from math import prod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.activation_names import ActivationName, activation_part
from cnncalc.layers.base import (
    AnyCase,
    DataFormat,
    Flag,
    Padding,
    Part,
    PerAxis,
    Ranked,
    first_spatial_axis,
    join_channels,
    require_rank,
    split_channels,
    weight_settings,
)
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Reads, Window
from cnncalc.layers.windows import output_sizes, output_sum, phrase, reach, windows
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size


class Sliding(Ranked):
    """What every convolution has in common: a kernel that slides over the spatial axes."""

    without_effect: ClassVar[frozenset[str]] = weight_settings("kernel", "bias")

    kernel_size: PerAxis
    strides: PerAxis = Field(default=1, validate_default=True)
    padding: Padding = "valid"
    data_format: DataFormat = "channels_last"
    dilation_rate: PerAxis = Field(default=1, validate_default=True)
    activation: ActivationName | None = None
    use_bias: Flag = True

    @property
    def spans(self) -> Shape:
        """The positions that the dilated kernel spans on each axis."""
        return tuple(map(reach, self.kernel_size, self.dilation_rate))

    def spatial(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of an input."""
        require_rank(shape, self.rank + 1, self.kind)
        return split_channels(shape, self.data_format)

    def output_spatial(self, shape: Shape) -> Shape:
        return output_sizes(self.spatial(shape)[0], self.spans, self.strides, self.padding, shape)

    def windows(self, shape: Shape) -> list[Window | None]:
        """The windows on the spatial axes."""
        axis = first_spatial_axis(self.data_format)
        return windows(self.spatial(shape)[0], self.spans, self.strides, self.padding, axis)

    def sums(self, shape: Shape) -> list[str]:
        """How each spatial size is worked out."""
        return output_sum(self.spatial(shape)[0], self.spans, self.strides, self.padding)

    def reads(self, shape: Shape, channels: Window | None = None) -> Reads:
        """Windows on the spatial axes; the channels are mixed unless they have a window too."""
        found = self.windows(shape)
        return (*found, channels) if self.data_format == "channels_last" else (channels, *found)

    def bias(self, channels: int) -> tuple[Weight, ...]:
        return (Weight("bias", (channels,)),) if self.use_bias else ()

    def without_activation(self) -> Self:
        return self.model_copy(update={"activation": None})

    def parts(self) -> tuple[Part, ...]:
        activation = activation_part(self.activation)
        return (Part("convolution", self.without_activation()), *activation) if activation else ()

    def phrase(self) -> str:
        return phrase(self.strides, self.padding, self.dilation_rate)

    def sizes_sum(self, shape: Shape, channels: str) -> str:
        sums = self.sums(shape)
        return " x ".join([*sums, channels] if self.data_format == "channels_last" else [channels, *sums])


class WithFilters(Ranked):
    """First of the settings of a convolution that makes channels of its own."""

    filters: Size


def refuse_strided_dilation(layer: Sliding) -> None:
    """Raise ValueError where a kernel both jumps and has holes, as Keras does."""
    if max(layer.strides) > 1 and max(layer.dilation_rate) > 1:
        raise ValueError(f"strides {layer.strides} do not go with dilation_rate {layer.dilation_rate}")


class Conv(Sliding, WithFilters):
    """``filters`` kernels over all channels of their group."""

    unit: ClassVar[str] = "filter"

    groups: Size = 1

    def check(self) -> None:
        refuse_strided_dilation(self)
        if self.filters % self.groups:
            raise ValueError(f"{self.filters} filters cannot be shared among {self.groups} groups")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        positions = self.output_spatial(shape)
        kernel = Weight("kernel", (*self.kernel_size, self._group_channels(shape), self.filters))
        return Facts(
            output=join_channels(positions, self.filters, self.data_format),
            weights=(kernel, *self.bias(self.filters)),
            macs=prod(positions) * kernel.size,
            reads=self.reads(shape),
            kept=INPUT_FOR_WEIGHTS,
        )

    def _group_channels(self, shape: Shape) -> int:
        channels = self.spatial(shape)[1]
        if channels % self.groups:
            raise ShapeError(
                f"{channels} channels of its input of {shape_text(shape)} "
                f"cannot be shared among {self.groups} groups."
            )
        return channels // self.groups

    def describe(self, *shapes: Shape) -> str:
        channels = self._group_channels(shapes[0])
        groups = f" in each of {self.groups} groups" if self.groups > 1 else ""
        kernel = shape_text(self.kernel_size)
        return f"{self.filters} filters of {kernel} over {channels} channels{groups}, {self.phrase()}"

    def output_sum(self, *shapes: Shape) -> str:
        return self.sizes_sum(shapes[0], str(self.filters))


class Conv1D(Conv):
    """A convolution over one axis.

    Input ``(steps, channels)``, output ``(new_steps, filters)``; counted: kernel size x channels x
    filters for each output step. Backward keeps the input. Source: ``keras.layers.Conv1D``.

    >>> Conv1D(filters=8, kernel_size=3, padding="causal").facts((10, 4)).output
    (10, 8)
    """

    rank: ClassVar[int] = 1
    padding: Annotated[Literal["valid", "same", "causal"], AnyCase] = "valid"  # type: ignore[assignment]


class Conv2D(Conv):
    """A convolution over two axes.

    Input ``(height, width, channels)``, output ``(new_height, new_width, filters)``; counted: kernel
    size x channels x filters for each output position. Backward keeps the input. Source:
    ``keras.layers.Conv2D``.

    >>> layer = Conv2D(filters=100, kernel_size=3, strides=2, padding="same")
    >>> facts = layer.facts((200, 300, 3))
    >>> facts.output, facts.macs
    ((100, 150, 100), 40500000)
    """

    rank: ClassVar[int] = 2


class Conv3D(Conv):
    """A convolution over three axes.

    Input ``(depth, height, width, channels)``, output the same with ``filters`` channels; counted:
    kernel size x channels x filters for each output position. Backward keeps the input. Source:
    ``keras.layers.Conv3D``.

    >>> Conv3D(filters=8, kernel_size=(1, 3, 3)).facts((4, 10, 10, 2)).output
    (4, 8, 8, 8)
    """

    rank: ClassVar[int] = 3
