"""The library's own errors: one base class, each message a fact with its values inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class CnncalcError(Exception):
    """Base of every error that cnncalc raises on bad input.

    Not a ValueError: raised inside a pydantic validator it must pass through as it is.
    """


class Problem(NamedTuple):
    """One mistake: where in the given data it is (keys and indices) and what it is."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return self.message


class SettingError(CnncalcError):
    """Settings of a layer or a run that are misspelt, missing or out of range."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ShapeError(CnncalcError):
    """Input shapes that a layer cannot take."""


class GraphError(CnncalcError):
    """Layers that do not form a network: cycles, dangling or duplicate names, shapes that clash."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class FileError(CnncalcError):
    """A file that cannot be read as a model; each line carries file, line and column."""


class NoRuleError(CnncalcError):
    """A memory rule that cannot answer: it has no rule for a layer, a loss or an optimizer of the model."""


class MissingExtraError(CnncalcError):
    """A command that needs a package which is not installed."""


def nearest(name: object, known: Iterable[str]) -> str:
    """``' Did you mean X?'`` for the closest known name, or an empty string.

    >>> nearest("Conv2d", ["Conv2D", "Dense"])
    ' Did you mean Conv2D?'
    """
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(fold(candidate), candidate)
    close = get_close_matches(fold(str(name)[:100]), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]}?" if close else ""


def fold(name: str) -> str:
    """A name without case and separators, for comparing what people type.

    >>> fold("ResNet-50_V2")
    'resnet50v2'
    """
    return name.lower().translate(_SEPARATORS)


_SEPARATORS = str.maketrans("", "", "-_. ")
