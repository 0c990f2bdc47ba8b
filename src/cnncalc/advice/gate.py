"""A gate for continuous integration: limits on what a model costs, and which of them it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.advice.fitting import Fit
from cnncalc.advice.needs import Mode, Run, need
from cnncalc.estimation import Estimate


class Limits(NamedTuple):
    """The most that a model may have, None for no limit; memory as :func:`cnncalc.fit` counts it."""

    parameters: int | None = None
    macs: int | None = None
    inference_memory: int | None = None
    training_memory: int | None = None


class Breach(NamedTuple):
    """A limit, by its name in :class:`Limits`, and the larger value that was found."""

    limit: str
    most: int
    found: int


def breaches(estimate: Estimate, limits: Limits, rule: str = "tensorflow") -> tuple[Breach, ...]:
    """The limits that a model breaks. Raises NoRuleError where the rule cannot say.

    >>> import cnncalc
    >>> found = cnncalc.estimate("geron_exercise")
    >>> breaches(found, Limits(parameters=900_000, macs=2_000_000_000))
    (Breach(limit='parameters', most=900000, found=903400),)
    """
    return tuple(_breaches(estimate, limits, rule))


def over_budget(fit: Fit) -> Iterator[Breach]:
    """The budget as one more limit: broken where it does not surely fit."""
    if not fit.fits:
        yield Breach("budget", fit.budget_bytes, fit.high_bytes)


def _breaches(estimate: Estimate, limits: Limits, rule: str) -> Iterator[Breach]:
    for name, most in limits._asdict().items():
        if most is not None and (found := _found(estimate, name, rule)) > most:
            yield Breach(name, most, found)


def _found(estimate: Estimate, limit: str, rule: str) -> int:
    if limit == "parameters":
        return estimate.parameters
    if limit == "macs":
        return estimate.macs
    return need(Run(estimate.model, estimate.settings), _MODES[limit], rule).high_bytes


_MODES: dict[str, Mode] = {"inference_memory": "inference", "training_memory": "training"}
