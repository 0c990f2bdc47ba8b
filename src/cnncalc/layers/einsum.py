"""The fully connected layer whose sums are written as an equation.

Source: keras/src/layers/core/einsum_dense.py (Keras 3.15). LoRA and quantised kernels have no rule
here: ``lora_rank`` is refused as an unknown setting.
"""

import re
from math import prod
from typing import Annotated, ClassVar, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from cnncalc.errors import ShapeError
from cnncalc.layers.activation_names import ActivationName, activation_part
from cnncalc.layers.base import Layer, Part, weight_settings
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size

_FORMS = (
    re.compile(r"(?P<input>[a-zA-Z]+),(?P<kernel>[a-zA-Z]+)->(?P<output>[a-zA-Z]+)"),
    re.compile(r"(?P<left>\.\.\.)(?P<input>[a-zA-Z]+),(?P<kernel>[a-zA-Z]+)->\.\.\.(?P<output>[a-zA-Z]+)"),
    re.compile(
        r"(?P<input>[a-zA-Z]{2,})(?P<right>\.\.\.),(?P<kernel>[a-zA-Z]+)->(?P<output>[a-zA-Z]+)\.\.\."
    ),
)
_BATCH = 0
"""Stands for the size of the batch axis, which no sum may use."""


class _Axes(NamedTuple):
    """The axes of input, kernel and output: letters, and one number for each axis behind ``...``."""

    input: tuple[str, ...]
    kernel: tuple[str, ...]
    output: tuple[str, ...]


def _one_is_a_list(value: object) -> object:
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": ["integer", "null"]}}]}
KnownSizes = Annotated[tuple[Size | None, ...], BeforeValidator(_one_is_a_list), WithJsonSchema(_SCHEMA)]
"""Sizes without the batch axis and without what ``...`` stands for; None where the input says it."""


class EinsumDense(Layer):
    """Every output value is a sum of products of input and kernel, over the axes that the equation drops.

    Input and output as the ``equation`` writes them, the batch axis first (``"ab,bc->ac"``, or
    ``"...x,xy->...y"`` with any number of axes in front); the sizes that are new in the output stand in
    ``output_shape``; counted: the product of the sizes of all axes of the equation. Backward keeps the
    input. Source: ``keras.layers.EinsumDense``.

    >>> facts = EinsumDense(equation="abc,cd->abd", output_shape=(None, 64), bias_axes="d").facts((10, 32))
    >>> facts.output, facts.macs, [weight.shape for weight in facts.weights]
    ((10, 64), 20480, [(32, 64), (64,)])
    """

    without_effect: ClassVar[frozenset[str]] = weight_settings("kernel", "bias") | {"quantization_config"}

    equation: str
    output_shape: KnownSizes
    activation: ActivationName | None = None
    bias_axes: Annotated[str, Field(min_length=1)] | None = None

    def check(self) -> None:
        specs = self._match().groupdict()
        for side in ("input", "kernel", "output"):
            if len(set(specs[side])) < len(specs[side]):
                raise ValueError(f"equation {self.equation} names an axis twice in {specs[side]}")
        known = set(specs["input"]) | set(specs["kernel"])
        if not set(specs["output"]) <= known or not set(specs["kernel"]) <= {
            *specs["input"],
            *specs["output"],
        }:
            raise ValueError(f"equation {self.equation} has an axis on one side only")
        if self.bias_axes and not set(self.bias_axes) <= set(specs["output"]):
            raise ValueError(f"bias_axes {self.bias_axes} are not all axes of the output {specs['output']}")

    def _match(self) -> re.Match[str]:
        for form in _FORMS:
            if found := form.fullmatch(self.equation):
                return found
        raise ValueError(f"equation {self.equation} is none of ab,bc->ac, ...b,bc->...c and ab...,bc->ac...")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axes = self._axes(shape)
        sizes = self._sizes(axes, shape)
        output = tuple(sizes[axis] for axis in axes.output[1:])
        kernel = Weight("kernel", tuple(sizes[axis] for axis in axes.kernel))
        return Facts(
            output,
            (kernel, *self._bias(axes, sizes)),
            macs=prod(size for size in sizes.values() if size != _BATCH),
            reads=tuple(_window(axis, axes.output) for axis in axes.input[1:]),
            kept=INPUT_FOR_WEIGHTS,
        )

    def _axes(self, shape: Shape) -> _Axes:
        specs = self._match().groupdict()
        more = len(shape) + 1 - len(specs["input"])
        if more < 0 or (more and not (specs.get("left") or specs.get("right"))):
            raise ShapeError(f"equation {self.equation} does not fit its input of {shape_text(shape)}.")
        elided = tuple(map(str, range(more)))
        left, right = (elided, ()) if specs.get("left") else ((), elided)
        axes = _Axes(
            (*left, *specs["input"], *right), tuple(specs["kernel"]), (*left, *specs["output"], *right)
        )
        if axes.input[0] != axes.output[0] or axes.input[0] in axes.kernel:
            raise ShapeError(f"equation {self.equation} does not keep the samples of a batch apart.")
        return axes

    def _sizes(self, axes: _Axes, shape: Shape) -> dict[str, int]:
        """The size of every axis."""
        sizes = dict(zip(axes.input, (_BATCH, *shape), strict=True))
        for axis, size in zip(self._stated(axes), self.output_shape, strict=True):
            if size is None and axis not in sizes:
                raise ShapeError(f"output_shape does not say the size of axis {axis} of {self.equation}.")
            if size is not None and sizes.setdefault(axis, size) != size:
                raise ShapeError(f"axis {axis} is {sizes[axis]} in the input and {size} in output_shape.")
        return sizes

    def _stated(self, axes: _Axes) -> list[str]:
        """The axes of the output whose sizes stand in ``output_shape``."""
        stated = [axis for axis in axes.output[1:] if axis.isalpha()]
        if len(stated) != len(self.output_shape):
            raise ShapeError(
                f"output_shape {self.output_shape} must have {len(stated)} sizes "
                f"for the output of {self.equation}."
            )
        return stated

    def _bias(self, axes: _Axes, sizes: dict[str, int]) -> tuple[Weight, ...]:
        """A bias has the sizes of its axes, and 1 for the others from its first axis on."""
        if self.bias_axes is None:
            return ()
        if axes.output[0] in self.bias_axes:
            raise ShapeError(f"bias_axes {self.bias_axes} name the batch axis.")
        first = min(axes.output.index(axis) for axis in self.bias_axes)
        return (Weight("bias", tuple(sizes[a] if a in self.bias_axes else 1 for a in axes.output[first:])),)

    def parts(self) -> tuple[Part, ...]:
        activation = activation_part(self.activation)
        return (
            (Part("einsum", self.model_copy(update={"activation": None})), *activation) if activation else ()
        )

    def describe(self, *shapes: Shape) -> str:
        kernel = self.facts(*shapes).weights[0]
        return f"{self.equation} with a kernel of {shape_text(kernel.shape)}"


def _window(axis: str, output: tuple[str, ...]) -> Window | None:
    return Window(output.index(axis) - 1) if axis in output else None
