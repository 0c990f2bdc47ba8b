"""Random networks: a hypothesis strategy for models of mixed layers over the whole catalogue.

Branches and merges, layers called again, models in models, several inputs and outputs, frozen layers,
layers with a dtype of their own, layers written in another order than they run in. No framework is
imported here. What is drawn is small: no tensor has more than ``LARGEST`` values.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cnncalc import Call, Model, Nested
from cnncalc.errors import ShapeError
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.model import Namer
from cnncalc.settings import Settings
from cnncalc.tensors import Shape
from tests.layer_settings import COMMON, FLAGS, OF_SHAPE, kinds_for, number, settings_of

LARGEST = 2000
DEPTH = 2
"""How deep models are nested."""

MERGES = (
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    "CustomScaleLayer",
)
IN_PLACE = ("Activation", "BatchNormalization", "Dropout", "Identity", "LeakyReLU", "PReLU")


class Growing:
    """A model as it grows: the values so far by name, and those of them that nothing reads yet."""

    def __init__(self, draw: st.DrawFn, inputs: dict[str, Shape], depth: int) -> None:
        self.draw = draw
        self.depth = depth
        self.inputs = inputs
        self.shapes = dict(inputs)
        self.unread = list(inputs)
        self.layers: list[Layer] = []
        self.latest = next(iter(inputs)) if len(inputs) == 1 else None
        self.namer = Namer(inputs)
        self.shuffled = draw(number(5)) == 3
        self.callable: dict[str, tuple[tuple[Shape, ...], dict[str, Shape]]] = {}

    def model(self, steps: int) -> Model:
        for _ in range(steps):
            ways = [self.one] * 6 + [self.merge] * 3 + [self.again] * 2 + [self.nest] * (self.depth < DEPTH)
            self.draw(st.sampled_from(ways))(self.value())
        self.join()
        layers = self.draw(st.permutations(self.layers)) if self.shuffled else self.layers
        dtypes = st.sampled_from(["float32"] * 3 + ["mixed_float16", "float64"])
        chosen = Settings(dtype=self.draw(dtypes))
        return Model(inputs=self.inputs, layers=layers, outputs=self.outputs(), settings=chosen)

    def value(self) -> str:
        """One that nothing reads yet, most of the time."""
        return self.draw(st.sampled_from([*self.unread * 2, *self.shapes]))

    def one(self, value: str) -> str:
        """Any layer that fits the value, half of them of a kind that takes no other number of axes."""
        kinds = kinds_for(len(self.shapes[value]))
        special = [kind for kind in kinds if kind not in OF_SHAPE]
        return self.of(value, special if self.draw(FLAGS) and special else kinds)

    def of(self, value: str, kinds: Sequence[str]) -> str:
        kind = self.draw(st.sampled_from(kinds))
        return self.put(kind, self.draw(settings_of(kind, self.shapes[value])), value)

    def put(self, kind: str, given: dict[str, Any], *values: str) -> str:
        """The output of the layer; the first value, where it does not fit or makes too much of it."""
        shapes = tuple(self.shapes[value] for value in values)
        cls, given = layer_class(kind), given | self.draw(COMMON)
        try:
            output = cls(**given).facts(*shapes).output
        except ShapeError:
            return values[0]
        if prod(output) > LARGEST or len(output) > 4:
            return values[0]
        return self.add(cls, given, values, {"": output})

    def add(
        self, cls: type[Layer], given: dict[str, Any], values: Sequence[str], outputs: dict[str, Shape]
    ) -> str:
        """The first of the layer's outputs, which are called as the layer, or ``layer.output``."""
        name, named = self.name(cls)
        implied = not self.shuffled and [*values] == [self.latest] and self.draw(FLAGS)
        if not implied:
            given = given | {"inputs": tuple(values)}
        self.layers.append(cls(**given, **named))
        made = {f"{name}.{output}" if output else name: shape for output, shape in outputs.items()}
        self.unread = [value for value in self.unread if value not in values] + list(made)
        self.shapes |= made
        self.latest = name if "" in outputs else None
        if cls is not Call:
            self.callable[name] = tuple(self.shapes[value] for value in values), outputs
        return next(iter(made))

    def name(self, cls: type[Layer]) -> tuple[str, dict[str, Any]]:
        """The name of the next layer, and the setting that gives it, if it is not left to the model."""
        if cls is Nested or self.shuffled or self.draw(FLAGS):
            forms = ["x{}", "block_{}/x", "Group {}.x"]
            name = self.draw(st.sampled_from(forms)).format(len(self.layers))
            return name, {"name": name}
        return self.namer.name(cls.__name__), {}

    def merge(self, value: str, kinds: Sequence[str] = MERGES) -> str:
        """With a value of the same shape or, if there is none, a branch of its own."""
        shape = self.shapes[value]
        alike = [other for other in self.shapes if self.shapes[other] == shape and other != value]
        other = self.draw(st.sampled_from(alike)) if alike else self.of(value, IN_PLACE)
        axis = self.draw(st.sampled_from([*range(1, len(shape) + 1), -1]))
        kind = self.draw(st.sampled_from(kinds))
        settings = {"Concatenate": {"axis": axis}, "Dot": {"axes": axis}, "CustomScaleLayer": {"scale": 0.5}}
        given = settings.get(kind, {})
        return self.put(kind, given, value, other)

    def again(self, value: str) -> str:
        """A layer called once more, if one takes the value."""
        taken = [name for name, (shapes, _) in self.callable.items() if shapes[0] == self.shapes[value]]
        if not taken:
            return value
        name = self.draw(st.sampled_from(taken))
        shapes, outputs = self.callable[name]
        fitting = [[other for other in self.shapes if self.shapes[other] == shape] for shape in shapes[1:]]
        others = [self.draw(st.sampled_from(values)) for values in fitting]
        return self.add(Call, {"layer": name}, [value, *others], outputs)

    def nest(self, value: str) -> str:
        """A model as a layer, with one input or two."""
        values = [value, self.value()] if self.draw(FLAGS) else [value]
        inputs = {f"input_{n}": self.shapes[value] for n, value in enumerate(values)}
        inner = Growing(self.draw, inputs, self.depth + 1).model(self.draw(number(4)))
        names = [name for name, _ in inner.outputs] or [""]
        outputs = dict(zip(names, inner.graph.output_shapes, strict=True))
        return self.add(Nested, {"model": inner} | self.draw(COMMON), values, outputs)

    def join(self) -> None:
        """Something reads every input; at times all that is unread becomes one value."""
        for value in [value for value in self.unread if value in self.inputs]:
            self.put("Identity", {}, value)
        if len(self.unread) > 1 and self.draw(FLAGS):
            self.put("Concatenate", {}, *[self.put("Flatten", {}, value) for value in self.unread])

    def outputs(self) -> dict[str, str]:
        """All that is unread, and at times another value; none named where they are the last layer's."""
        if not self.shuffled and self.unread == [self.latest] and self.draw(FLAGS):
            return {}
        more = [self.draw(st.sampled_from(sorted(self.shapes)))] if self.draw(number(5)) == 3 else []
        return {f"output_{n}": value for n, value in enumerate(dict.fromkeys(self.unread + more))}


SHAPES: dict[int, SearchStrategy[Shape]] = {
    1: st.tuples(number(12)),
    2: st.tuples(number(12, 4), number(4)),
    3: st.tuples(number(9, 5), number(9, 5), number(4)),
    4: st.tuples(number(5, 4), number(5, 4), number(5, 4), number(2)),
}


@st.composite
def models(draw: st.DrawFn, kind: str | None = None, steps: int = 7) -> Model:
    """A model of at most so many layers and some that join its ends, nested layers apart.

    With a layer of that kind, of the catalogue, if one is given.
    """
    axes = draw(st.sampled_from([axes for axes in SHAPES if kind in (None, *MERGES, *kinds_for(axes))]))
    first, *others = draw(st.sampled_from([["input"], ["input"], ["image", "words"], ["a", "b", "c"]]))
    shapes = {name: draw(st.one_of(*SHAPES.values())) for name in others}
    growing = Growing(draw, {first: draw(SHAPES[axes]), **shapes}, depth=0)
    if kind in MERGES:
        growing.merge(first, [kind])
    elif kind:
        growing.of(first, [kind])
    return growing.model(draw(number(steps)))
