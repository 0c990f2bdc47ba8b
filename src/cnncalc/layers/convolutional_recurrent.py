"""Recurrent layers whose sums are convolutions: over sequences of images.

Source: keras/src/layers/rnn/conv_lstm.py (Keras 3.15).
"""

from math import prod
from typing import ClassVar

from pydantic import Field

from cnncalc.layers.activation_names import ActivationName
from cnncalc.layers.base import (
    DataFormat,
    Padding,
    PerAxis,
    Ranked,
    join_channels,
    require_rank,
    split_channels,
)
from cnncalc.layers.facts import Facts, Made
from cnncalc.layers.recurrent import RECURRENT, Recurrent
from cnncalc.layers.windows import output_sizes, output_sum, phrase, reach
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size


class _ConvLSTM(Recurrent, Ranked):
    """Four convolutions over the step's input, and four of stride 1, SAME padding over the state before."""

    without_effect: ClassVar[frozenset[str]] = RECURRENT | {"unit_forget_bias"}
    unit: ClassVar[str] = "filter"

    filters: Size
    kernel_size: PerAxis
    strides: PerAxis = Field(default=1, validate_default=True)
    padding: Padding = "valid"
    data_format: DataFormat = "channels_last"
    dilation_rate: PerAxis = Field(default=1, validate_default=True)
    activation: ActivationName | None = "tanh"
    recurrent_activation: ActivationName | None = "sigmoid"

    def check(self) -> None:
        super().check()
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(f"strides {self.strides} do not go with dilation_rate {self.dilation_rate}")

    @property
    def spans(self) -> Shape:
        """The positions that the dilated kernel spans on each axis."""
        return tuple(map(reach, self.kernel_size, self.dilation_rate))

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        spatial, channels = self.split(shape)
        positions = output_sizes(spatial, self.spans, self.strides, self.padding, shape[1:])
        kernel = Weight("kernel", (*self.kernel_size, channels, 4 * self.filters))
        recurrent = Weight("recurrent_kernel", (*self.kernel_size, self.filters, 4 * self.filters))
        bias = (Weight("bias", (4 * self.filters,)),) if self.use_bias else ()
        state = join_channels(positions, self.filters, self.data_format)
        gates = join_channels(positions, 4 * self.filters, self.data_format)
        return Facts(
            self.collected(shape[0], state),
            (kernel, recurrent, *bias),
            macs=shape[0] * prod(positions) * (kernel.size + recurrent.size),
            kept=self.kept((shape[0], *gates), (shape[0], *state), shape[1:]),
        )

    def made(self, gates: Shape, states: Shape) -> tuple[Made, ...]:
        return (Made("gates", gates), Made("states", states))

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """Spatial sizes and channels of a step."""
        require_rank(shape, self.rank + 2, self.kind)
        return split_channels(shape[1:], self.data_format)

    def describe(self, *shapes: Shape) -> str:
        channels = self.split(shapes[0])[1]
        sliding = phrase(self.strides, self.padding, self.dilation_rate)
        return (
            f"4 x {self.filters} filters of {shape_text(self.kernel_size)} over {channels} channels "
            f"and as many over the state, {sliding}, in each of {shapes[0][0]} steps, {self.handed_on()} kept"
        )

    def output_sum(self, *shapes: Shape) -> str:
        spatial, _ = self.split(shapes[0])
        sums = output_sum(spatial, self.spans, self.strides, self.padding)
        last = self.data_format == "channels_last"
        ordered = [*sums, str(self.filters)] if last else [str(self.filters), *sums]
        return " x ".join([str(shapes[0][0]), *ordered] if self.return_sequences else ordered)


class ConvLSTM1D(_ConvLSTM):
    """An LSTM whose sums are convolutions over one axis.

    Input ``(steps, length, channels)``, output ``(new_length, filters)``, with the steps in front where
    ``return_sequences`` is set; counted for each step: output positions x kernel size x (channels +
    filters) x 4 x filters. Backward keeps the input, and the gates and states of all steps. Source:
    ``keras.layers.ConvLSTM1D``.

    >>> ConvLSTM1D(filters=8, kernel_size=3).facts((5, 10, 2)).output
    (8, 8)
    """

    rank: ClassVar[int] = 1


class ConvLSTM2D(_ConvLSTM):
    """An LSTM whose sums are convolutions over two axes.

    Input ``(steps, height, width, channels)``, output ``(new_height, new_width, filters)``, with the
    steps in front where ``return_sequences`` is set; counted for each step: output positions x kernel
    size x (channels + filters) x 4 x filters. Backward keeps the input, and the gates and states of all
    steps. Source: ``keras.layers.ConvLSTM2D``.

    >>> facts = ConvLSTM2D(filters=8, kernel_size=3, padding="same").facts((5, 10, 10, 2))
    >>> facts.macs == 5 * 10 * 10 * 9 * (2 + 8) * 4 * 8
    True
    """

    rank: ClassVar[int] = 2


class ConvLSTM3D(_ConvLSTM):
    """An LSTM whose sums are convolutions over three axes.

    Input ``(steps, depth, height, width, channels)``, output the spatial axes and ``filters``, with the
    steps in front where ``return_sequences`` is set; counted for each step: output positions x kernel
    size x (channels + filters) x 4 x filters. Backward keeps the input, and the gates and states of all
    steps. Source: ``keras.layers.ConvLSTM3D``.

    >>> ConvLSTM3D(filters=4, kernel_size=2, return_sequences=True).facts((3, 4, 5, 6, 2)).output
    (3, 3, 4, 5, 4)
    """

    rank: ClassVar[int] = 3
