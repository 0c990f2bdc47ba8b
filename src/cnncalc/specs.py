"""What a Keras object is without Keras: its class by name and the options given for it, validated and frozen.

Read from every form that Keras takes, a name or the mapping in which Keras saves the object, and
from the form of a model file: ``{name: SGD, momentum: 0.9}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from cnncalc.errors import Problem, SettingError, nearest
from cnncalc.validation import Rule, shown

DEEPEST = 20
"""Mappings and lists in one another deeper than this are taken for a mistake."""

SAVED = (
    "module",
    "class_name",
    "config",
    "registered_name",
    "build_config",
    "compile_config",
    "shared_object_id",
)
"""The keys of the mapping in which Keras saves an object."""


class Options(Mapping[str, Any]):
    """A mapping that stays as it is and can be hashed.

    >>> Options({"momentum": 0.9})["momentum"]
    0.9
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self._values = dict(values)

    def __getitem__(self, option: str) -> Any:
        return self._values[option]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


class Savable:
    """What Keras can save; two are equal that it would save alike."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Savable) and self.config() == other.config()

    def __hash__(self) -> int:
        return hash(repr(self))

    def config(self) -> dict[str, Any]:
        """The mapping in which Keras saves the object, and from which it makes one."""
        raise NotImplementedError


class Spec(Savable):
    """A Keras class by its name, with the options that were given for it."""

    noun: ClassVar[str]
    module: ClassVar[str]
    table: ClassVar[dict[str, dict[str, Any]]]
    spellings: ClassVar[dict[str, str]]
    fixed: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, name: str, options: Mapping[str, Any] = Options()) -> None:
        self.name = self.class_name(name)
        self.options = Options(self._checked(options))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.options!r})"

    def value(self, option: str) -> Any:
        """The value of an option, its default where it was not given.

        >>> from cnncalc.settings import OptimizerSpec
        >>> OptimizerSpec("SGD").value("momentum")
        0.0
        """
        return self.options.get(option, self.table[self.name][option])

    def config(self) -> dict[str, Any]:
        return saved(self.module, self.name, self.options)

    @classmethod
    def read(cls, identifier: object) -> Self:
        """The spec that an identifier stands for."""
        if isinstance(identifier, cls):
            return identifier
        if isinstance(identifier, str):
            return cls(identifier)
        if not isinstance(identifier, Mapping):
            raise refusal(
                f"the {cls.noun} must be a name or a mapping with a name, found {shown(identifier)}."
            )
        if _is_deeper(identifier, DEEPEST):
            raise refusal(f"the {cls.noun} holds mappings more than {DEEPEST} deep.")
        return cls._read_saved(identifier) if "class_name" in identifier else cls._read_named(identifier)

    @classmethod
    def _read_named(cls, given: Mapping[Any, Any]) -> Self:
        if "name" not in given:
            raise refusal(f"the {cls.noun} must have a name, found {shown(dict(given))}.")
        with under("name"):
            name = cls.class_name(given["name"])
        return cls(name, {option: value for option, value in given.items() if option != "name"})

    @classmethod
    def _read_saved(cls, given: Mapping[Any, Any]) -> Self:
        with under("class_name"):
            name = cls.class_name(given["class_name"])
        for key in given:
            if key not in SAVED:
                raise refusal(
                    f"{name}: {shown(key)} must stand in config, beside class_name it says nothing.", key
                )
        module = given.get("module", cls.module)
        if not isinstance(module, str) or module.split(".")[0] != "keras":
            raise refusal(f"{name}: module must be keras or within it, found {shown(module)}.", "module")
        config = {} if given.get("config") is None else given["config"]
        if not isinstance(config, Mapping):
            raise refusal(f"{name}: config must be a mapping, found {shown(config)}.", "config")
        with under("config"):
            return cls(name, config)

    @classmethod
    def class_name(cls, name: object) -> str:
        """The Keras class that a name stands for."""
        if not isinstance(name, str):
            raise refusal(f"the name of the {cls.noun} must be a text, found {shown(name)}.")
        if cls.spelt(name) not in cls.spellings:
            raise refusal(f'no {cls.noun} "{name[:60]}".{nearest(name, cls.spellings)}')
        return cls.spellings[cls.spelt(name)]

    @classmethod
    def spelt(cls, name: str) -> str:
        """The name as its spellings are listed."""
        return name

    def rule(self, option: str) -> Rule:
        """What the value of an option must be."""
        raise NotImplementedError

    def clashes(self, settings: Mapping[str, Any]) -> Iterable[str]:
        """What is wrong with options that are right one by one."""
        return ()

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        problems = self._missing(given)
        options: dict[str, Any] = {}
        for option, value in given.items():
            try:
                options |= self._read(option, value)
            except SettingError as error:
                problems += error.problems
        if not problems:
            facts = self.clashes({**self.table[self.name], **options})
            problems = [Problem((), f"{self.name}: {fact}.") for fact in facts]
        if problems:
            raise SettingError(problems)
        return options

    def _missing(self, given: Mapping[str, Any]) -> list[Problem]:
        needed = [option for option, default in self.table[self.name].items() if default is ...]
        return [Problem((), f"{self.name} needs {option}.") for option in needed if option not in given]

    def _read(self, option: object, value: object) -> dict[str, Any]:
        known = self.table[self.name]
        if not isinstance(option, str):
            raise refusal(f"{self.name}: the name of an option must be a text, found {shown(option)}.")
        if option in self.fixed.get(self.name, ()):
            return self._left_out(option, value)
        if option not in known:
            raise refusal(f'{self.name}: no option "{option[:60]}".{nearest(option, known)}', option)
        try:
            with under(option):
                return {option: frozen(self.rule(option)(value))}
        except ValueError as error:
            raise refusal(f"{self.name}: {option} {error}, found {shown(value)}.", option) from None

    def _left_out(self, option: str, value: object) -> dict[str, Any]:
        only = self.fixed[self.name][option]
        if value != only:
            raise refusal(f"{self.name}: {option} can only be {only}, found {shown(value)}.", option)
        return {}


@contextmanager
def under(*path: str | int) -> Iterator[None]:
    """Problems found inside lie at this path of what was given."""
    try:
        yield
    except SettingError as error:
        raise SettingError(
            [Problem((*path, *inner.path), inner.message) for inner in error.problems]
        ) from None


def refusal(message: str, *path: str | int) -> SettingError:
    return SettingError([Problem(path, message)])


def saved(module: str, class_name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping in which Keras saves an object."""
    config = {option: _plain(value) for option, value in options.items()}
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def frozen(value: Any) -> Any:
    """Lists as tuples and mappings as options, so that the whole can be hashed."""
    if isinstance(value, Mapping):
        return Options({key: frozen(item) for key, item in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value


def _plain(value: Any) -> Any:
    """The reverse of ``frozen``, with what a spec holds in the form in which Keras saves it."""
    if isinstance(value, Savable):
        return value.config()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, (Mapping, list, tuple)):
        return False
    items = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)
