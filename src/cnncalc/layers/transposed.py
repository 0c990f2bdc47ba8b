"""Transposed convolutions: each input position is spread over a window of the output.

Sources: keras/src/layers/convolutional/base_conv_transpose.py and the output sizes in
keras/src/backend/common/backend_utils.py (Keras 3.15). TensorFlow runs them as the gradient of a
convolution from the output to the input, so the padding is that of this convolution.
"""

from fractions import Fraction
from math import prod
from operator import ge
from typing import Annotated, ClassVar

from pydantic import WithJsonSchema, field_validator

from cnncalc.errors import ShapeError
from cnncalc.layers.base import PER_AXIS, Natural, first_spatial_axis, join_channels
from cnncalc.layers.convolution import Sliding, WithFilters, refuse_strided_dilation
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text


def transposed_size(size: int, span: int, stride: int, extra: int | None, padding: str) -> int:
    """Output positions along one axis; ``extra`` is the output padding.

    >>> transposed_size(5, 3, 2, None, "same"), transposed_size(5, 3, 2, None, "valid")
    (10, 11)
    >>> transposed_size(5, 3, 2, 0, "same"), transposed_size(5, 3, 2, 1, "valid")
    (9, 12)
    """
    if extra is None:
        return size * stride if padding == "same" else (size - 1) * stride + max(span, stride)
    return (size - 1) * stride + (span % 2 if padding == "same" else span) + extra


def transposed_window(size: int, span: int, stride: int, output: int, padding: str, axis: int) -> Window:
    """The input positions that reach an output position.

    Input ``i`` reaches the outputs from ``stride * i - before`` on, ``span`` of them; read the
    other way round, output ``o`` has the inputs from ``(o + before - span + 1) / stride`` to
    ``(o + before) / stride``.

    >>> window = transposed_window(5, 3, 2, 10, "same", axis=0)
    >>> str(window.stride), str(window.first), str(window.last)
    ('1/2', '-1', '0')
    """
    surplus = (size - 1) * stride + span - output
    before = max(surplus, 0) // 2 if padding == "same" else 0
    return Window(axis, Fraction(1, stride), Fraction(before - span + 1, stride), Fraction(before, stride))


NUMBERS = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}


class ConvTranspose(Sliding, WithFilters):
    """``filters`` kernels, each with a value for every input channel."""

    output_padding: Annotated[tuple[Natural, ...], WithJsonSchema(NUMBERS)] | None = None

    @field_validator(*PER_AXIS, mode="before", check_fields=False)
    @classmethod
    def _one_number_per_axis(cls, value: object) -> object:
        """None stays: the output padding is then chosen to suit the strides."""
        return None if value is None else super()._one_number_per_axis(value)

    def check(self) -> None:
        refuse_strided_dilation(self)
        if self.output_padding and any(map(ge, self.output_padding, self.strides)):
            raise ValueError(f"output_padding {self.output_padding} is not less than strides {self.strides}")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        spatial, channels = self.spatial(shape)
        kernel = Weight("kernel", (*self.kernel_size, self.filters, channels))
        return Facts(
            output=join_channels(self.output_spatial(shape), self.filters, self.data_format),
            weights=(kernel, *self.bias(self.filters)),
            macs=prod(spatial) * kernel.size,
            reads=self.reads(shape),
            kept=INPUT_FOR_WEIGHTS,
        )

    def output_spatial(self, shape: Shape) -> Shape:
        sizes = tuple(transposed_size(*axis, self.padding) for axis in self._axes(shape))
        if min(sizes) < 1:
            raise ShapeError(
                f"its input of {shape_text(shape)} makes an output of {shape_text(sizes)} positions "
                f"with output_padding {self.output_padding}."
            )
        return sizes

    def _axes(self, shape: Shape) -> list[tuple[int, int, int, int | None]]:
        """Size, span, stride and output padding of each spatial axis."""
        extras = self.output_padding or (None,) * self.rank
        return list(zip(self.spatial(shape)[0], self.spans, self.strides, extras, strict=True))

    def windows(self, shape: Shape) -> list[Window | None]:
        first = first_spatial_axis(self.data_format)
        outputs = self.output_spatial(shape)
        return [
            transposed_window(size, span, stride, output, self.padding, first + axis)
            for axis, ((size, span, stride, _), output) in enumerate(
                zip(self._axes(shape), outputs, strict=True)
            )
        ]

    def sums(self, shape: Shape) -> list[str]:
        return [_one_sum(*axis, self.padding) for axis in self._axes(shape)]

    def describe(self, *shapes: Shape) -> str:
        filters = f"{self.filters} filters of {shape_text(self.kernel_size)}"
        extra = f", output padding {shape_text(self.output_padding)}" if self.output_padding else ""
        channels = self.spatial(shapes[0])[1]
        return f"each input position of {channels} channels spread by {filters}, {self.phrase()}{extra}"

    def output_sum(self, *shapes: Shape) -> str:
        return self.sizes_sum(shapes[0], str(self.filters))


def _one_sum(size: int, span: int, stride: int, extra: int | None, padding: str) -> str:
    """The sum behind one output size.

    >>> _one_sum(5, 3, 2, None, "same"), _one_sum(5, 3, 2, 1, "valid"), _one_sum(5, 3, 1, 0, "same")
    ('(5 * 2)', '((5 - 1) * 2 + 3 + 1)', '((5 - 1) + 1)')
    """
    if padding == "same" and extra is None:
        return f"({size} * {stride})" if stride > 1 else str(size)
    last = f"({size} - 1) * {stride}" if stride > 1 else f"({size} - 1)"
    whole = max(span, stride) if extra is None else span
    terms = (last, span % 2 if padding == "same" else whole, extra)
    return f"({' + '.join(str(term) for term in terms if term)})"


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over one axis.

    Input ``(steps, channels)``, output ``(new_steps, filters)``, with SAME padding ``steps *
    stride`` of them; counted: kernel size x channels x filters for each input step. Backward keeps
    the input. Source: ``keras.layers.Conv1DTranspose``.

    >>> facts = Conv1DTranspose(filters=8, kernel_size=3, strides=2).facts((10, 4))
    >>> facts.output, facts.macs == 10 * 3 * 4 * 8
    ((21, 8), True)
    """

    rank: ClassVar[int] = 1


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over two axes.

    Input ``(height, width, channels)``, output ``(new_height, new_width, filters)``, with SAME
    padding the input's sizes times the strides; counted: kernel size x channels x filters for each
    input position. Backward keeps the input. Source: ``keras.layers.Conv2DTranspose``.

    >>> layer = Conv2DTranspose(filters=64, kernel_size=2, strides=2, padding="same")
    >>> facts = layer.facts((28, 28, 128))
    >>> facts.output, facts.weights[0].shape
    ((56, 56, 64), (2, 2, 64, 128))
    """

    rank: ClassVar[int] = 2


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over three axes.

    Input ``(depth, height, width, channels)``, output the same with ``filters`` channels and, with
    SAME padding, the input's sizes times the strides; counted: kernel size x channels x filters for
    each input position. Backward keeps the input. Source: ``keras.layers.Conv3DTranspose``.

    >>> layer = Conv3DTranspose(filters=8, kernel_size=3, strides=(1, 2, 2), output_padding=0)
    >>> layer.facts((4, 5, 5, 2)).output
    (6, 11, 11, 8)
    """

    rank: ClassVar[int] = 3
