"""``fit``: will it fit, how large may the batch be, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.advice.asking import Place, place, settled
from cnncalc.advice.budget import Budget, Verdict
from cnncalc.advice.combining import Combination, cheapest
from cnncalc.advice.largest import largest_batch
from cnncalc.advice.needs import Mode, Need, Run
from cnncalc.advice.question import Question, Remedy
from cnncalc.advice.remedies import CATALOGUE
from cnncalc.advice.room import Range
from cnncalc.advice.sharing import Process, Sharing, processes
from cnncalc.devices import Device
from cnncalc.errors import CnncalcError, NoRuleError
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
    place: Place

    @property
    def device(self) -> Device | None:
        """The device asked about; None where a number of bytes was."""
        return self.place.device

    @property
    def reserve(self) -> Range | None:
        """What the runtime takes of the device."""
        return self.place.reserve

    @property
    def sharing(self) -> Sharing:
        """How TensorFlow shares the device among processes."""
        return self.place.sharing

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """Who gets what of a GPU, and whether the model fits in that; empty for what is no GPU."""
        if self.device is None or self.device.kind != "gpu":
            return ()
        return processes(self.device, self.sharing, self.budget, self.need)

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
            if size == question.batch_size:
                return question.budget.high(question.need)
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
    budget_bytes: int | None = None,
    device: str | Device | None = None,
    reserve_bytes: int | None = None,
    batch_size: int | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    dtype: str | None = None,
    mode: str | None = None,
    rule: str | None = None,
    processes: int = 1,
    memory_fraction: float | None = None,
    memory_growth: bool = False,
) -> Fit:
    """Whether a model can be trained, or used, in that much memory; and if not, what to change.

    The memory is ``budget_bytes``, or that of a ``device`` (a name, a file, a
    :class:`cnncalc.devices.Device`) less ``reserve_bytes``, which the runtime takes; without it as much as is
    known of it. ``model`` is whatever :func:`cnncalc.estimate` takes, and so are ``optimizer``, ``loss`` and
    ``dtype``. ``batch_size`` is that of the ``mode``, ``"training"`` or ``"inference"``; ``rule`` is a memory
    rule, or ``"xla"``, by which the compiler of the ``xla`` extra is asked about the device. Without these
    two: training by ``"tensorflow"``; inference by ``"ideal"`` on a microcontroller, where TensorFlow does
    not run. ``processes`` share a GPU, each with TensorFlow's ``memory_fraction`` or ``memory_growth``.
    Raises :class:`cnncalc.errors.CnncalcError` for what cannot be, NoRuleError where the rule has no answer.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Dense
    >>> model = Sequential([Dense(units=10)], input=(4,))
    >>> found = fit(model, budget_bytes=1000, mode="inference", rule="ideal")
    >>> found.needed_bytes, found.fits, found.largest_batch_size  # (4 + 1) * 10 * 4 + 4 * (4 + 10) an image
    (256, True, 14)
    """
    sharing = Sharing(processes, memory_fraction, memory_growth)
    where = place(budget_bytes, device, reserve_bytes, sharing, mode, rule)
    found = settled(
        model, batch_size=batch_size, optimizer=optimizer, loss=loss, dtype=dtype, mode=where.mode
    )
    question = Question(
        Run(found.model, found.settings, gpu=where.device), where.mode, where.rule, where.budget
    )
    _ = question.need  # what cannot be answered is said at once
    return Fit(question, where)
