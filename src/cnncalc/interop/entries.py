"""One layer of a model file, read: its kind, its settings and what stands beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from cnncalc.errors import FileError, nearest
from cnncalc.interop.marked import Mapping, Mark
from cnncalc.layers import known_kinds
from cnncalc.model import MAX_LAYERS
from cnncalc.validation import shown

BESIDE = ("name", "inputs", "trainable", "dtype", "device", "repeat")
OTHER_KINDS = ("Model", "call")
MAX_MISTAKES = 20


class Mistakes:
    """The mistakes found in one file, in the order of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.added = 0
        """How often a mistake was met, those that were known included."""
        self._found: dict[str, Mark] = {}

    def add(self, mark: Mark, message: str) -> None:
        self.added += 1
        self._found.setdefault(f"{self.file}:{mark}: {message}", mark)

    def __len__(self) -> int:
        return len(self._found)

    def error(self) -> FileError:
        lines = sorted(self._found, key=lambda line: (self._found[line].line, self._found[line].column))
        more = [f"... and {len(lines) - MAX_MISTAKES} more."] if len(lines) > MAX_MISTAKES else []
        return FileError("\n".join(lines[:MAX_MISTAKES] + more))


class TooManyLayersError(Exception):
    """More layers than a model may have; reported where they are asked for."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


class Entry(NamedTuple):
    """One layer of the flat list: its kind, its settings, what stands beside them, and where."""

    kind: str
    settings: Any
    beside: dict[str, Any]
    mark: Mark
    beside_marks: dict[str, Mark]
    used: str = ""
    """In which block, and at which line that was used."""

    def once(self) -> Entry:
        """The same without its repetition, with a mapping of its own."""
        return self._replace(beside={key: value for key, value in self.beside.items() if key != "repeat"})

    def behind_itself(self) -> Entry:
        """The same once more: what is repeated reads what came before it."""
        return self._replace(beside={key: value for key, value in self.beside.items() if key != "inputs"})


class EntryReader:
    """Reads items of lists of layers; ``blocks`` are the names of the file's blocks."""

    def __init__(self, blocks: Collection[str], mistakes: Mistakes) -> None:
        self.kinds = {*known_kinds(), *OTHER_KINDS, *blocks}
        self.mistakes = mistakes

    def read(self, item: object, mark: Mark) -> Entry | None:
        """One item of a list of layers: ``Kind``, or ``Kind: {settings}`` with keys beside it."""
        if isinstance(item, str):
            return self.known(Entry(item, {}, {}, mark, {}))
        if not isinstance(item, Mapping):
            found = shown(item)
            self.mistakes.add(mark, f"a layer is a mapping such as Conv2D: {{filters: 8}}, found {found}.")
            return None
        kinds = [key for key in item if key not in BESIDE]
        if len(kinds) != 1:
            found = ", ".join(map(str, kinds)) or "none"
            self.mistakes.add(mark, f"a layer has one kind, found {found}.{self.hint(kinds)}")
            return None
        kind = kinds[0]
        beside = {key: item[key] for key in item if key in BESIDE}
        marks = {key: item.value_marks[key] for key in beside}
        settings = {} if item[kind] is None else item[kind]
        return self.known(Entry(str(kind), settings, beside, item.key_marks[kind], marks))

    def hint(self, kinds: list[Any]) -> str:
        """Beside a kind that is known: the key that is not."""
        others = [kind for kind in kinds if kind not in self.kinds]
        if not others or len(kinds) < 2:
            return ""
        return f' "{others[0]}" is no key of a layer.{nearest(others[0], BESIDE)}'

    def known(self, entry: Entry) -> Entry | None:
        if entry.kind in self.kinds:
            return entry
        self.mistakes.add(entry.mark, f'no layer kind "{entry.kind[:60]}".{nearest(entry.kind, self.kinds)}')
        return None

    def numbers(self, entry: Entry) -> Iterable[str]:
        """The numbers that a repeated layer's name gets; one empty one where ``repeat`` says nothing."""
        repeat = entry.beside["repeat"]
        if repeat is None:
            return [""]
        first, last = (repeat.get("from", 1), repeat.get("to")) if isinstance(repeat, dict) else (1, repeat)
        if type(first) is not int or type(last) is not int or not 0 <= first <= last:
            message = f"repeat is a number from 1, or {{from: 2, to: 4}}, found {shown(repeat)}."
            self.mistakes.add(entry.beside_marks["repeat"], message)
            return []
        if last - first >= MAX_LAYERS:
            raise TooManyLayersError(entry.mark)
        return map(str, range(first, last + 1))
