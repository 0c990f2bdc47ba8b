"""Keys between brackets, ``x[:, 1:, ::2]``: as text, as Keras writes them in a config, and what they take.

Source: the class GetItem in keras/src/ops/numpy.py and __slice__ in keras/src/saving (Keras 3.15).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import EllipsisType
from typing import Any, TypeAlias, Union

from cnncalc.errors import CnncalcError, ShapeError
from cnncalc.layers.facts import Window
from cnncalc.tensors import Shape
from cnncalc.units import shape_text
from cnncalc.validation import shown

Entry: TypeAlias = "Union[slice, int, EllipsisType, None]"  # noqa: UP007
_ENTRY = re.compile(r"(-?\d{1,9})|(-?\d{1,9})?:(-?\d{1,9})?(?::(-?\d{1,9})?)?")


def parsed(key: str) -> tuple[Entry, ...]:
    """The entries of a key.

    >>> parsed(":, 1:, ..., None, -1")
    (slice(None, None, None), slice(1, None, None), Ellipsis, None, -1)

    Raises ValueError for a key that Python would not read, or that does not leave the batch axis whole.
    """
    entries = tuple(map(_entry, key.split(",")))
    if entries[0] not in (slice(None), ...):
        raise ValueError(f"key [{key}] must leave the batch axis whole, as [:, ...] does")
    if entries.count(...) > 1:
        raise ValueError(f"key [{key}] has more than one ...")
    return entries


def _entry(text: str) -> Entry:
    text = text.strip()
    if text in ("...", "None"):
        return ... if text == "..." else None
    found = _ENTRY.fullmatch(text)
    if not found:
        raise ValueError(f"key has an entry that is no number and no slice: {shown(text)}")
    if found[1]:
        return int(found[1])
    start, stop, step = (int(number) if number else None for number in found.groups()[1:])
    if step == 0:
        raise ValueError("key has a slice with steps of 0")
    return slice(start, stop, step)


def key_text(key: Any) -> str:
    """A key as text; slices and ``...`` may be Python's or as they stand in a Keras config.

    >>> key_text([slice(None), slice(1, None, 2), {"class_name": "__ellipsis__", "config": {}}, None])
    ':, 1::2, ..., None'
    """
    return ", ".join(map(_text, key if isinstance(key, list | tuple) else [key]))


def _text(entry: Any) -> str:
    if isinstance(entry, Mapping) and entry.get("class_name") == "__slice__":
        entry = slice(*(entry["config"].get(name) for name in ("start", "stop", "step")))
    if entry is ... or (isinstance(entry, Mapping) and entry.get("class_name") == "__ellipsis__"):
        return "..."
    if isinstance(entry, slice):
        numbers = ["" if number is None else str(number) for number in (entry.start, entry.stop, entry.step)]
        return ":".join(numbers if numbers[2] else numbers[:2])
    if entry is None or (isinstance(entry, int) and not isinstance(entry, bool)):
        return str(entry)
    raise CnncalcError(f"no rule for {shown(entry)} between the brackets of a tensor.")


def sliced(entries: tuple[Entry, ...], shape: Shape) -> tuple[Shape, tuple[Window | None, ...]]:
    """The shape of the part, per sample, and what an output position reads along each input axis."""
    output: list[int] = []
    reads: list[Window | None] = []
    for entry in _one_per_axis(entries, len(shape)):
        if entry is None:
            output.append(1)
            continue
        size = shape[len(reads)]
        if isinstance(entry, int):
            _require_index(entry, size, shape)
            reads.append(None)
            continue
        start, stop, step = entry.indices(size)
        reads.append(Window(len(output), step, start, start) if step > 0 else None)
        output.append(len(range(start, stop, step)))
    return tuple(output), tuple(reads)


def _one_per_axis(entries: tuple[Entry, ...], rank: int) -> Iterator[slice | int | None]:
    """An entry for every axis of a sample, and None for every new axis."""
    named = sum(entry is not None and entry is not ... for entry in entries)
    if named > rank + 1:
        raise ShapeError(f"a key of {named} axes does not fit an input of {rank + 1} with the batch axis.")
    whole = [slice(None)] * (rank + 1 - named)
    spread = [
        one for entry in (*entries, *([] if ... in entries else [...])) for one in _spread(entry, whole)
    ]
    if spread[0] != slice(None):
        raise ShapeError("the key does not leave the batch axis whole.")
    yield from spread[1:]


def _spread(entry: Entry, whole: list[slice]) -> list[slice | int | None]:
    return [*whole] if isinstance(entry, EllipsisType) else [entry]


def _require_index(index: int, size: int, shape: Shape) -> None:
    if not -size <= index < size:
        raise ShapeError(
            f"there is no position {index} along an axis of {size} of its input of {shape_text(shape)}."
        )
