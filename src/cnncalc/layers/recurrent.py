"""Recurrent layers over the steps of a sequence of vectors.

Their states are outputs only with ``return_state``, which is refused: a layer has one output here. So
is ``stateful``, for which Keras needs a fixed batch size.

Sources: keras/src/layers/rnn (Keras 3.15).
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from cnncalc.errors import ShapeError
from cnncalc.layers.activation_names import ActivationName, kept_by
from cnncalc.layers.base import Flag, Layer, require_rank, weight_settings
from cnncalc.layers.facts import Facts, Kept, Made
from cnncalc.layers.wrappers import Inner, Wrapper, weights_of
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size

Rate = Annotated[float, Field(strict=True)]

RECURRENT = weight_settings("kernel", "recurrent", "bias") | {
    "seed",
    "unroll",
    "use_cudnn",
    "zero_output_for_mask",
}
"""Settings that all recurrent layers of Keras have and that change no number."""


class Recurrent(Layer):
    """A layer that carries a state from step to step."""

    without_effect: ClassVar[frozenset[str]] = RECURRENT

    use_bias: Flag = True
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    return_sequences: Flag = False
    return_state: Flag = False
    go_backwards: Flag = False
    stateful: Flag = False

    @property
    def seed_generators(self) -> int:
        """Its cell's, whether there is dropout or not."""
        return 1

    def check(self) -> None:
        if self.return_state:
            raise ValueError("return_state makes several outputs, and a layer has one here")
        if self.stateful:
            raise ValueError("stateful needs a fixed batch size, and the batch axis is open here")

    def collected(self, steps: int, state: Shape) -> Shape:
        """The output: the states of all steps, or the last."""
        return (steps, *state) if self.return_sequences else state

    def handed_on(self) -> str:
        return "all steps" if self.return_sequences else "the last step"

    def kept(self, gates: Shape, states: Shape, features: Shape) -> Kept:
        """The input, the outputs of all steps (the output, where it is them), and what else is made.

        ``gates`` and ``states`` are what is kept of all steps beside the outputs, ``features`` the
        input of one step. One mask serves all steps.
        """
        outputs = () if self.return_sequences else (Made("outputs", states),)
        made = (*outputs, *self.made(gates, states), *self._masks(features, states[1:]))
        return Kept((0,), self.return_sequences, made)

    def made(self, gates: Shape, states: Shape) -> tuple[Made, ...]:
        """What is kept of all steps beside the outputs."""
        raise NotImplementedError

    def _masks(self, features: Shape, state: Shape) -> tuple[Made, ...]:
        masks = {"mask": (self.dropout, features), "recurrent mask": (self.recurrent_dropout, state)}
        return tuple(Made(name, shape, item_bytes=1) for name, (rate, shape) in masks.items() if rate)


class _OverVectors(Recurrent):
    """``gates`` dense layers of ``units`` on the step's input, and as many on the state before."""

    gates: ClassVar[int]
    unit: ClassVar[str] = "unit"

    units: Size
    activation: ActivationName | None = "tanh"

    def facts(self, *shapes: Shape) -> Facts:
        require_rank(shapes[0], 2, self.kind)
        steps, features = shapes[0]
        width = self.gates * self.units
        kernel = Weight("kernel", (features, width))
        recurrent = Weight("recurrent_kernel", (self.units, width))
        bias = (Weight("bias", self.bias_shape(width)),) if self.use_bias else ()
        return Facts(
            self.collected(steps, (self.units,)),
            (kernel, recurrent, *bias),
            macs=steps * (kernel.size + recurrent.size),
            kept=self.kept((steps, width), (steps, self.units), (features,)),
        )

    def bias_shape(self, width: int) -> Shape:
        return (width,)

    def describe(self, *shapes: Shape) -> str:
        steps, features = shapes[0]
        return f"{self.units} units over {features} values in each of {steps} steps, {self.handed_on()} kept"


class SimpleRNN(_OverVectors):
    """Each step a dense layer over its input and the output of the step before.

    Input ``(steps, features)``, output ``(units,)``, or ``(steps, units)`` with ``return_sequences``;
    counted: (features + units) x units for each step. Backward keeps the input and the outputs of all
    steps. Source: ``keras.layers.SimpleRNN``.

    >>> SimpleRNN(units=4).facts((10, 3)).macs == 10 * (3 + 4) * 4
    True
    """

    gates: ClassVar[int] = 1

    def made(self, gates: Shape, states: Shape) -> tuple[Made, ...]:
        return (Made("sums", states),) if kept_by(self.activation).inputs else ()


class LSTM(_OverVectors):
    """A recurrent layer with a long memory: three gates say what it forgets, takes in and gives out.

    Input ``(steps, features)``, output ``(units,)``, or ``(steps, units)`` with ``return_sequences``;
    counted: (features + units) x 4 x units for each step. Backward keeps the input, and the gates and
    states of all steps. Source: ``keras.layers.LSTM``.

    >>> [weight.shape for weight in LSTM(units=4).facts((10, 3)).weights]
    [(3, 16), (4, 16), (16,)]
    """

    without_effect: ClassVar[frozenset[str]] = RECURRENT | {"unit_forget_bias"}
    gates: ClassVar[int] = 4

    recurrent_activation: ActivationName | None = "sigmoid"

    def made(self, gates: Shape, states: Shape) -> tuple[Made, ...]:
        return (Made("gates", gates), Made("states", states))


