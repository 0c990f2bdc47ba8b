"""The cheapest set of remedies with which it fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cnncalc.advice.budget import Verdict
from cnncalc.advice.needs import Run
from cnncalc.advice.question import Question, Remedy
from cnncalc.advice.remedies import CATALOGUE
from cnncalc.advice.remedies.batch import batch_remedy, divisors
from cnncalc.errors import NoRuleError
from cnncalc.model import Model
from cnncalc.settings import Settings


@dataclass(frozen=True)
class Combination:
    """Remedies applied together, and what the run needs then: the estimate of all changes at once."""

    remedies: tuple[Remedy, ...]
    needed_bytes: int
    saved_bytes: int
    verdict: Verdict
    model: Model
    settings: Settings
    devices: int = 1

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(remedy.kind for remedy in self.remedies)

    @property
    def description(self) -> str:
        return "; ".join(remedy.description for remedy in self.remedies)

    @property
    def fits(self) -> bool:
        return self.verdict == "fits"


HARDWARE = ("devices",)
"""Never part of a combination: what the user has is given. More devices save what a smaller batch does."""


def cheapest(question: Question, remedies: Iterable[Remedy]) -> Combination | None:
    """The cheapest set that fits; None where it fits as it is, and where nothing makes it fit.

    One remedy is cheaper than several, and of those that fit alone the first kind of the catalogue is taken.
    Else they are added in the catalogue's order, of each kind the one that saves most, until it fits. Then
    each is left out again that is not needed, the most costly first, and the batch is made as large as fits.
    """
    order = list(CATALOGUE)
    offered = [remedy for remedy in remedies if remedy.kind not in HARDWARE]
    if question.verdict(question.run) == "fits":
        return None
    alone = sorted((remedy for remedy in offered if remedy.fits), key=lambda remedy: order.index(remedy.kind))
    if alone:
        return combined(question, alone[:1])
    chosen = _enough(question, [item for kind in order if (item := _strongest(offered, kind))])
    if not chosen:
        return None
    return combined(question, _larger_batch(question, _without_needless(question, chosen)))


def _strongest(remedies: list[Remedy], kind: str) -> Remedy | None:
    found = [remedy for remedy in remedies if remedy.kind == kind]
    return min(found, key=lambda remedy: remedy.needed_bytes, default=None)


def together(question: Question, remedies: Iterable[Remedy]) -> Run | None:
    """The run with all of these changes; None where they do not go together."""
    run: Run | None = question.run
    for remedy in remedies:
        run = question.possible(remedy.change, run) if run else None
    return run


def _fits(question: Question, remedies: list[Remedy]) -> bool:
    run = together(question, remedies)
    try:
        return run is not None and question.verdict(run) == "fits"
    except NoRuleError:
        return False


def _enough(question: Question, remedies: list[Remedy]) -> list[Remedy]:
    """The first remedies with which it fits; nothing where all of them are not enough."""
    chosen: list[Remedy] = []
    for remedy in remedies:
        if together(question, [*chosen, remedy]) is None:
            continue
        chosen.append(remedy)
        if _fits(question, chosen):
            return chosen
    return []


def _without_needless(question: Question, chosen: list[Remedy]) -> list[Remedy]:
    for remedy in reversed(chosen):
        rest = [item for item in chosen if item is not remedy]
        if _fits(question, rest):
            chosen = rest
    return chosen


def _larger_batch(question: Question, chosen: list[Remedy]) -> list[Remedy]:
    """The same with the largest part of the batch that fits beside the other remedies."""
    if "batch" not in (remedy.kind for remedy in chosen):
        return chosen
    others = [remedy for remedy in chosen if remedy.kind != "batch"]
    for part in divisors(question.batch_size)[1:]:
        found = [*batch_remedy(question, part), *others]
        if len(found) == len(chosen) and _fits(question, found):
            return found
    return chosen


def combined(question: Question, remedies: list[Remedy]) -> Combination | None:
    run = together(question, remedies)
    if run is None:
        return None
    need = question.needs(run)
    return Combination(
        tuple(remedies),
        need.high_bytes,
        question.need.high_bytes - need.high_bytes,
        question.budget.verdict(need),
        run.settled(),
        run.settings,
    )
