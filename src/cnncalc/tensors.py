"""Shapes, data types and weights: the words that every floor above shares."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnncalc.errors import Problem, SettingError, nearest

Shape = tuple[int, ...]
"""A shape per sample: the batch axis is never written."""

ITEM_BYTES = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int8": 1,
}


class Policy(NamedTuple):
    """The types that a layer computes in and keeps its weights in (Keras's dtype policy)."""

    name: str
    compute: str
    variable: str

    @property
    def compute_bytes(self) -> int:
        return ITEM_BYTES[self.compute]

    @property
    def variable_bytes(self) -> int:
        return ITEM_BYTES[self.variable]


POLICIES = {name: Policy(name, name, name) for name in ITEM_BYTES} | {
    "mixed_float16": Policy("mixed_float16", "float16", "float32"),
    "mixed_bfloat16": Policy("mixed_bfloat16", "bfloat16", "float32"),
}


def policy(name: str) -> Policy:
    """The dtype policy of that name. Raises SettingError where there is none.

    >>> policy("mixed_float16").compute_bytes, policy("mixed_float16").variable_bytes
    (2, 4)
    """
    try:
        return POLICIES[name]
    except KeyError:
        message = f'no dtype "{str(name)[:60]}".{nearest(name, POLICIES)}'
        raise SettingError([Problem(("dtype",), message)]) from None


INTEGERS = {
    "bool": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
}
"""Types that data may have and no layer computes in, and the bytes of a value."""


def data_type(name: str) -> str:
    """The type of an input: a dtype policy or a type of whole numbers. Raises SettingError for no type.

    >>> data_type("int32")
    'int32'
    """
    if name in INTEGERS:
        return name
    if name not in POLICIES:
        message = f'no dtype "{str(name)[:60]}".{nearest(name, (*POLICIES, *INTEGERS))}'
        raise SettingError([Problem(("dtype",), message)])
    return name


def data_bytes(name: str) -> int:
    """Bytes of a value of an input of that type.

    >>> data_bytes("int64"), data_bytes("mixed_float16")
    (8, 2)
    """
    return INTEGERS[name] if name in INTEGERS else POLICIES[name].compute_bytes


class Weight(NamedTuple):
    """One weight of a layer, named as Keras names it."""

    name: str
    shape: Shape
    trainable: bool = True

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)
