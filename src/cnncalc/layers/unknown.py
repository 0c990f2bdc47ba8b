"""A layer without a rule, of which only the output shape is known; made where a user allows it."""

from typing import ClassVar

from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Facts
from cnncalc.tensors import Shape


class Unknown(Layer):
    """A layer that is not counted: its output shape is taken from the file, its weights are not known.

    >>> Unknown(of="Mystery", output_shape=(4, 4, 8)).kind
    'Mystery (not counted)'
    """

    arity: ClassVar[tuple[int, int]] = (1, 1000)
    counted: ClassVar[bool] = False

    of: str
    output_shape: Shape

    @property
    def kind(self) -> str:
        return f"{self.of} (not counted)"

    def facts(self, *shapes: Shape) -> Facts:
        return Facts(self.output_shape)

    def describe(self, *shapes: Shape) -> str:
        return f"a {self.of}, which has no rule: not counted"
