"""Activations as layers of their own.

Source: keras/src/layers/activations (Keras 3.15).
"""

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field

from cnncalc.errors import ShapeError
from cnncalc.layers.activation_names import ALONG_LAST_AXIS, ActivationName, kept_by
from cnncalc.layers.axes import Axes, as_tuple, mixing, sample_axes
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import INPUT, OUTPUT, Facts, Reads
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text

NotNegative = Annotated[float, Field(strict=True, ge=0)]
Real = Annotated[float, Field(strict=True)]


class _ValueByValue(Layer):
    """An output value depends on the one input value in its place."""

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        return Facts(shape, alias="overwrite", reads="pointwise", kept=OUTPUT)


class Activation(Layer):
    """An activation by its name.

    Input any shape, output the same; nothing is counted. Backward keeps the output, or the input
    where the derivative cannot be had from the output (gelu, silu, mish). Source:
    ``keras.layers.Activation``.

    >>> Activation(activation="relu").facts((10, 10, 8)).reads
    'pointwise'
    """

    activation: ActivationName | None

    @property
    def activation_name(self) -> str:
        return self.activation or ""

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        return Facts(shape, alias="overwrite", reads=self._reads(shape), kept=kept_by(self.activation))

    def _reads(self, shape: Shape) -> Reads:
        if self.activation not in ALONG_LAST_AXIS:
            return "pointwise"
        if not shape:
            raise ShapeError(
                f"{self.activation} acts along the last axis, and its input has the batch axis only."
            )
        return mixing([len(shape) - 1], len(shape))

    def describe(self, *shapes: Shape) -> str:
        name = self.activation or "linear"
        return f"{name} along the last axis" if name in ALONG_LAST_AXIS else f"{name} of each value"


class ReLU(_ValueByValue):
    """The rectifier: negative values become zero.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.layers.ReLU``.

    >>> ReLU(max_value=6).facts((10, 10, 8)).output
    (10, 10, 8)
    """

    max_value: NotNegative | None = None
    negative_slope: NotNegative = 0.0
    threshold: NotNegative = 0.0

    def describe(self, *shapes: Shape) -> str:
        limit = f", at most {self.max_value:g}" if self.max_value is not None else ""
        slope = f"{self.negative_slope:g} times" if self.negative_slope else "zero for"
        return f"{slope} values below {self.threshold:g}{limit}"


class LeakyReLU(_ValueByValue):
    """The leaky rectifier: negative values are scaled down.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.layers.LeakyReLU``, which still takes the slope under its older name ``alpha``.

    >>> LeakyReLU(alpha=0.1).negative_slope
    0.1
    """

    negative_slope: NotNegative = Field(
        default=0.3,
        validation_alias=AliasChoices("negative_slope", "alpha"),
        serialization_alias="negative_slope",
    )

    def describe(self, *shapes: Shape) -> str:
        return f"{self.negative_slope:g} times values below 0"


class PReLU(Layer):
    """A rectifier whose slope below zero is learned.

    Input any shape, output the same; one weight for each value of a sample, one for all positions
    along the ``shared_axes``; nothing is counted. Backward keeps the input. Source:
    ``keras.layers.PReLU``.

    >>> PReLU(shared_axes=(1, 2)).facts((10, 10, 8)).weights
    (Weight(name='alpha', shape=(1, 1, 8), trainable=True),)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset(
        {"alpha_initializer", "alpha_regularizer", "alpha_constraint"}
    )

    shared_axes: Axes | None = None

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        alpha = Weight("alpha", self._alpha_shape(shape))
        return Facts(shape, (alpha,), alias="overwrite", reads="pointwise", kept=INPUT)

    def _alpha_shape(self, shape: Shape) -> Shape:
        """Keras subtracts 1 from each axis number and indexes with what remains.

        So 0 and the negative numbers count from the end, and one axis further than elsewhere: 0 is
        the last axis.
        """
        sizes = list(shape)
        axes = () if self.shared_axes is None else as_tuple(self.shared_axes)
        for axis in axes:
            if not -len(shape) <= axis - 1 < len(shape):
                raise ShapeError(f"PReLU finds no axis {axis} to share in its input of {shape_text(shape)}.")
            sizes[axis - 1] = 1
        return tuple(sizes)

    def describe(self, *shapes: Shape) -> str:
        return f"learned slopes of {shape_text(self._alpha_shape(shapes[0]))} for values below 0"


class ELU(_ValueByValue):
    """The exponential linear unit: ``alpha * (exp(x) - 1)`` for negative values.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.layers.ELU``.

    >>> ELU(alpha=0.5).facts((10,)).output
    (10,)
    """

    alpha: Real = 1.0

    def describe(self, *shapes: Shape) -> str:
        return f"{self.alpha:g} (exp(x) - 1) for values x below 0"


class Softmax(Layer):
    """Positive values that add up to 1 along one axis or several.

    Input any shape, output the same; nothing is counted. Backward keeps the output. An axis that
    is the batch's or not there is refused; ``keras.layers.Softmax``, the source, notices when it
    runs, if at all.

    >>> Softmax().facts((10, 8)).reads
    (Window(axis=0, stride=1, first=0, last=0), None)
    """

    axis: Axes = -1

    def check(self) -> None:
        if self.axis == ():
            raise ValueError("axis names no axis")

    @property
    def activation_name(self) -> str:
        return "softmax"

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axes = sample_axes(self.axis, shape, self.kind)
        return Facts(shape, alias="overwrite", reads=mixing(axes, len(shape)), kept=OUTPUT)

    def describe(self, *shapes: Shape) -> str:
        return f"softmax along axis {', '.join(map(str, as_tuple(self.axis)))}"
