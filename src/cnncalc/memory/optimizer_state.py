"""Which variables an optimizer of Keras 3.15 holds for given weights: every one, scalars included.

Here are the optimizers that wrap others; what a single one makes is in :mod:`cnncalc.memory.slots`.
Sources: keras/src/optimizers/loss_scale_optimizer.py, multi_optimizer.py, and keras/src/trainers/trainer.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cnncalc.errors import Problem, SettingError
from cnncalc.memory.slots import Trainable, Variable, of_one, scalars

if TYPE_CHECKING:
    from cnncalc.settings import OptimizerMap, OptimizerSpec


def optimizer_variables(spec: OptimizerSpec, weights: Sequence[Trainable]) -> tuple[Variable, ...]:
    """The variables of an optimizer that is built on these weights, in the order in which Keras lists them.

    >>> from cnncalc.settings import optimizer
    >>> kernel = Trainable("dense", "kernel", (3, 4))
    >>> for variable in optimizer_variables(optimizer("adam"), [kernel]):
    ...     print(variable.name, variable.shape, variable.dtype)
    iteration () int64
    learning_rate () float32
    dense_kernel_momentum (3, 4) float32
    dense_kernel_velocity (3, 4) float32

    Raises SettingError where the patterns of a MultiOptimizer do not say which optimizer updates a weight.
    """
    if spec.name == "LossScaleOptimizer":
        inner = optimizer_variables(spec.value("inner_optimizer"), weights)
        return (*scalars(spec), *LOSS_SCALE, *map(_untracked, inner))
    if spec.name == "MultiOptimizer":
        return (*scalars(spec), *_of_members(spec.value("optimizer_map"), weights))
    return tuple(of_one(spec, weights))


def effective(spec: OptimizerSpec, dtype: str) -> OptimizerSpec:
    """The optimizer with which Keras trains a model of this dtype policy.

    With ``compile(auto_scale_loss=True)``, its default, a model whose own policy is ``mixed_float16``
    scales its loss, whatever the policies of its layers. Source: keras/src/trainers/trainer.py.

    >>> from cnncalc.settings import optimizer
    >>> effective(optimizer("sgd"), "mixed_float16").name, effective(optimizer("sgd"), "float16").name
    ('LossScaleOptimizer', 'SGD')
    """
    if dtype != "mixed_float16" or spec.name == "LossScaleOptimizer":
        return spec
    return type(spec)("LossScaleOptimizer", {"inner_optimizer": spec, "name": "loss_scale_optimizer"})


LOSS_SCALE = (
    Variable("step_counter", "scalar", (), "int64"),
    Variable("dynamic_scale", "scalar", (), "float32"),
)
"""What a LossScaleOptimizer adds (loss_scale_optimizer.py)."""


_ADDED = {"iteration", "learning_rate", *(variable.name for variable in LOSS_SCALE)}
"""The scalars that an optimizer adds to its list by itself."""


def _untracked(variable: Variable) -> Variable:
    """Under a LossScaleOptimizer Keras loses sight of what an optimizer keeps as a mere attribute.

    That is Nadam's product and Adafactor's placeholders: its ``build`` runs with
    ``no_automatic_dependency_tracking``.
    """
    kept = variable.role != "scalar" or variable.name in _ADDED
    return variable if kept else variable._replace(listed=False)


def _of_members(chosen: OptimizerMap, weights: Sequence[Trainable]) -> Iterator[Variable]:
    """The variables of each member, the default last (multi_optimizer.py).

    One that updates nothing is never built.
    """
    for member, share in shares(chosen, [weight.path for weight in weights]):
        if not share:
            yield from _unbuilt(member)
            continue
        _check_updates(member, weights[share[0]].path)
        for variable in optimizer_variables(member, [weights[index] for index in share]):
            own = variable.weight
            yield variable if own is None else variable._replace(weight=share[own])


def shares(chosen: OptimizerMap, paths: Sequence[str]) -> list[tuple[OptimizerSpec, list[int]]]:
    """Each member with the indices of the weights that it updates, the default last.

    Raises SettingError where two patterns stand for one weight.
    """
    members = [*chosen.optimizer_map.values(), chosen.default_optimizer]
    found: list[list[int]] = [[] for _ in members]
    for index, path in enumerate(paths):
        found[_member(tuple(chosen.optimizer_map), path)].append(index)
    return list(zip(members, found, strict=True))


def _member(patterns: tuple[str, ...], path: str) -> int:
    """The number of the member that updates the weight: named by its path, by a pattern, or the default."""
    if path in patterns:
        return patterns.index(path)
    found = [number for number, pattern in enumerate(patterns) if _matches(pattern, path)]
    if len(found) > 1:
        raise _refusal(f'"{patterns[found[0]]}" and "{patterns[found[1]]}" both stand for {path}.')
    return found[0] if found else len(patterns)


def _matches(pattern: str, path: str) -> bool:
    try:
        return re.fullmatch(pattern, path) is not None
    except re.error as error:
        raise _refusal(f'"{pattern[:60]}" is no pattern: {error}.') from None


def _check_updates(member: OptimizerSpec, path: str) -> None:
    if "learning_rate" not in member.table[member.name]:
        raise _refusal(f"{member.name} cannot update {path}: it wraps other optimizers.")


def _refusal(message: str) -> SettingError:
    return SettingError([Problem(("optimizer",), f"MultiOptimizer: {message}")])


def _unbuilt(spec: OptimizerSpec) -> Iterator[Variable]:
    yield from scalars(spec)
    if spec.name == "LossScaleOptimizer":
        yield from _unbuilt(spec.value("inner_optimizer"))
    if spec.name == "MultiOptimizer":
        chosen = spec.value("optimizer_map")
        for member in (*chosen.optimizer_map.values(), chosen.default_optimizer):
            yield from _unbuilt(member)
