"""Layers around a layer.

Sources: keras/src/layers/core/wrapper.py, keras/src/layers/rnn/time_distributed.py and
keras/src/layers/normalization/spectral_normalization.py (Keras 3.15).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from cnncalc.errors import CnncalcError, ShapeError
from cnncalc.layers.base import Layer, Part
from cnncalc.layers.convolution import Sliding
from cnncalc.layers.dense import Dense
from cnncalc.layers.depthwise import Separable
from cnncalc.layers.einsum import EinsumDense
from cnncalc.layers.embedding import Embedding
from cnncalc.layers.facts import NOTHING, Facts, Kept, Reads, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size


def inner_layer(given: object) -> Layer:
    """The layer that stands in a setting: a layer, or its kind with its settings as in a model file.

    >>> inner_layer({"Dense": {"units": 4}}).units
    4
    """
    if isinstance(given, Layer):
        return given
    if isinstance(given, str):
        given = {given: {}}
    if not isinstance(given, Mapping) or len(given) != 1:
        raise ValueError("must be a layer, written as one kind with its settings")
    ((kind, settings),) = given.items()
    if not isinstance(settings or {}, Mapping):
        raise ValueError(f"must have settings of {kind} that are a mapping")
    return _made(str(kind), dict(settings or {}))


def _made(kind: str, settings: dict[Any, Any]) -> Layer:
    from cnncalc.layers import layer_class  # the catalogue, which loads the families

    try:
        return layer_class(kind)(**settings)
    except CnncalcError as error:
        raise ValueError(f"cannot be made: {error}") from None


def as_written(layer: Layer) -> dict[str, Any]:
    """A layer as it stands in a setting of a model file."""
    common = {"name": layer.name, "trainable": layer.trainable, "dtype": layer.dtype}
    changed = {key: value for key, value in common.items() if value != Layer.model_fields[key].default}
    return {layer.kind: {**changed, **layer.changed_settings()}}


if TYPE_CHECKING:
    Inner = Any  # a mapping may be given where a layer is kept
else:
    Inner = Annotated[
        Layer,
        BeforeValidator(inner_layer),
        PlainSerializer(as_written),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}]}
        ),
    ]
"""A layer as a setting of another."""


def weights_of(layer: Layer, *shapes: Shape) -> tuple[Weight, ...]:
    """An inner layer's weights, which its own ``trainable`` may hold still."""
    weights = layer.facts(*shapes).weights
    return weights if layer.trainable else tuple(weight._replace(trainable=False) for weight in weights)


def kept_of(layer: Layer, facts: Facts) -> Kept:
    """What an inner layer's backward step reads again; less where its own ``trainable`` holds it still."""
    return facts.kept if layer.trainable or facts.kept.purpose == "gradient" else NOTHING


class Wrapper(Layer):
    """A layer that holds one other."""

    layer: Inner

    def check(self) -> None:
        if self.layer.arity != (1, 1):
            raise ValueError(f"layer must take one input, and {self.layer.kind} takes several")

    @property
    def activation_name(self) -> str:
        return str(self.layer.activation_name)

    @property
    def seed_generators(self) -> int:
        return int(self.layer.seed_generators)

    def variable_dtypes(self, weights: Sequence[Weight], dtype: str) -> tuple[str, ...]:
        found: tuple[str, ...] = self.layer.variable_dtypes(weights, self.dtype or dtype)
        return found

    @property
    def layout(self) -> Any:
        return self.layer.layout


