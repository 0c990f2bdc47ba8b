"""Layers that give the same values another shape or order, or repeat them.

They have no weights and nothing is counted; backward needs only the shapes.

Sources: keras/src/layers/reshaping/flatten.py, reshape.py, permute.py, repeat_vector.py and
keras/src/layers/core/identity.py (Keras 3.15).
"""

from collections.abc import Sequence
from math import prod
from typing import Annotated

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.base import DataFormat, Layer, require_rank
from cnncalc.layers.facts import Alias, Facts, Reads, Window
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import LARGEST, Size

Extent = Annotated[int, Field(strict=True, ge=-1, le=LARGEST)]
"""An axis of a target shape; -1 stands for what the other axes leave."""


class Flatten(Layer):
    """All values of a sample in one axis.

    Input of any shape, output ``(values,)``; nothing is counted. The output is the input's memory,
    except where ``channels_first`` makes Keras move the channels to the back before. Backward needs
    only the shapes. Source: ``keras.layers.Flatten``.

    >>> Flatten().facts((7, 7, 512)).output
    (25088,)
    """

    data_format: DataFormat = "channels_last"

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        reads: Reads = "pointwise" if len(shape) == 1 else "everything"
        return Facts((prod(shape),), alias=_alias(shape, self._order(shape)), reads=reads)

    def _order(self, shape: Shape) -> Sequence[int]:
        axes = range(len(shape))
        return axes if self.data_format == "channels_last" else (*axes[1:], *axes[:1])

    def describe(self, *shapes: Shape) -> str:
        return f"all {prod(shapes[0])} values in one axis"

    def output_sum(self, *shapes: Shape) -> str:
        return " · ".join(map(str, shapes[0])) if len(shapes[0]) > 1 else ""


class Reshape(Layer):
    """The same values, in the same order, under another shape.

    Input of any shape with as many values as ``target_shape``, output that shape; one axis may be -1,
    which is what the others leave. Nothing is counted; the output is the input's memory. Backward
    needs only the shapes. Source: ``keras.layers.Reshape``.

    >>> Reshape(target_shape=(-1, 6)).facts((4, 3, 2)).output
    (4, 6)
    """

    target_shape: tuple[Extent, ...]

    def check(self) -> None:
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"only one axis of target_shape can be -1, found {self.target_shape}")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        output = self._output(shape)
        return Facts(output, alias="view", reads=_reads_of_reshape(shape, output))

    def _output(self, shape: Shape) -> Shape:
        known, unknown = self._known(), -1 in self.target_shape
        fits = known and prod(shape) % known == 0 if unknown else known == prod(shape)
        if not fits:
            raise ShapeError(
                f"its input of {shape_text(shape)} ({prod(shape)} in all) "
                f"does not fill the target_shape {self.target_shape}."
            )
        return tuple(prod(shape) // known if size == -1 else size for size in self.target_shape)

    def _known(self) -> int:
        return prod(size for size in self.target_shape if size != -1)

    def describe(self, *shapes: Shape) -> str:
        return f"{shape_text(shapes[0])} values as {shape_text(self._output(shapes[0]))}"

    def output_sum(self, *shapes: Shape) -> str:
        if -1 not in self.target_shape:
            return ""
        quotient = f"({prod(shapes[0])} / {self._known()})"
        return " x ".join(quotient if size == -1 else str(size) for size in self.target_shape)


class Permute(Layer):
    """The axes in another order; ``dims`` counts them from 1.

    Input of as many axes as ``dims``, output with axis ``dims[i]`` of the input at place ``i``; nothing
    is counted. The output is new memory, except where the axes longer than one keep their order.
    Backward needs only the shapes. Source: ``keras.layers.Permute``.

    >>> Permute(dims=(3, 1, 2)).facts((4, 5, 6)).output
    (6, 4, 5)
    """

    dims: tuple[Size, ...]

    def check(self) -> None:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims must hold each of the axes 1 to {len(self.dims)} once, found {self.dims}")

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        require_rank(shape, len(self.dims), self.kind)
        order = [dim - 1 for dim in self.dims]
        reads = tuple(Window(order.index(axis)) for axis in range(len(shape)))
        return Facts(tuple(shape[axis] for axis in order), alias=_alias(shape, order), reads=reads)

    def describe(self, *shapes: Shape) -> str:
        return f"its axes in the order {', '.join(map(str, self.dims))}"


class RepeatVector(Layer):
    """A vector, ``n`` times over.

    Input ``(features,)``, output ``(n, features)``; nothing is counted. Backward needs only the
    shapes. Source: ``keras.layers.RepeatVector``.

    >>> RepeatVector(n=3).facts((32,)).output
    (3, 32)
    """

    n: Size

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        require_rank(shape, 1, self.kind)
        return Facts((self.n, *shape), reads=(Window(axis=1),))

    def describe(self, *shapes: Shape) -> str:
        return f"its {shape_text(shapes[0])} values {self.n} times over"


class Identity(Layer):
    """Its input, unchanged.

    Input of any shape, output the same; nothing is counted; the output is the input's memory. Backward
    needs nothing. Source: ``keras.layers.Identity``.

    >>> Identity().facts((8, 8, 3)).output
    (8, 8, 3)
    """

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        return Facts(shape, alias="view", reads="pointwise")

    def describe(self, *shapes: Shape) -> str:
        return "its input, unchanged"


def _alias(shape: Shape, order: Sequence[int]) -> Alias | None:
    """A view where the values lie in memory as before: the axes longer than one keep their order."""
    long = [axis for axis in order if shape[axis] > 1]
    return "view" if long == sorted(long) else None


def _reads_of_reshape(shape: Shape, output: Shape) -> Reads:
    """The leading axes that stay as they are lead to themselves; all that follow are mixed."""
    if shape == output:
        return "pointwise"
    same = _leading(shape, output)
    return (*map(Window, range(same)), *[None] * (len(shape) - same)) if same else "everything"


def _leading(one: Shape, other: Shape) -> int:
    """How many leading axes are the same in both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((axis for axis, (a, b) in pairs if a != b), min(len(one), len(other)))
