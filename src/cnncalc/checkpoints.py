"""``checkpoint``: which layers run again in the backward pass, and what that saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isqrt
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.estimation import Estimate, estimate
from cnncalc.footprints import MemoryEstimate, untrainable
from cnncalc.memory.checkpointing import Checkpointing, Choice
from cnncalc.memory.cuts import joined
from cnncalc.memory.replay import Moment, Timeline, replay
from cnncalc.memory.variables import variables_bytes
from cnncalc.model import Model
from cnncalc.tensors import policy

Segments = tuple[tuple[str, ...], ...]
"""The names of the layers of each segment."""


class Trade(NamedTuple):
    """Bytes against work: the peak of a training step, and the MACs per sample that run again for it."""

    name: str
    peak_bytes: int
    recomputed_macs: int
    segments: Segments


@dataclass(frozen=True)
class Checkpoints:
    """The segments of a model that run again, and the training step with them by the ideal rule.

    ``estimate`` is that of the model without them.
    ``recomputed_macs`` are per sample. ``timeline``: the bytes of the step, replayed.
    """

    estimate: Estimate
    segments: Segments
    recomputed_macs: int
    timeline: Timeline = field(repr=False)
    budget_bytes: int | None = None
    _step: Checkpointing = field(repr=False, kw_only=True, compare=False)

    @property
    def peak_bytes(self) -> int:
        """All that is alive at the peak: parameters, slots, images and the step's own."""
        return self.timeline.peak.bytes

    @property
    def peak(self) -> Moment:
        """The step at which the most is alive, and the buffers that are."""
        return self.timeline.peak

    @cached_property
    def model(self) -> Model:
        """The model with the segments among its settings: :func:`cnncalc.estimate`, ``measure`` and
        ``to_keras`` take it as it is."""
        settings = self.estimate.settings.changed(segments=self.segments)
        return self.estimate.model.model_copy(update={"settings": settings})

    @cached_property
    def tensorflow(self) -> MemoryEstimate | None:
        """What Keras on TensorFlow takes with these segments; None where that rule has no answer."""
        return estimate(self.model).answers.get("tensorflow")

    @cached_property
    def without_bytes(self) -> int:
        """The peak where nothing runs again."""
        return self._step.chosen(()).peak_bytes

    @property
    def fits(self) -> bool:
        """Whether the peak is within the budget, where there is one."""
        return self.budget_bytes is None or self.peak_bytes <= self.budget_bytes

    @cached_property
    def curve(self) -> tuple[Trade, ...]:
        """The trades that no other beats in bytes and in MACs, the fewest MACs first."""
        return tuple(_trade("", choice) for choice in self._step.curve)

    @property
    def exact(self) -> bool:
        """Whether no trade is missing on the curve. That with the lowest peak never is."""
        return self._step.exact

    @cached_property
    def baselines(self) -> tuple[Trade, ...]:
        """What rules of thumb give: a segment between any two cuts, every second and fourth, and so
        many cuts that there are as many segments as blocks in each (the square root)."""
        count = len(self._step.blocks)
        named = {"every cut": 1, "every 2nd cut": 2, "every 4th cut": 4, "square root": isqrt(count)}
        return tuple(_trade(name, self._every(length)) for name, length in named.items() if length < count)

    def _every(self, length: int) -> Choice:
        """Segments of so many blocks, but for the rest at the end, which does not run again."""
        blocks = self._step.blocks
        ends = range(0, len(blocks), max(length, 1))
        return self._step.chosen([joined(blocks[start:stop]) for start, stop in pairwise(ends)])


def checkpoint(
    model: Model | str | PathLike[str],
    *,
    segments: int | None = None,
    budget_bytes: int | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    limit: int = 400,
) -> Checkpoints:
    """Choose segments that keep only their input, and run forward again just before their backward.

    With ``budget_bytes`` the choice with the fewest MACs that fits (that with the lowest peak where
    none does), with ``segments`` one of at most so many segments with the lowest peak; else the lowest peak
    of all. ``limit``: so many trades at most are carried along at each cut. The other arguments are those
    of :func:`cnncalc.estimate`. What is counted, and what is assumed: :mod:`cnncalc.memory.checkpointing`.
    Raises CnncalcError for both a number and a budget, and for models that are not trained.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Conv2D
    >>> layers = [Conv2D(filters=8, kernel_size=3, padding="same", activation="relu") for _ in range(6)]
    >>> found = checkpoint(Sequential(layers, input=(32, 32, 8)), segments=1, batch_size=4)
    >>> found.segments, found.without_bytes, found.peak_bytes
    ((('conv2d_1', 'conv2d_2', 'conv2d_3'),), 1064940, 802796)
    """
    if segments is not None and (budget_bytes is not None or segments < 0):
        raise CnncalcError("say either a number of segments, 0 or more, or a budget.")
    found = estimate(model, batch_size=batch_size, dtype=dtype, optimizer=optimizer, loss=loss, segments=())
    settings, graph = found.settings, found.model.graph
    if untrainable(graph, settings):
        raise CnncalcError("int8 has no gradients: there is no training step.")
    slots = variables_bytes(graph, settings.dtype, settings.optimizer).optimizer
    step = Checkpointing(found.model, settings.batch_size, policy(settings.dtype), slots, limit)
    choice = step.chosen(_choice(step, segments, budget_bytes).segments)
    timeline = replay(step.plan([segment.nodes for segment in choice.segments], choice.put_off))
    names = _names(choice)
    return Checkpoints(found, names, choice.recomputed_macs, timeline, budget_bytes, _step=step)


def _choice(step: Checkpointing, segments: int | None, budget_bytes: int | None) -> Choice:
    if segments is not None:
        return step.with_segments(segments)
    within = None if budget_bytes is None else step.within(budget_bytes)
    return within or step.curve[-1]


def _trade(name: str, choice: Choice) -> Trade:
    return Trade(name, choice.peak_bytes, choice.recomputed_macs, _names(choice))


def _names(choice: Choice) -> Segments:
    return tuple(segment.layers for segment in choice.segments)
