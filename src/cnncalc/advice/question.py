"""The question that every remedy is asked: a run that should fit in a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cnncalc.advice.budget import Budget, Verdict
from cnncalc.advice.needs import BATCH, Mode, Need, Run, need
from cnncalc.errors import GraphError, SettingError
from cnncalc.estimation import estimate
from cnncalc.memory.cuts import stages
from cnncalc.model import Model
from cnncalc.settings import Settings
from cnncalc.tensors import Shape

Change = Callable[[Run], Run]
"""From a run to the changed run. Raises GraphError or SettingError where the change cannot be."""


@dataclass(frozen=True)
class Remedy:
    """One thing to change, and what the run needs then, on each device.

    ``model`` is the changed model with the changed ``settings`` as its own. ``note`` says in words what it
    costs. ``macs`` (of one image), ``parameters`` and ``output_shapes`` are the changed model's;
    ``recomputed_macs`` is what one step computes again. ``saved_bytes`` are against the run asked about.
    """

    kind: str
    description: str
    note: str
    needed_bytes: int
    saved_bytes: int
    verdict: Verdict
    model: Model
    settings: Settings
    devices: int
    macs: int
    parameters: int
    output_shapes: tuple[Shape, ...]
    recomputed_macs: int = 0
    change: Change = field(default=lambda run: run, repr=False, compare=False)

    @property
    def fits(self) -> bool:
        return self.verdict == "fits"


@dataclass(frozen=True)
class Question:
    """A run, what it is for, the rule that says what it needs, and the budget that it should fit in."""

    run: Run
    mode: Mode
    rule: str
    budget: Budget

    @property
    def model(self) -> Model:
        return self.run.model

    @property
    def settings(self) -> Settings:
        return self.run.settings

    @property
    def batch_size(self) -> int:
        """Images in a batch of the mode asked about."""
        size: int = getattr(self.settings, BATCH[self.mode])
        return size

    @cached_property
    def need(self) -> Need:
        """What the run needs as it is."""
        return self.needs(self.run)

    def needs(self, run: Run) -> Need:
        """What a changed run needs."""
        return need(run, self.mode, self.rule)

    def verdict(self, run: Run) -> Verdict:
        return self.budget.verdict(self.needs(run))

    def with_batch(self, run: Run, size: int) -> Run:
        """The run with another batch on each device."""
        return run.changed(**{BATCH[self.mode]: size})

    def possible(self, change: Change, run: Run | None = None) -> Run | None:
        """The changed run; None where the change makes no network, or settings that cannot be."""
        try:
            changed = change(run or self.run)
            stages(changed.model, changed.settings.segments)
            return changed
        except (GraphError, SettingError):
            return None

    def remedy(
        self, kind: str, description: str, change: Change, note: str = "", recomputed_macs: int = 0
    ) -> Iterator[Remedy]:
        """The remedy with its figures, from the estimate of the changed run; none where it saves nothing."""
        run = self.possible(change)
        if run is None:
            return
        found = self.needs(run)
        saved = self.need.high_bytes - found.high_bytes
        if saved > 0:
            model = run.settled()
            changed = estimate(model)
            yield Remedy(
                kind=kind,
                description=description,
                note=note,
                needed_bytes=found.high_bytes,
                saved_bytes=saved,
                verdict=self.budget.verdict(found),
                model=model,
                settings=run.settings,
                devices=run.devices,
                macs=changed.macs,
                parameters=changed.parameters,
                output_shapes=model.graph.output_shapes,
                recomputed_macs=recomputed_macs,
                change=change,
            )

    def rough_bytes(self, run: Run) -> int:
        """What the run needs by the book's rule, in a fraction of the time: to choose by, not to show."""
        return need(run, self.mode, "textbook").high_bytes

    def most_promising(self, changes: Iterable[Named], most: int) -> list[Named]:
        """Those changes that can be and save most by the book's rule, the best first."""
        found = [(self.rough_bytes(run), named) for named in changes if (run := self.possible(named.change))]
        return [named for _, named in sorted(found, key=lambda pair: pair[0])[:most]]

    def best(self, kind: str, changes: Iterable[Named], tried: int = 4, shown: int = 2) -> Iterator[Remedy]:
        """The best of these changes by the real estimate, of as many as are tried of the most promising."""
        found = [
            remedy
            for named in self.most_promising(changes, tried)
            for remedy in self.remedy(kind, named.description, named.change, named.note)
        ]
        yield from sorted(found, key=lambda remedy: remedy.needed_bytes)[:shown]


@dataclass(frozen=True)
class Named:
    """A change with its words."""

    description: str
    change: Change
    note: str = ""
