"""The variables that an optimizer of Keras 3.15 makes for its weights, one optimizer at a time.

Sources: keras/src/optimizers (``build`` of each class, named where it matters) and
keras/src/optimizers/base_optimizer.py, on the TensorFlow backend, where ``dtype="int"`` is int64.
``keras.config.floatx()`` is taken to be float32, as it is unless a user changes it. Left out: the
scales of float8 training, which have no slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Literal, NamedTuple

from cnncalc.tensors import ITEM_BYTES, Shape

if TYPE_CHECKING:
    from cnncalc.settings import OptimizerSpec

Role = Literal["slot", "scalar", "average", "accumulator"]

VARIABLE_BYTES = {**ITEM_BYTES, "int32": 4, "int64": 8}
"""Bytes of one value of a variable."""


class Trainable(NamedTuple):
    """A weight that an optimizer updates: its layer's path and its name in Keras, and its own type."""

    layer: str
    name: str
    shape: Shape
    dtype: str = "float32"

    @property
    def path(self) -> str:
        """The weight's path in Keras, by which optimizers choose: ``"conv2d/kernel"``."""
        return f"{self.layer}/{self.name}" if self.layer else self.name


class Variable(NamedTuple):
    """A variable of an optimizer; ``weight`` is the index of the weight that it belongs to.

    A *slot* is what the rule of the update needs of each weight, an *average* what ``use_ema`` adds, an
    *accumulator* what ``gradient_accumulation_steps`` adds; a *scalar* belongs to no weight. ``listed`` is
    False where the variable exists but ``optimizer.variables`` leaves it out.
    """

    name: str
    role: Role
    shape: Shape
    dtype: str
    weight: int | None = None
    listed: bool = True

    @property
    def bytes(self) -> int:
        """Bytes that the variable takes."""
        return prod(self.shape) * VARIABLE_BYTES[self.dtype]


_Numbered = Sequence[tuple[int, Trainable]]


def of_one(spec: OptimizerSpec, weights: Sequence[Trainable]) -> Iterator[Variable]:
    """The variables of an optimizer that wraps no other."""
    numbered = tuple(enumerate(weights))
    yield from scalars(spec)
    yield from _of_every_optimizer(spec, numbered)
    yield from _own(spec, numbered)


def scalars(spec: OptimizerSpec) -> Iterator[Variable]:
    """The step counter, and the learning rate where it is a number (a schedule is computed)."""
    yield Variable("iteration", "scalar", (), "int64")
    wraps = "learning_rate" not in spec.table[spec.name]  # a wrapper has one of 0.0, which nothing reads
    if wraps or not isinstance(spec.value("learning_rate"), Mapping):
        yield Variable("learning_rate", "scalar", (), "float32")


def _of_every_optimizer(spec: OptimizerSpec, weights: _Numbered) -> Iterator[Variable]:
    """What ``BaseOptimizer.build`` makes."""
    if spec.value("use_ema"):
        yield from _each("average", weights, "average")
    if spec.value("gradient_accumulation_steps"):
        yield from _each("gradient_accumulator", weights, "accumulator")


def _each(name: str, weights: _Numbered, role: Role = "slot") -> Iterator[Variable]:
    return (_like(weight, name, index, role) for index, weight in weights)


def _like(weight: Trainable, name: str, index: int, role: Role = "slot") -> Variable:
    """A variable of the weight's shape and type (``add_variable_from_reference``)."""
    return Variable(f"{weight.path.replace('/', '_')}_{name}", role, weight.shape, weight.dtype, index)


_Group = tuple[tuple[str, ...], str | None]
_MOMENTS: _Group = (("momentum", "velocity"), None)

SLOTS: dict[str, tuple[_Group, ...]] = {
    "SGD": ((("momentum",), "momentum"),),
    "RMSprop": ((("velocity",), None), (("momentum",), "momentum"), (("average_gradient",), "centered")),
    "Adam": (_MOMENTS, (("velocity_hat",), "amsgrad")),
    "AdamW": (_MOMENTS, (("velocity_hat",), "amsgrad")),
    "Adadelta": ((("accumulated_grad", "accumulated_delta_var"), None),),
    "Adagrad": ((("accumulator",), None),),
    "Adamax": ((("momentum", "norm"), None),),
    "Nadam": (_MOMENTS,),
    "Ftrl": ((("accumulator", "linear"), None),),
    "Lion": ((("momentum",), None),),
    "Lamb": (_MOMENTS,),
    "ScheduleFreeAdamW": (_MOMENTS,),
}
"""Slots of every weight, in groups that are made one after another; with the option that a group hangs on."""


def _own(spec: OptimizerSpec, weights: _Numbered) -> Iterable[Variable]:
    """What the optimizer's own ``build`` makes."""
    if spec.name == "Adafactor":
        return _factored(weights)
    if spec.name == "Muon":
        return _by_muon(spec, weights)
    slots = [
        _like(weight, name, index) for names in _groups(spec) for index, weight in weights for name in names
    ]
    return [*slots, _u_product(weights)] if spec.name == "Nadam" else slots


def _groups(spec: OptimizerSpec) -> Iterator[tuple[str, ...]]:
    return (names for names, option in SLOTS[spec.name] if option is None or spec.value(option) > 0)


def _u_product(weights: _Numbered) -> Variable:
    """Nadam's running product, of the first weight's type (nadam.py)."""
    return Variable("u_product", "scalar", (), weights[0][1].dtype if weights else "float32")


def _factored(weights: _Numbered) -> Iterator[Variable]:
    """Row and column means of the last two axes, and a slot of full size (adafactor.py).

    A weight of fewer axes has two placeholders, Python's 0, in place of the means.
    """
    for index, weight in weights:
        if len(weight.shape) < 2:
            yield Variable(weight.name, "scalar", (), "int32")
            yield Variable(weight.name, "scalar", (), "int32")
        else:
            *others, _, _ = weight.shape
            rows, columns = weight.shape[:-1], (*others, weight.shape[-1])
            yield Variable(weight.name, "slot", rows, weight.dtype, index)
            yield Variable(weight.name, "slot", columns, weight.dtype, index)
        yield _like(weight, "velocity", index)


def _by_muon(spec: OptimizerSpec, weights: _Numbered) -> Iterator[Variable]:
    """A momentum for each weight, and a velocity for those that are left to Adam (muon.py)."""
    for index, weight in weights:
        yield _like(weight, "momentum", index)
        if left_to_adam(spec, weight):
            yield _like(weight, "velocity", index)


def left_to_adam(muon: OptimizerSpec, weight: Trainable) -> bool:
    """Whether Muon updates a weight as Adam does: not a matrix, an embedding, or excluded by its path."""
    if len(weight.shape) != 2:
        return True
    if muon.value("exclude_embeddings") and "embedding" in weight.path.lower():
        return True
    return any(re.search(pattern, weight.path) for pattern in muon.value("exclude_layers") or ())
