"""A table of rules that stand in several modules, each imported when one of its rules is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Generic, TypeVar

Rule = TypeVar("Rule")


class Families(dict[str, "Rule | None"], Generic[Rule]):
    """The ``RULES`` of some modules of a package, by name; None for a name without a rule.

    A name that is not known yet is looked for in the modules not yet imported, in their order: a small
    network needs the first ones only. A rule that is put in by hand stands before theirs.

    >>> found = Families("cnncalc.runtimes.tensorflow.layers", "convolving", "merging")
    >>> found["Dense"] is not None, len(found) < len(found.all())
    (True, True)
    """

    def __init__(self, package: str, *modules: str) -> None:
        super().__init__()
        self._waiting = [f"{package}.{module}" for module in reversed(modules)]

    def __missing__(self, name: str) -> Rule | None:
        while self._waiting and name not in self:
            self._load()
        return self.setdefault(name, None)

    def all(self) -> dict[str, Rule]:
        """Every rule, for which every module is imported."""
        while self._waiting:
            self._load()
        return {name: rule for name, rule in self.items() if rule is not None}

    def _load(self) -> None:
        for name, rule in import_module(self._waiting.pop()).RULES.items():
            self.setdefault(name, rule)
