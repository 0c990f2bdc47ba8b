"""What a user gives, checked, and what is wrong with it in words.

A *rule* takes a value and returns it, or raises ValueError with the end of a sentence that begins
with the setting's name: ``must be a number``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Annotated, Any

from pydantic import Field

from cnncalc.errors import Problem, nearest

LARGEST = 2**31 - 1
"""The largest number that a setting may hold: no axis of a real network comes near it."""

Size = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]

Rule = Callable[[Any], Any]


def wording(item: Any) -> str:
    """One of pydantic's errors as the end of a sentence that begins with the setting's name."""
    words = _WORDINGS.get(item["type"])
    return words(item.get("ctx") or {}) if words else str(item["msg"]).lower()


_WORDINGS: dict[str, Callable[[Any], str]] = {
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
    "int_type": lambda ctx: "must be a whole number",
    "int_from_float": lambda ctx: "must be a whole number",
    "bool_type": lambda ctx: "must be true or false",
    "string_type": lambda ctx: "must be a text",
    "float_type": lambda ctx: "must be a number",
    "finite_number": lambda ctx: "must be a finite number",
    "tuple_type": lambda ctx: "must be a list",
    "model_type": lambda ctx: "must be a mapping",
    "missing": lambda ctx: "has too few numbers",
    "too_long": lambda ctx: f"must have {ctx['max_length']} numbers",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "value_error": lambda ctx: str(ctx["error"]).rstrip("."),
    "assertion_error": lambda ctx: str(ctx["error"]).rstrip("."),
}


def shown(value: object) -> str:
    """A value as it stands in a message.

    >>> shown("same"), shown(list(range(100)))
    ("'same'", '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16...')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists without end
        return f"a value of type {type(value).__name__} that is too large to show"
    return text if len(text) <= 60 else text[:57] + "..."


def number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("must be a finite number")
    return value


def decimal(value: object) -> object:
    """A float: the rule where Keras refuses even a 1 that stands for 1.0."""
    if not isinstance(number(value), float):
        raise ValueError("must be written with a decimal point")
    return value


def whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def flag(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def optional(rule: Rule) -> Rule:
    """The rule, or nothing given."""
    return lambda value: value if value is None else rule(value)


def where(condition: Callable[[Any], bool], words: str, rule: Rule = number) -> Rule:
    """The rule and beside it a condition."""

    def narrowed(value: Any) -> Any:
        if not condition(rule(value)):
            raise ValueError(words)
        return value

    return narrowed


def one_of(*choices: object) -> Rule:
    words = f"must be one of {', '.join(str(choice) for choice in choices if choice is not None)}"
    return where(lambda value: value in choices, words, rule=lambda value: value)


def alike(default: object) -> Rule:
    """The rule that a default suggests, where no narrower one is written down."""
    if isinstance(default, bool):
        return flag
    if isinstance(default, str):
        return optional(text)
    return optional(number) if default is None else number


def problem(owner: str, known: Iterable[str], item: Any) -> Problem:
    """One of pydantic's errors about the settings of ``owner``, which knows the settings ``known``."""
    path = tuple(item["loc"])
    setting = path[0] if path else ""
    if item["type"] == "extra_forbidden":
        return Problem(path, f'{owner}: no setting "{setting}".{nearest(setting, known)}')
    if item["type"] == "missing" and len(path) == 1:
        return Problem((), f"{owner} needs {setting}.")
    if not path:
        return Problem((), f"{owner}: {wording(item)}.")
    return Problem((setting,), f"{owner}: {setting} {wording(item)}, found {shown(item['input'])}.")
