"""The fully connected layer.

Source: keras/src/layers/core/dense.py (Keras 3.15). LoRA and quantised kernels have no rule here:
``lora_rank`` is refused as an unknown setting; ``quantization_config`` says how a kernel would be
quantised and changes nothing unless it is.
"""

from math import prod
from typing import ClassVar

from cnncalc.errors import ShapeError
from cnncalc.layers.activation_names import ActivationName, activation_part
from cnncalc.layers.base import Flag, Layer, Part, weight_settings
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size


class Dense(Layer):
    """Every output value is a weighted sum over the last axis of the input.

    Input ``(..., features)`` with any number of axes in front, output ``(..., units)``; counted:
    features x units for each position of the axes in front. Backward keeps the input. Source:
    ``keras.layers.Dense``.

    >>> facts = Dense(units=10).facts((512,))
    >>> facts.output, facts.macs, [weight.shape for weight in facts.weights]
    ((10,), 5120, [(512, 10), (10,)])
    """

    without_effect: ClassVar[frozenset[str]] = weight_settings("kernel", "bias") | {"quantization_config"}

    unit: ClassVar[str] = "unit"

    units: Size
    activation: ActivationName | None = None
    use_bias: Flag = True

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        if not shape:
            raise ShapeError("Dense takes an input of one axis or more, found a single value.")
        kernel = Weight("kernel", (shape[-1], self.units))
        bias = (Weight("bias", (self.units,)),) if self.use_bias else ()
        return Facts(
            output=(*shape[:-1], self.units),
            weights=(kernel, *bias),
            macs=prod(shape[:-1]) * kernel.size,
            reads=(*map(Window, range(len(shape) - 1)), None),
            kept=INPUT_FOR_WEIGHTS,
        )

    def parts(self) -> tuple[Part, ...]:
        activation = activation_part(self.activation)
        if not activation:
            return ()
        return (Part("dense", self.model_copy(update={"activation": None})), *activation)

    def describe(self, *shapes: Shape) -> str:
        *positions, features = shapes[0]
        where = f", for each of {shape_text(tuple(positions))} positions" if positions else ""
        return f"{self.units} units, each over {features} values{where}"
