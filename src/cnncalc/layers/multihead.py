"""Attention with several heads, each on projections of its own.

Sources: keras/src/layers/attention/multi_head_attention.py and grouped_query_attention.py (Keras 3.15).
"""

from math import prod
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from cnncalc.errors import ShapeError
from cnncalc.layers.attention import Attending, Inputs, attention_weights
from cnncalc.layers.axes import Axes, as_tuple
from cnncalc.layers.base import Flag, require_rank, weight_settings
from cnncalc.layers.facts import Facts, Made, all_of
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size

Share = Annotated[float, Field(strict=True, ge=0, le=1)]


def _one_is_a_list(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) if value else None  # Keras takes 0 and an empty list for nothing given
    return value or None


_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}
OutputShape = Annotated[tuple[Size, ...] | None, BeforeValidator(_one_is_a_list), WithJsonSchema(_SCHEMA)]


class _Heads(Attending):
    """What both kinds have in common."""

    without_effect: ClassVar[frozenset[str]] = weight_settings("kernel", "bias") | {"seed"}

    dropout: Share = 0.0
    use_bias: Flag = True
    sliding_window: Size | None = None
    flash_attention: Flag | None = None
    use_gate: Flag = False

    @property
    def seed_generators(self) -> int:
        """Its dropout's."""
        return int(self.dropout > 0)

    def check(self) -> None:
        if self.flash_attention and self.dropout:
            raise ValueError(f"flash_attention does not go with a dropout of {self.dropout:g}")

    def projection(self, kernel: Shape, outputs: int) -> tuple[Weight, ...]:
        """A kernel, and a bias for the last ``outputs`` of its axes."""
        bias = (Weight("bias", kernel[-outputs:]),) if self.use_bias else ()
        return (Weight("kernel", kernel), *bias)

    def made_of(self, inputs: Inputs, widths: tuple[Shape, Shape, Shape], pairs: Shape) -> tuple[Made, ...]:
        """What forward makes: projections of query, key and value to these widths, and what comes of them."""
        queries, keys, values = widths
        heads = (*inputs.query[:-1], queries[0], values[-1])
        gate = (Made("gate", heads),) if self.use_gate else ()
        return (
            Made("query projection", (*inputs.query[:-1], *queries)),
            Made("key projection", (*inputs.key[:-1], *keys)),
            Made("value projection", (*inputs.value[:-1], *values)),
            *gate,
            *attention_weights(pairs, self.dropout),
            Made("heads' outputs", heads),
        )


class MultiHeadAttention(_Heads):
    """Attention with ``num_heads`` heads, each on learned projections of query, key and value.

    Inputs query, value and at times key, ``(..., features)`` with as many axes; output the query's shape,
    or ``output_shape`` in place of its features; counted: the projections of query, key and value, the
    two products of attention (queries x keys x (key_dim + value_dim) for each head), and the projection
    of the heads' outputs. Backward keeps the inputs, their projections, the attention weights and the
    heads' outputs. Source: ``keras.layers.MultiHeadAttention``.

    >>> facts = MultiHeadAttention(num_heads=2, key_dim=4).facts((10, 8), (20, 8))
    >>> facts.output, [weight.shape for weight in facts.weights if weight.name == "kernel"]
    ((10, 8), [(8, 2, 4), (8, 2, 4), (8, 2, 4), (2, 4, 8)])
    >>> facts.macs == (10 + 20 + 20) * 8 * 2 * 4 + 10 * 20 * 2 * (4 + 4) + 10 * 2 * 4 * 8
    True
    """

    num_heads: Size
    key_dim: Size
    value_dim: Size | None = None
    output_shape: OutputShape = None
    attention_axes: Axes | None = None

    @property
    def value_width(self) -> int:
        return self.value_dim or self.key_dim

    def facts(self, *shapes: Shape) -> Facts:
        inputs = self.named(shapes)
        attended = self._attended(inputs)
        new = self.output_shape or inputs.query[-1:]
        return Facts(
            (*inputs.query[:-1], *new),
            self._weights(inputs, new),
            self._projection_macs(inputs, new) + self._attention_macs(inputs, attended),
            kept=all_of(shapes, self._made(inputs, attended)),
        )

    def _made(self, inputs: Inputs, attended: tuple[int, ...]) -> tuple[Made, ...]:
        """Each of what the docstring says that backward keeps beside the inputs."""
        keys, values = (self.num_heads, self.key_dim), (self.num_heads, self.value_width)
        pairs = (self.num_heads, *inputs.query[:-1], *(inputs.key[axis] for axis in attended))
        return self.made_of(inputs, (keys, keys, values), pairs)

    def _attended(self, inputs: Inputs) -> tuple[int, ...]:
        """The axes (of a sample) along which positions attend to one another: all but the last by default."""
        rank = len(inputs.value)
        given = range(1, rank) if self.attention_axes is None else as_tuple(self.attention_axes)
        axes = tuple((axis if axis >= 0 else rank + 1 + axis) - 1 for axis in given)
        if not axes or not set(axes) <= set(range(rank - 1)) or len(set(axes)) < len(axes):
            raise ShapeError(
                f"attention_axes {self.attention_axes} are not positions "
                f"of a value of {shape_text(inputs.value)}."
            )
        kept = [axis for axis in range(rank - 1) if axis not in axes]
        if any(inputs.query[axis] != inputs.value[axis] for axis in kept):
            found = f"{shape_text(inputs.query)} and {shape_text(inputs.value)}"
            raise ShapeError(
                f"query and value differ elsewhere than along the attention axes, found {found}."
            )
        return axes

    def _weights(self, inputs: Inputs, new: Shape) -> tuple[Weight, ...]:
        keys, values = (self.num_heads, self.key_dim), (self.num_heads, self.value_width)
        gate = self.projection((inputs.query[-1], *values), 2) if self.use_gate else ()
        return (
            *self.projection((inputs.query[-1], *keys), 2),
            *self.projection((inputs.key[-1], *keys), 2),
            *gate,
            *self.projection((inputs.value[-1], *values), 2),
            *self.projection((*values, *new), len(new)),
        )

    def _projection_macs(self, inputs: Inputs, new: Shape) -> int:
        on_query = self.key_dim + (self.value_width if self.use_gate else 0)
        widths = prod(inputs.query) * on_query + prod(inputs.key) * self.key_dim
        heads = widths + prod(inputs.value) * self.value_width
        return self.num_heads * (heads + prod(inputs.query[:-1]) * self.value_width * prod(new))

    def _attention_macs(self, inputs: Inputs, attended: tuple[int, ...]) -> int:
        pairs = prod(inputs.query[:-1]) * prod(inputs.key[axis] for axis in attended)
        return self.num_heads * pairs * (self.key_dim + self.value_width)

    def describe(self, *shapes: Shape) -> str:
        inputs = self.named(shapes)
        keys = prod(inputs.key[axis] for axis in self._attended(inputs))
        return f"{self.num_heads} heads of {self.key_dim} values, each position over {keys} keys"


