"""``compare``: what several models cost, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from os import PathLike
from typing import Any, NamedTuple

from cnncalc.analysis.depth import depth
from cnncalc.analysis.receptive_field import ReceptiveField, receptive_fields
from cnncalc.comparing.pruned import Pruned, pruned
from cnncalc.comparing.variants import VARIANTS, split
from cnncalc.errors import CnncalcError, GraphError, SettingError
from cnncalc.estimation import Estimate, LayerEstimate, estimate
from cnncalc.footprints import MemoryEstimate
from cnncalc.model import Model

Given = Model | str | PathLike[str]


class LastField(NamedTuple):
    """The receptive field of the last layer that has one, and the name of that layer."""

    layer: str
    field: ReceptiveField


class Change(NamedTuple):
    """A layer before and after it was replaced; ``name`` with those of the models that it is in."""

    name: str
    before: LayerEstimate
    after: LayerEstimate


@dataclass(frozen=True)
class Candidate:
    """One of the models that are compared: as it is, or as a ``variant`` with its ``changes``."""

    estimate: Estimate
    variant: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.estimate.name} with {self.variant}" if self.variant else self.estimate.name

    @property
    def parameters(self) -> int:
        return self.estimate.parameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates per sample."""
        return self.estimate.macs

    @cached_property
    def depth(self) -> int:
        """Layers that multiply by weights on the longest path."""
        return depth(self.estimate.model.graph)

    @property
    def memory(self) -> MemoryEstimate:
        """What prediction and training take by the book's rule."""
        return self.estimate.memory["textbook"]

    @cached_property
    def receptive_field(self) -> LastField | None:
        graph = self.estimate.model.graph
        fields = zip(graph.nodes, receptive_fields(graph), strict=True)
        found = [LastField(node.owner, field) for node, field in fields if field]
        return found[-1] if found else None


class PrunedModel(NamedTuple):
    """A model's name, and what its weights take once pruned."""

    name: str
    weights: Pruned


@dataclass(frozen=True)
class Comparison:
    """Models in the order given, each before its variants; and what pruning would do for their weights."""

    candidates: tuple[Candidate, ...]
    pruned: tuple[PrunedModel, ...] = ()


def compare(
    models: Given | Iterable[Given],
    *,
    with_: str | Iterable[str] = (),
    batch_size: int | None = None,
    inference_batch_size: int | None = None,
    dtype: str | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
) -> Comparison:
    """Parameters, MACs, depth, memory and receptive field of several models, side by side.

    ``models`` are whatever :func:`cnncalc.estimate` takes, one or several. ``with_`` sets each of them
    beside variants of it: ``"dense"`` (fully connected layers of the same output sizes in place of the
    convolutions), ``"max-pooling"`` (max pooling in place of the strided ones), ``"pruned=0.9"`` (the
    bytes of its weights with that share of zeros). The other settings are those of ``estimate``.
    Raises :class:`cnncalc.errors.CnncalcError` where a variant cannot be.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Conv2D
    >>> small = Sequential([Conv2D(filters=2, kernel_size=3)], input=(5, 5, 1))
    >>> [(item.name, item.parameters) for item in compare(small, with_="dense").candidates]
    [('sequential', 20), ('sequential with dense', 468)]
    """
    variants, sparsities = split((with_,) if isinstance(with_, str) else tuple(with_))
    ask = partial(
        estimate,
        batch_size=batch_size,
        inference_batch_size=inference_batch_size,
        dtype=dtype,
        optimizer=optimizer,
        loss=loss,
    )
    estimates = [ask(model) for model in _listed(models)]
    candidates = [item for one in estimates for item in _candidates(one, variants, ask)]
    found = [_pruned(one, sparsity) for one in estimates for sparsity in sparsities]
    return Comparison(tuple(candidates), tuple(found))


def _listed(models: Given | Iterable[Given]) -> tuple[Given, ...]:
    found = (models,) if isinstance(models, (Model, str, PathLike)) else tuple(models)
    if not found:
        raise CnncalcError("nothing to compare: give one model or more.")
    return found


def _candidates(
    one: Estimate, variants: tuple[str, ...], ask: Callable[[Model], Estimate]
) -> Iterator[Candidate]:
    yield Candidate(one)
    for variant in variants:
        yield _candidate(one, variant, ask)


def _candidate(one: Estimate, variant: str, ask: Callable[[Model], Estimate]) -> Candidate:
    replaces, apply = VARIANTS[variant]
    try:
        model = apply(one.model)
    except (GraphError, SettingError) as error:
        raise CnncalcError(f"{one.name} with {variant} cannot be: {error.problems[0]}") from None
    changed = ask(model.read_from(one.model.origin))
    changes = tuple(_changes(one.layers, changed.layers))
    if not changes:
        raise CnncalcError(f"{one.name} with {variant}: it has no {replaces} to replace.")
    return Candidate(changed, variant, changes)


def _changes(
    before: tuple[LayerEstimate, ...], after: tuple[LayerEstimate, ...], path: str = ""
) -> Iterator[Change]:
    """The layers whose kind is another now, also in nested models."""
    new = {layer.name: layer for layer in after}
    for layer in before:
        name, other = f"{path}{layer.name}", new[layer.name]
        if layer.kind != other.kind:
            yield Change(name, layer, other)
        elif layer.kind == "Model":
            yield from _changes(layer.parts, other.parts, f"{name}/")


def _pruned(one: Estimate, sparsity: Fraction) -> PrunedModel:
    return PrunedModel(one.name, pruned(one.model.graph, one.settings.dtype, sparsity))
