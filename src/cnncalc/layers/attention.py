"""Attention: each position of a query is given a mean of the values, weighted by how well their keys match.

Inputs are query, value and, where it is not the value, key. Which positions a mask hides changes no
number here: hidden ones are computed and then dropped.

Sources: keras/src/layers/attention (Keras 3.15).
"""

from math import prod
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Flag, Layer
from cnncalc.layers.facts import Facts, Made, all_of
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text

Rate = Annotated[float, Field(strict=True)]


class Inputs(NamedTuple):
    """The shapes of an attention's inputs."""

    query: Shape
    value: Shape
    key: Shape


class Attending(Layer):
    """A layer on query, value and key, of one number of axes, the last of them the features."""

    arity: ClassVar[tuple[int, int]] = (2, 3)
    without_effect: ClassVar[frozenset[str]] = frozenset({"seed"})

    def named(self, shapes: tuple[Shape, ...]) -> Inputs:
        if len(shapes) not in (2, 3):
            raise ShapeError(f"{self.kind} takes query, value and at times key, found {len(shapes)} inputs.")
        inputs = Inputs(shapes[0], shapes[1], shapes[-1])
        if len(set(map(len, inputs))) > 1 or len(inputs.query) < 2:
            raise ShapeError(f"{self.kind} takes inputs of as many axes, 2 or more, found {_shown(shapes)}.")
        if inputs.value[:-1] != inputs.key[:-1]:
            raise ShapeError(f"value and key must be as long, found {_shown(inputs[1:])}.")
        return inputs


def attention_weights(pairs: Shape, dropout: float) -> tuple[Made, ...]:
    """A weight for each pair of query and key, and the mask where some are dropped."""
    mask = (Made("mask", pairs, item_bytes=1),) if dropout else ()
    return (Made("attention weights", pairs), *mask)


def _shown(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(shape_text, shapes))


class _Plain(Attending):
    """Attention on the inputs as they are, along the last axis but one."""

    use_scale: Flag = False
    dropout: Rate = 0.0

    @property
    def seed_generators(self) -> int:
        return int(self.dropout > 0)

    def facts(self, *shapes: Shape) -> Facts:
        inputs = self.named(shapes)
        self._require_fitting(inputs)
        pairs = prod(inputs.query[:-1]) * inputs.key[-2]
        macs = pairs * (self.score_macs(inputs.query[-1]) + inputs.value[-1])
        output = (*inputs.query[:-1], inputs.value[-1])
        return Facts(output, self.learned(inputs.query[-1]), macs, kept=all_of(shapes, self.made(inputs)))

    def made(self, inputs: Inputs) -> tuple[Made, ...]:
        """The attention weights, the tangents that they are made of, and the mask where some are dropped."""
        pairs = (*inputs.query[:-1], inputs.key[-2])
        tangents = (Made("tangents", (*pairs, inputs.query[-1])),) if self.by_tangents() else ()
        return (*tangents, *attention_weights(pairs, self.dropout))

    def by_tangents(self) -> bool:
        """Whether queries and keys are matched by a sum of hyperbolic tangents."""
        raise NotImplementedError

    def _require_fitting(self, inputs: Inputs) -> None:
        if inputs.query[:-2] != inputs.key[:-2] or inputs.query[-1] != inputs.key[-1]:
            raise ShapeError(
                f"query and key do not fit each other, found {_shown((inputs.query, inputs.key))}."
            )

    def score_macs(self, features: int) -> int:
        """Multiply-accumulates for how well one query matches one key."""
        raise NotImplementedError

    def learned(self, features: int) -> tuple[Weight, ...]:
        raise NotImplementedError

    def describe(self, *shapes: Shape) -> str:
        inputs = self.named(shapes)
        return f"{inputs.query[-2]} queries over {inputs.key[-2]} keys of {inputs.key[-1]} values"


class Attention(_Plain):
    """Attention after Luong: queries and keys are matched by their dot product.

    Inputs ``(..., queries, features)``, ``(..., keys, value_features)`` and at times the keys by
    themselves, output ``(..., queries, value_features)``; counted: queries x keys x (features +
    value_features). ``score_mode="concat"`` matches by a sum of hyperbolic tangents, which is not
    counted, and which is kept for the way back. Backward keeps the inputs and the queries x keys
    weights. Source: ``keras.layers.Attention``.

    >>> facts = Attention().facts((10, 8), (20, 8))
    >>> facts.output, facts.macs
    ((10, 8), 3200)
    """

    score_mode: Literal["dot", "concat"] = "dot"

    def by_tangents(self) -> bool:
        return self.score_mode == "concat"

    def score_macs(self, features: int) -> int:
        return features if self.score_mode == "dot" else 0

    def learned(self, features: int) -> tuple[Weight, ...]:
        scale = (Weight("scale", ()),) if self.use_scale else ()
        return (*scale, Weight("concat_score_weight", ())) if self.score_mode == "concat" else scale


class AdditiveAttention(_Plain):
    """Attention after Bahdanau: queries and keys are matched by a weighted sum of hyperbolic tangents.

    Inputs ``(..., queries, features)``, ``(..., keys, value_features)`` and at times the keys by
    themselves, output ``(..., queries, value_features)``; counted: queries x keys x (features +
    value_features), without ``use_scale`` queries x keys x value_features. Backward keeps the inputs,
    the hyperbolic tangents and the queries x keys weights. Source: ``keras.layers.AdditiveAttention``.

    >>> AdditiveAttention().facts((10, 8), (20, 8)).weights
    (Weight(name='scale', shape=(8,), trainable=True),)
    """

    use_scale: Flag = True

    def by_tangents(self) -> bool:
        return True

    def score_macs(self, features: int) -> int:
        return features if self.use_scale else 0

    def learned(self, features: int) -> tuple[Weight, ...]:
        return (Weight("scale", (features,)),) if self.use_scale else ()