class GRU(_OverVectors):
    """A recurrent layer with two gates, which say what it forgets and what it takes in.

    Input ``(steps, features)``, output ``(units,)``, or ``(steps, units)`` with ``return_sequences``;
    counted: (features + units) x 3 x units for each step. With ``reset_after`` input and state have
    biases of their own. Backward keeps the input, and the gates and states of all steps. Source:
    ``keras.layers.GRU``.

    >>> [weight.shape for weight in GRU(units=4).facts((10, 3)).weights]
    [(3, 12), (4, 12), (2, 12)]
    """

    gates: ClassVar[int] = 3

    recurrent_activation: ActivationName | None = "sigmoid"
    reset_after: Flag = True

    def bias_shape(self, width: int) -> Shape:
        return (2, width) if self.reset_after else (width,)

    def made(self, gates: Shape, states: Shape) -> tuple[Made, ...]:
        """With ``reset_after`` also what the reset gate is multiplied with."""
        reset = (Made("recurrent sums", states),) if self.reset_after else ()
        return (Made("gates", gates), *reset)


class Bidirectional(Wrapper):
    """A recurrent layer forwards, a second with weights of its own backwards, and both outputs merged.

    Input and output as the inner layer's; with ``merge_mode="concat"`` the last axis of the output is
    twice as long; counted: the sum over both layers. Backward keeps what the two layers keep. Without a
    ``backward_layer`` it is the forward one the other way round; ``merge_mode=None``, which makes two
    outputs, is refused. Source: ``keras.layers.Bidirectional``.

    >>> Bidirectional(layer={"LSTM": {"units": 4}}).facts((10, 3)).output
    (8,)
    """

    merge_mode: Literal["concat", "sum", "mul", "ave"] = "concat"
    backward_layer: Inner | None = None

    @field_validator("backward_layer", mode="after")
    @classmethod
    def _none_where_it_goes_without_saying(cls, backward: Layer | None, info: ValidationInfo) -> Layer | None:
        """Keras writes it in every config."""
        forward = info.data.get("layer")
        return None if forward and backward and _turned(forward) == _turned(backward) else backward

    def check(self) -> None:
        super().check()
        for layer in (self.layer, self.backward):
            if not isinstance(layer, Recurrent):
                raise ValueError(f"layer must be recurrent, and {layer.kind} is not")
        if self.layer.go_backwards == self.backward.go_backwards:
            raise ValueError("layer and backward_layer must go opposite ways, by their go_backwards")
        if self.layer.return_sequences != self.backward.return_sequences:
            raise ValueError("layer and backward_layer differ in return_sequences")

    @property
    def backward(self) -> Any:
        """The layer that goes the other way."""
        return self.backward_layer or self.layer.model_copy(update={"go_backwards": True})

    @property
    def seed_generators(self) -> int:
        return int(self.layer.seed_generators + self.backward.seed_generators)

    def variable_dtypes(self, weights: Sequence[Weight], dtype: str) -> tuple[str, ...]:
        forward = 2 + self.layer.use_bias
        own = self.dtype or dtype
        first = self.layer.variable_dtypes(weights[:forward], own)
        return (*first, *self.backward.variable_dtypes(weights[forward:], own))

    def facts(self, *shapes: Shape) -> Facts:
        one, other = self.layer.facts(*shapes), self.backward.facts(*shapes)
        weights = weights_of(self.layer, *shapes) + weights_of(self.backward, *shapes)
        output = self._merged(one.output, other.output)
        return Facts(output, weights, macs=one.macs + other.macs, kept=self._kept(one, other))

    def _kept(self, one: Facts, other: Facts) -> Kept:
        """Of the merged outputs both can be read again only where they stand one after another."""
        joined = self.merge_mode == "concat"
        apart = not joined and (one.kept.output or self.merge_mode == "mul")
        outputs = (Made("outputs", one.output), Made("outputs", other.output)) if apart else ()
        return Kept((0,), joined and one.kept.output, (*one.kept.made, *other.kept.made, *outputs))

    def _merged(self, one: Shape, other: Shape) -> Shape:
        if one != other:
            raise ShapeError(
                f"forwards {shape_text(one)} and backwards {shape_text(other)} cannot be merged."
            )
        return (*one[:-1], one[-1] * 2) if self.merge_mode == "concat" else one

    def describe(self, *shapes: Shape) -> str:
        return f"forwards and backwards, merged by {self.merge_mode}: {self.layer.describe(*shapes)}"


def _turned(layer: Layer) -> tuple[object, ...]:
    """A layer without its name and the way it goes."""
    return layer.kind, layer.trainable, layer.dtype, {**layer.settings(), "go_backwards": True}