class GroupQueryAttention(_Heads):
    """Attention with ``num_query_heads`` heads, groups of which share their keys and values.

    Inputs query, value and at times key, ``(steps, features)``; output the query's shape; counted: the
    projections of query, key and value, the two products of attention (queries x keys x 2 x head_dim
    for each query head), and the projection of the heads' outputs. Backward keeps the inputs, their
    projections, the attention weights and the heads' outputs. Source:
    ``keras.layers.GroupQueryAttention``.

    >>> layer = GroupQueryAttention(head_dim=4, num_query_heads=6, num_key_value_heads=2)
    >>> [weight.shape for weight in layer.facts((10, 8), (20, 8)).weights if weight.name == "kernel"]
    [(8, 6, 4), (8, 2, 4), (8, 2, 4), (6, 4, 8)]
    """

    head_dim: Size
    num_query_heads: Size
    num_key_value_heads: Size

    def check(self) -> None:
        super().check()
        if self.num_query_heads % self.num_key_value_heads:
            shared = f"{self.num_query_heads} query heads cannot be shared among"
            raise ValueError(f"{shared} {self.num_key_value_heads} heads of keys and values")

    def facts(self, *shapes: Shape) -> Facts:
        inputs = self.named(shapes)
        require_rank(inputs.query, 2, self.kind)
        if inputs.query[-1] != inputs.value[-1]:
            raise ShapeError(f"query and value have {inputs.query[-1]} and {inputs.value[-1]} features.")
        weights = self._weights(inputs)
        return Facts(inputs.query, weights, self._macs(inputs), kept=all_of(shapes, self._made(inputs)))

    def _made(self, inputs: Inputs) -> tuple[Made, ...]:
        """Each of what the docstring says that backward keeps beside the inputs."""
        queries, shared = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        pairs = (self.num_query_heads, inputs.query[0], inputs.key[0])
        return self.made_of(inputs, (queries, shared, shared), pairs)

    def _weights(self, inputs: Inputs) -> tuple[Weight, ...]:
        queries, shared = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        features = inputs.query[-1]
        gate = self.projection((features, *queries), 2) if self.use_gate else ()
        return (
            *self.projection((features, *queries), 2),
            *self.projection((inputs.key[-1], *shared), 2),
            *gate,
            *self.projection((inputs.value[-1], *shared), 2),
            *self.projection((*queries, features), 1),
        )

    def _macs(self, inputs: Inputs) -> int:
        on_query = prod(inputs.query) * self.num_query_heads * (3 if self.use_gate else 2)
        on_others = (prod(inputs.key) + prod(inputs.value)) * self.num_key_value_heads
        pairs = inputs.query[0] * inputs.key[0] * self.num_query_heads * 2
        return self.head_dim * (on_query + on_others + pairs)

    def describe(self, *shapes: Shape) -> str:
        groups = (
            f"{self.num_query_heads} heads of {self.head_dim} values on {self.num_key_value_heads} of keys"
        )
        return f"{groups}, each position over {self.named(shapes).key[0]} keys"
