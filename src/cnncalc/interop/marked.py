"""YAML (and JSON, which is YAML too) read into plain data that remembers where each value stood.

Numbers, booleans and null are those of YAML 1.2's core schema, so that ``no`` is a text. A file
is data: tags are refused, an alias stands for the value it names, and depth and number of values
are bounded, aliases counted in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from cnncalc.errors import FileError

MAX_DEPTH = 64
MAX_VALUES = 400_000


class Mark(NamedTuple):
    """A place in a file; both numbers count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class Mapping(dict[Any, Any]):
    """A mapping that knows where each of its keys and values stood."""

    __slots__ = ("key_marks", "mark", "value_marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.key_marks: dict[Any, Mark] = {}
        self.value_marks: dict[Any, Mark] = {}

    def mapped(self, change: Callable[[Any, Mark], Any]) -> Mapping:
        """The same keys and places with changed values."""
        found = Mapping(self.mark)
        found.update((key, change(value, self.value_marks[key])) for key, value in self.items())
        found.key_marks, found.value_marks = self.key_marks, self.value_marks
        return found


class Sequence(list[Any]):
    """A list that knows where each of its items stood."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def mapped(self, change: Callable[[Any, Mark], Any]) -> Sequence:
        """The same places with changed items."""
        found = Sequence(self.mark)
        found.extend(map(change, self, self.marks))
        found.marks = self.marks
        return found


def locate(data: object, path: tuple[str | int, ...], fallback: Mark) -> Mark:
    """Where the value at a path of keys and indices stands: for a key that is wrong, the key."""
    mark = fallback
    for number, step in enumerate(path):
        last = number == len(path) - 1
        if isinstance(data, Mapping) and step in data:
            mark = data.value_marks[step] if last else data.key_marks[step]
            data = data[step]
        elif isinstance(data, Sequence) and isinstance(step, int) and step < len(data):
            mark, data = data.marks[step], data[step]
        else:
            return mark
    return mark


def parse(text: str, file: str) -> tuple[Any, Mark]:
    """The only document of a text, with its place.

    Raises FileError for what is not YAML, for tags, for a key given twice, and for more or deeper
    values than a model file has.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(loader(text).get_event, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise FileError(f"{file}:{place}: not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise FileError(f"{file}: not YAML: {str(error).splitlines()[0]}.") from None


class _Reader:
    """Builds data from the parser's events."""

    def __init__(self, next_event: Callable[[], Event], file: str) -> None:
        self.next = next_event
        self.file = file
        self.values = 0
        self.anchors: dict[str, tuple[Any, int]] = {}

    def refuse(self, mark: Mark, message: str) -> NoReturn:
        raise FileError(f"{self.file}:{mark}: {message}")

    def document(self) -> tuple[Any, Mark]:
        self.next()
        start = self.next()
        if isinstance(start, StreamEndEvent):
            raise FileError(f"{self.file}: the file is empty.")
        found = self.value(self.next(), 0)
        self.next()
        behind = self.next()
        if isinstance(behind, DocumentStartEvent):
            self.refuse(_mark(behind), "a second document begins here; a model file has one.")
        return found

    def value(self, event: Event, depth: int) -> tuple[Any, Mark]:
        mark = _mark(event)
        self.count(1, mark)
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None:  # most values are
            return self.scalar(event, mark), mark
        if isinstance(event, AliasEvent):
            return self.alias(event, mark), mark
        if isinstance(event, (ScalarEvent, CollectionStartEvent)):
            self.check_tag(event, mark)
        if depth > MAX_DEPTH:
            self.refuse(mark, f"values are nested more than {MAX_DEPTH} deep.")
        before = self.values
        data = self.untagged(event, mark, depth)
        if isinstance(event, NodeEvent) and event.anchor:
            self.anchors[event.anchor] = (data, self.values - before + 1)
        return data, mark

    def count(self, values: int, mark: Mark) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            self.refuse(mark, f"more than {MAX_VALUES:,} values; a model file has fewer.")

    def check_tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None:
            self.refuse(mark, f'a tag, "{event.tag}", has no place in a model file.')

    def alias(self, event: AliasEvent, mark: Mark) -> Any:
        if event.anchor not in self.anchors:
            self.refuse(mark, f'no anchor "{event.anchor}" before this alias.')
        data, size = self.anchors[event.anchor]
        self.count(size - 1, mark)
        return data

    def untagged(self, event: Event, mark: Mark, depth: int) -> Any:
        if isinstance(event, ScalarEvent):
            return self.scalar(event, mark)
        if isinstance(event, MappingStartEvent):
            return self.mapping(mark, depth)
        return self.sequence(mark, depth)

    def sequence(self, mark: Mark, depth: int) -> Sequence:
        found = Sequence(mark)
        while not isinstance(event := self.next(), SequenceEndEvent):
            data, place = self.value(event, depth + 1)
            found.append(data)
            found.marks.append(place)
        return found

    def mapping(self, mark: Mark, depth: int) -> Mapping:
        found = Mapping(mark)
        while isinstance(event := self.next(), NodeEvent):
            key, key_mark = self.value(event, depth + 1)
            if isinstance(key, (list, dict)):
                self.refuse(key_mark, "a key must be a single word.")
            if key in found:
                self.refuse(key_mark, f'the key "{key}" is given twice, first at {found.key_marks[key]}.')
            found[key], found.value_marks[key] = self.value(self.next(), depth + 1)
            found.key_marks[key] = key_mark
        return found

    def scalar(self, event: ScalarEvent, mark: Mark) -> object:
        if not event.implicit[0]:  # quoted
            return event.value
        if len(event.value) > 40 and event.value.lstrip("+-").isdigit():
            self.refuse(mark, f"a number of {len(event.value)} digits.")
        return plain_scalar(event.value)


_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS |= {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
_WORDS |= {word: float("inf") for word in (".inf", ".Inf", ".INF", "+.inf")} | {"-.inf": float("-inf")}
_FIRST = frozenset("+-.0123456789")
"""What a number begins with."""
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def plain_scalar(text: str) -> object:
    """An unquoted value by YAML 1.2's core schema.

    >>> [plain_scalar(text) for text in ("100", "1e-3", "true", "no", "")]
    [100, 0.001, True, 'no', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _mark(event: Event) -> Mark:
    start: Any = event.start_mark  # events that are parsed, not made, have one
    return Mark(start.line + 1, start.column + 1)
