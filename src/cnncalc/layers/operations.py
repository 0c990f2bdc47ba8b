"""Operations: what a Keras model records where tensors are used directly, as in ``x + y`` or ``x[:, 1:]``.

A kind is written ``ops.Add``, after the class in keras/src/ops that does the work. Its settings are those
of the Keras operation, and the operands that are no tensors: ``{ops.Multiply: {x2: 2.0}}`` doubles its
input. An operation takes every shape with the batch axis in front, as Keras writes axis numbers; one
that would mix the samples of a batch is refused.

Sources: keras/src/ops/numpy.py and keras/src/ops/nn.py (Keras 3.15).
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

from cnncalc.errors import CnncalcError, ShapeError, nearest
from cnncalc.layers import CATALOGUE
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Facts, Kept
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import shown


class _Tensor:
    """Stands for an argument that is the output of another layer."""

    def __repr__(self) -> str:
        return "TENSOR"


TENSOR = _Tensor()
"""What an importer puts in the place of every tensor among the arguments of a call."""


class Operation(Layer):
    """A layer without weights that is one of Keras's operations."""

    op: ClassVar[str]
    """The name of Keras's class."""

    operands: ClassVar[tuple[str, ...]] = ("x",)
    """The arguments of a call, in order; those that are no tensors become settings."""

    @property
    def kind(self) -> str:
        return f"ops.{self.op}"

    @classmethod
    def from_arguments(cls, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that stand in the arguments of a call."""
        given = dict(zip(cls.operands, args, strict=False)) | dict(kwargs)
        if len(args) > len(cls.operands):
            raise CnncalcError(f"ops.{cls.op} takes {len(cls.operands)} arguments, found {len(args)}.")
        return {name: plain(value) for name, value in given.items() if not _is_of_tensors(value)}

    def require_inputs(self, shapes: tuple[Shape, ...], count: int) -> None:
        if len(shapes) != count:
            wanted = "1 input" if count == 1 else f"{count} inputs"
            raise ShapeError(f"{self.kind} takes {wanted}, found {len(shapes)}.")

    def one(self, shapes: tuple[Shape, ...]) -> Shape:
        """The shape of its only input."""
        self.require_inputs(shapes, 1)
        return shapes[0]


class ValueByValue(Operation):
    """An output value depends on the one input value in its place."""

    phrase: ClassVar[str]
    keeps: ClassVar[Kept]

    def facts(self, *shapes: Shape) -> Facts:
        return Facts(self.one(shapes), alias="overwrite", reads="pointwise", kept=self.keeps)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.phrase} of each value"


def _is_of_tensors(value: Any) -> bool:
    """A tensor, or a list of nothing else."""
    return value is TENSOR or (
        isinstance(value, list | tuple) and bool(value) and all(v is TENSOR for v in value)
    )


def plain(value: Any) -> Any:
    """A constant as Keras writes it, as a number or lists of numbers.

    >>> plain({"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}})
    [1.0, 2.0]
    """
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return value["config"]["value"]
    return value


OPERATIONS = {kind[4:]: module for kind, module in CATALOGUE.items() if kind.startswith("ops.")}
"""Each operation of the catalogue, and the module of this folder that holds its class."""


def operation_class(op: str) -> type[Operation]:
    """The class of an operation by the name of Keras's class.

    >>> operation_class("Add").__name__
    'OpAdd'

    Raises CnncalcError, with the nearest known name, for an operation without a rule.
    """
    if op not in OPERATIONS:
        raise CnncalcError(f'no rule for the operation "{op}".{nearest(op, OPERATIONS)}')
    found: type[Operation] = getattr(import_module(f"cnncalc.layers.{OPERATIONS[op]}"), f"Op{op}")
    return found


def from_node(
    op_class_name: str, config: Mapping[str, Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[type[Layer], dict[str, Any]]:
    """The class and the settings of an operation that stands in a Keras model's config.

    ``config`` is the operation's, ``args`` and ``kwargs`` are those of its only inbound node with
    :data:`TENSOR` in place of every tensor; the tensors, in order, are the inputs.

    >>> from_node("Subtract", {"name": "subtract"}, [1, TENSOR], {})[1]
    {'x1': 1}
    >>> from_node("Mean", {"axis": [1, 2], "keepdims": True}, [TENSOR], {})[1]
    {'axis': [1, 2], 'keepdims': True}

    Raises CnncalcError for an operation or an argument without a rule.
    """
    cls = operation_class(op_class_name)
    settings = {key: value for key, value in config.items() if key not in ("name", "dtype", "trainable")}
    settings |= cls.from_arguments(args, kwargs)
    known = {*cls.setting_names(), *cls.without_effect}
    for name, value in settings.items():
        if name not in known:
            raise CnncalcError(f"no rule for {name} {shown(value)} of ops.{op_class_name}.")
    return cls, settings


def require_same_rank(shapes: Sequence[Shape], kind: str) -> None:
    """Keras lines axes up from the last, so that the batch axes meet only in shapes of as many axes."""
    if len(set(map(len, shapes))) > 1:
        found = " and ".join(map(shape_text, shapes))
        raise ShapeError(f"{kind} would mix the samples of a batch: its inputs of {found} differ in axes.")
