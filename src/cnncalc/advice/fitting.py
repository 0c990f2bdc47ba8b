"""``fit``: will it fit, how large may the batch be, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.advice.budget import Budget, Verdict
from cnncalc.advice.combining import Combination, cheapest
from cnncalc.advice.largest import largest_batch
from cnncalc.advice.needs import BATCH, MODES, Mode, Need, Run
from cnncalc.advice.question import Question, Remedy
from cnncalc.advice.remedies import CATALOGUE
from cnncalc.errors import CnncalcError, NoRuleError, nearest
from cnncalc.estimation import Estimate, estimate
from cnncalc.model import Model
from cnncalc.settings import Settings


class Unanswered(NamedTuple):
    """A kind of remedy that could not be worked out, and why."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Fit:
    """Whether a run fits, and what to change; each part is worked out when first asked for, and once."""

    question: Question

    @property
    def model(self) -> Model:
        return self.question.model

    @property
    def settings(self) -> Settings:
        return self.question.settings

    @property
    def mode(self) -> Mode:
        return self.question.mode

    @property
    def rule(self) -> str:
        return self.question.rule

    @property
    def budget(self) -> Budget:
        return self.question.budget

    @property
    def budget_bytes(self) -> int:
        """What may be used."""
        return self.budget.bytes

    @property
    def batch_size(self) -> int:
        """Images in a batch of the mode asked about."""
        return self.question.batch_size

    @property
    def need(self) -> Need:
        """What the run needs, in parts."""
        return self.question.need

    @property
    def needed_bytes(self) -> int:
        """Variables, images and targets, and the step on the high side of its band."""
        return self.need.high_bytes

    @property
    def low_bytes(self) -> int:
        """The least that it may take, by the ratios of a GPU; without them ``needed_bytes``."""
        return self.budget.low(self.need)

    @property
    def high_bytes(self) -> int:
        """The most that it may take, by the ratios of a GPU; without them ``needed_bytes``."""
        return self.budget.high(self.need)

    @property
    def verdict(self) -> Verdict:
        return self.budget.verdict(self.need)

    @property
    def fits(self) -> bool:
        """Whether it surely fits: with a GPU's ratios, also at the upper one."""
        return self.verdict == "fits"

    @cached_property
    def largest_batch_size(self) -> int:
        """The batch that fits while one more image does not; 0 where not even one does."""
        question = self.question

        def needs(size: int) -> int:
            return question.budget.high(question.needs(question.with_batch(question.run, size)))

        return largest_batch(needs, question.budget.bytes, question.batch_size)

    @cached_property
    def _answers(self) -> tuple[tuple[Remedy, ...], tuple[Unanswered, ...]]:
        found: list[Remedy] = []
        unanswered: list[Unanswered] = []
        for kind, remedies in CATALOGUE.items():
            try:
                found += remedies(self.question)
            except NoRuleError as error:
                unanswered.append(Unanswered(kind, str(error).rstrip(".")))
        return _ranked(found), tuple(unanswered)

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What to change, one thing at a time: first those that make it fit, each group by its cost."""
        return self._answers[0]

    @property
    def unanswered(self) -> tuple[Unanswered, ...]:
        """Kinds of remedies for which the memory rule has no answer."""
        return self._answers[1]

    def numbered(self, number: int) -> Remedy | Combination:
        """The remedy of that number, counted from 1; the number behind the last is the combination's.

        Raises CnncalcError where there is none.
        """
        offered: list[Remedy | Combination] = [*self.remedies, *filter(None, [self.combination])]
        if not 1 <= number <= len(offered):
            raise CnncalcError(f"no remedy {number}: there are 1 to {len(offered)}." if offered else _NOTHING)
        return offered[number - 1]

    @cached_property
    def combination(self) -> Combination | None:
        """The cheapest set of remedies that fits; None where none is needed, and where none is enough."""
        return cheapest(self.question, self.remedies)


_NOTHING = "there is no remedy to apply: nothing that is tried saves memory."


def _ranked(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    order = list(CATALOGUE)
    return tuple(sorted(remedies, key=lambda remedy: (not remedy.fits, order.index(remedy.kind))))


def fit(
    model: Model | str | PathLike[str],
    *,
    budget_bytes: int,
    batch_size: int | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    dtype: str | None = None,
    mode: str = "training",
    rule: str = "tensorflow",
) -> Fit:
    """Whether a model can be trained, or used, in that much memory; and if not, what to change.

    ``model`` is whatever :func:`cnncalc.estimate` takes, and so are ``batch_size`` (of the ``mode``,
    training or inference), ``optimizer``, ``loss`` and ``dtype``.
    """
    found = settled(model, batch_size=batch_size, optimizer=optimizer, loss=loss, dtype=dtype, mode=mode)
    question = Question(Run(found.model, found.settings), _mode(mode), rule, Budget(budget_bytes))
    _ = question.need  # what cannot be answered is said at once
    return Fit(question)


def settled(
    model: Model | str | PathLike[str],
    *,
    batch_size: int | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    dtype: str | None = None,
    mode: str = "training",
) -> Estimate:
    """The estimate of the run asked about; its settings have the loss, so that no remedy chooses another."""
    batch: dict[str, Any] = {BATCH[_mode(mode)]: batch_size}
    return estimate(model, optimizer=optimizer, loss=loss, dtype=dtype, **batch)


def _mode(name: str) -> Mode:
    if name not in MODES:
        raise CnncalcError(f'no mode "{name[:60]}".{nearest(name, MODES)} There are {", ".join(MODES)}.')
    return MODES[name]
