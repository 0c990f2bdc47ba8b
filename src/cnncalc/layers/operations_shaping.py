"""Operations that join tensors, or give their values another shape, order or extent.

They have no weights and nothing is counted; backward needs only the shapes.

Source: keras/src/ops/numpy.py (Keras 3.15).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from cnncalc.errors import CnncalcError, ShapeError
from cnncalc.layers.axes import Axes, as_tuple, mixing, sample_axes, sample_axis
from cnncalc.layers.base import Integer, Natural
from cnncalc.layers.facts import Facts, Window
from cnncalc.layers.operations import TENSOR, Operation, require_same_rank
from cnncalc.layers.reshaping import Reshape
from cnncalc.layers.slicing import key_text, parsed, sliced
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import LARGEST


class _Joining(Operation):
    arity: ClassVar[tuple[int, int]] = (1, LARGEST)
    operands: ClassVar[tuple[str, ...]] = ("xs",)

    def require_alike(self, shapes: Iterable[Shape], all_shapes: tuple[Shape, ...]) -> None:
        if len(set(shapes)) != 1:
            found = ", ".join(map(shape_text, all_shapes))
            raise ShapeError(f"{self.kind}: inputs of {found} do not fit each other.")


class OpConcatenate(_Joining):
    """Its inputs one after another along an axis.

    Inputs of shapes that differ along the axis at most; output the same with the sizes along the axis
    added; nothing is counted. Backward keeps nothing. Source: ``keras.ops.concatenate``.

    >>> OpConcatenate(axis=-1).facts((10, 10, 8), (10, 10, 3)).output
    (10, 10, 11)
    """

    op: ClassVar[str] = "Concatenate"

    axis: Integer = 0

    def facts(self, *shapes: Shape) -> Facts:
        axis = sample_axis(self.axis, shapes[0], self.kind)
        require_same_rank(shapes, self.kind)
        self.require_alike(((*shape[:axis], 0, *shape[axis + 1 :]) for shape in shapes), shapes)
        output = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
        return Facts(output, reads=mixing([axis], len(output)), sharing="join")

    def describe(self, *shapes: Shape) -> str:
        return f"{len(shapes)} inputs one after another along axis {self.axis}"


class OpStack(_Joining):
    """Its inputs side by side along a new axis.

    Inputs of one shape, output with an axis of as many as there are inputs; nothing is counted.
    Backward keeps nothing. Source: ``keras.ops.stack``.

    >>> OpStack(axis=1).facts((10, 8), (10, 8)).output
    (2, 10, 8)
    """

    op: ClassVar[str] = "Stack"

    axis: Integer = 0

    def facts(self, *shapes: Shape) -> Facts:
        self.require_alike(shapes, shapes)
        axis = sample_axis(self.axis, (*shapes[0], len(shapes)), self.kind)
        output = (*shapes[0][:axis], len(shapes), *shapes[0][axis:])
        reads = tuple(Window(a + (a >= axis)) for a in range(len(shapes[0])))
        return Facts(output, reads=reads, sharing="join")

    def describe(self, *shapes: Shape) -> str:
        return f"{len(shapes)} inputs side by side along a new axis {self.axis}"


Extent = Annotated[int, Field(strict=True, ge=-1, le=LARGEST)]


class OpReshape(Operation):
    """The same values, in the same order, under another shape; ``newshape`` has the batch axis in front.

    Input of any shape, output ``newshape`` without its first number, which must be -1 or None; nothing
    is counted; the output is the input's memory. Backward needs only the shapes. Source:
    ``keras.ops.reshape``.

    >>> OpReshape(newshape=(-1, 64, 3)).facts((8, 8, 3)).output
    (64, 3)
    """

    op: ClassVar[str] = "Reshape"

    newshape: tuple[Extent | None, ...]

    def check(self) -> None:
        if not self.newshape or self.newshape[0] not in (-1, None):
            raise ValueError(f"newshape must begin with -1 or None for the batch axis, found {self.newshape}")
        if None in self.newshape[1:] or self.newshape.count(-1) > 1:
            raise ValueError(f"only one axis of newshape can be left open, found {self.newshape}")

    def facts(self, *shapes: Shape) -> Facts:
        return self._reshape().facts(self.one(shapes))

    def _reshape(self) -> Reshape:
        """The layer that does the same, without the batch axis."""
        return Reshape(target_shape=tuple(size for size in self.newshape[1:] if size is not None))

    def describe(self, *shapes: Shape) -> str:
        return self._reshape().describe(*shapes)

    def output_sum(self, *shapes: Shape) -> str:
        return self._reshape().output_sum(*shapes)


class OpTranspose(Operation):
    """The axes in another order; ``axes`` counts them with the batch axis as 0.

    Input of as many axes, output with axis ``axes[i]`` of the input at place ``i``; nothing is counted.
    Backward needs only the shapes. Source: ``keras.ops.transpose``.

    >>> OpTranspose(axes=(0, 3, 1, 2)).facts((8, 9, 3)).output
    (3, 8, 9)
    """

    op: ClassVar[str] = "Transpose"

    axes: tuple[Natural, ...]

    def check(self) -> None:
        if sorted(self.axes) != list(range(len(self.axes))) or self.axes[:1] != (0,):
            raise ValueError(f"axes must hold 0 first and every other axis once, found {self.axes}")

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        if len(self.axes) != len(shape) + 1:
            raise ShapeError(f"{self.kind}: axes {self.axes} are not those of {shape_text(shape)}.")
        order = [axis - 1 for axis in self.axes[1:]]
        reads = tuple(Window(order.index(axis)) for axis in range(len(shape)))
        return Facts(tuple(shape[axis] for axis in order), reads=reads)

    def describe(self, *shapes: Shape) -> str:
        return f"its axes in the order {', '.join(map(str, self.axes))}"


class OpSqueeze(Operation):
    """Axes of size 1 taken away.

    Input of size 1 along the axes (None: along all that have it), output without them; nothing is
    counted; the output is the input's memory. Backward needs only the shapes. Source:
    ``keras.ops.squeeze``.

    >>> OpSqueeze(axis=1).facts((1, 10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Squeeze"

    axis: Axes | None = None

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        gone = self._gone(shape)
        if any(shape[axis] != 1 for axis in gone):
            raise ShapeError(
                f"{self.kind}: axis {self.axis} of its input of {shape_text(shape)} is not of size 1."
            )
        kept = [axis for axis in range(len(shape)) if axis not in gone]
        reads = tuple(Window(kept.index(axis)) if axis in kept else None for axis in range(len(shape)))
        return Facts(tuple(shape[axis] for axis in kept), alias="view", reads=reads)

    def _gone(self, shape: Shape) -> tuple[int, ...]:
        if self.axis is None:
            return tuple(axis for axis, size in enumerate(shape) if size == 1)
        return sample_axes(self.axis, shape, self.kind)

    def describe(self, *shapes: Shape) -> str:
        return f"without {len(self._gone(shapes[0]))} axes of size 1"


class OpExpandDims(Operation):
    """New axes of size 1.

    Input any shape, output with axes of size 1 at the places given, which count in the output; nothing
    is counted; the output is the input's memory. Backward needs only the shapes. Source:
    ``keras.ops.expand_dims``.

    >>> OpExpandDims(axis=-1).facts((10, 8)).output
    (10, 8, 1)
    """

    op: ClassVar[str] = "ExpandDims"

    axis: Axes

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        rank = len(shape) + len(as_tuple(self.axis))
        new = sample_axes(self.axis, (1,) * rank, self.kind)
        kept = [axis for axis in range(rank) if axis not in new]
        sizes = dict(zip(kept, shape, strict=True))
        return Facts(
            tuple(sizes.get(a, 1) for a in range(rank)), alias="view", reads=tuple(map(Window, kept))
        )

    def describe(self, *shapes: Shape) -> str:
        return f"a new axis {', '.join(map(str, as_tuple(self.axis)))}"


def _as_pairs(value: object) -> object:
    """Keras takes a pair of one number for two equal ones."""
    if not isinstance(value, list | tuple):
        raise ValueError("must be a pair of numbers for every axis")
    return tuple(
        (pair * 2 if len(pair) == 1 else pair) if isinstance(pair, list | tuple) else pair for pair in value
    )


_PAIRS = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
Pairs = Annotated[tuple[tuple[Natural, Natural], ...], BeforeValidator(_as_pairs), WithJsonSchema(_PAIRS)]


class OpPad(Operation):
    """More positions in front and behind; ``pad_width`` has a pair for every axis, the batch axis first.

    Input any shape, output with the positions added; nothing is counted. Backward needs only the
    shapes. Source: ``keras.ops.pad``.

    >>> OpPad(pad_width=((0, 0), (1, 1), (2, 2), (0, 0))).facts((8, 8, 3)).output
    (10, 12, 3)
    """

    op: ClassVar[str] = "Pad"
    without_effect: ClassVar[frozenset[str]] = frozenset({"constant_values"})

    pad_width: Pairs
    mode: str = "constant"

    def check(self) -> None:
        if not self.pad_width or any(self.pad_width[0]):
            raise ValueError(f"pad_width must leave the batch axis as it is, found {self.pad_width}")

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        if len(self.pad_width) != len(shape) + 1:
            raise ShapeError(f"{self.kind}: pad_width {self.pad_width} does not fit {shape_text(shape)}.")
        pairs = self.pad_width[1:]
        output = tuple(size + sum(pair) for size, pair in zip(shape, pairs, strict=True))
        return Facts(output, reads=tuple(self._window(axis, *pair) for axis, pair in enumerate(pairs)))

    def _window(self, axis: int, before: int, behind: int) -> Window | None:
        """Other modes than constant fill with values from elsewhere along the axis."""
        return Window(axis, 1, -before, -before) if self.mode == "constant" or not before + behind else None

    def describe(self, *shapes: Shape) -> str:
        return f"{', '.join(f'{before} + {behind}' for before, behind in self.pad_width[1:])} positions more"


class OpGetItem(Operation):
    """A part of a tensor; ``key`` is written as between Python's brackets, ``":, 1:, ::2"``.

    Input of as many axes as the key names or more, output the part; nothing is counted. The key's first
    entry, for the batch axis, is ``:`` or comes of ``...``. Backward needs only the shapes. Source:
    ``keras.ops.get_item``.

    >>> OpGetItem(key=":, 1:, ::2").facts((8, 8, 3)).output
    (7, 4, 3)
    """

    op: ClassVar[str] = "GetItem"
    operands: ClassVar[tuple[str, ...]] = ("x", "key")

    key: str

    def check(self) -> None:
        parsed(self.key)

    @classmethod
    def from_arguments(cls, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        tensor, key = (*args, kwargs.get("key"))[:2]
        if tensor is not TENSOR:
            raise CnncalcError("ops.GetItem takes its part of a tensor.")
        return {"key": key_text(key)}

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        output, reads = sliced(parsed(self.key), shape)
        if not prod(output):
            raise ShapeError(f"[{self.key}] leaves nothing of its input of {shape_text(shape)}.")
        return Facts(output, reads=reads)

    def describe(self, *shapes: Shape) -> str:
        return f"the part [{self.key}]"