class TimeDistributed(Wrapper):
    """One layer for every step of a sequence, with the same weights.

    Input ``(steps, ...)`` of two axes or more, output the inner layer's with the steps in front;
    counted: the inner layer's, once for each step. Backward keeps what the inner layer's keeps, for
    every step. Source: ``keras.layers.TimeDistributed``.

    >>> facts = TimeDistributed(layer={"Dense": {"units": 5}}).facts((10, 3))
    >>> facts.output, facts.macs
    ((10, 5), 150)
    """

    def facts(self, *shapes: Shape) -> Facts:
        steps, *step = self._steps(shapes[0])
        inner = self.layer.facts(tuple(step))
        return Facts(
            (steps, *inner.output),
            weights_of(self.layer, tuple(step)),
            macs=steps * inner.macs,
            reads=_each_step(inner.reads, len(step)),
            kept=self._kept(steps, inner),
        )

    def _kept(self, steps: int, inner: Facts) -> Kept:
        kept = kept_of(self.layer, inner)
        return kept._replace(made=tuple(made._replace(shape=(steps, *made.shape)) for made in kept.made))

    def _steps(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ShapeError(f"{self.kind} takes an input of 2 axes or more, found {shape_text(shape)}.")
        return shape

    def parts(self) -> tuple[Part, ...]:
        return tuple(
            Part(
                part.name,
                self.model_copy(update={"layer": _frozen(part.layer, self.layer)}),
                part.weight_names,
            )
            for part in self.layer.parts()
        )

    def describe(self, *shapes: Shape) -> str:
        steps, *step = self._steps(shapes[0])
        return f"for each of {steps} steps: {self.layer.describe(tuple(step))}"

    def output_sum(self, *shapes: Shape) -> str:
        steps, *step = self._steps(shapes[0])
        inner = self.layer.output_sum(tuple(step))
        return f"{steps} x {inner}" if inner else ""


def _frozen(part: Layer, whole: Layer) -> Layer:
    """A part of a layer, held still where the whole is."""
    return part.model_copy(update={"trainable": part.trainable and whole.trainable})


def _each_step(reads: Reads, rank: int) -> Reads:
    """The inner layer's reads one axis further back, and each step from itself."""
    if isinstance(reads, str):
        return "pointwise" if reads == "pointwise" else (Window(0), *[None] * rank)
    return (Window(0), *[window and window._replace(axis=window.axis + 1) for window in reads])


class SpectralNormalization(Wrapper):
    """A layer whose kernel is divided by its largest singular value at every step of training.

    Input and output as the inner layer's, which has a kernel or a table of embeddings; one weight
    more, ``vector_u``, which is not trained by descent; counted: what the inner layer counts, as the
    power iteration takes place while training only. Backward keeps what the inner layer's keeps. Source:
    ``keras.layers.SpectralNormalization``.

    >>> layer = SpectralNormalization(layer={"Conv2D": {"filters": 8, "kernel_size": 3}})
    >>> [weight.name for weight in layer.facts((10, 10, 3)).weights]
    ['kernel', 'vector_u', 'bias']
    """

    power_iterations: Size = 1

    holders: ClassVar[tuple[type[Layer], ...]] = (Sliding, Dense, EinsumDense, Embedding)

    def check(self) -> None:
        super().check()
        if not isinstance(self.layer, self.holders) or isinstance(self.layer, Separable):
            raise ValueError(
                f"layer must have a kernel or a table of embeddings, and {self.layer.kind} has no single one"
            )

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        if not shape:
            raise ShapeError(f"{self.kind} takes an input of one axis or more, found a single value.")
        kernel, *others = weights_of(self.layer, shape)
        vector = Weight("vector_u", (1, kernel.shape[-1]), trainable=False)
        inner: Facts = self.layer.facts(shape)
        return inner._replace(weights=(kernel, vector, *others), kept=kept_of(self.layer, inner))

    def parts(self) -> tuple[Part, ...]:
        if not self.layer.parts():
            return ()
        first, *others = self.layer.parts()
        inner = self.model_copy(update={"layer": _frozen(first.layer, self.layer)})
        return (Part(first.name, inner, first.weight_names), *others)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.layer.describe(*shapes)}, its kernel to largest singular value 1"

    def output_sum(self, *shapes: Shape) -> str:
        return str(self.layer.output_sum(*shapes))
