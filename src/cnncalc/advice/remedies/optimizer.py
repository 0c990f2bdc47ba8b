"""A lighter optimizer: fewer variables beside each weight."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.needs import Run
from cnncalc.advice.question import Change, Question, Remedy
from cnncalc.optimizers import BASE
from cnncalc.settings import OptimizerSpec, optimizer

LIGHTER = (
    ("RMSprop", optimizer("rmsprop"), "one slot for each weight"),
    ("SGD with momentum", optimizer({"name": "SGD", "momentum": 0.9}), "one slot for each weight"),
    ("SGD", optimizer("sgd"), "no slots"),
)
"""From the optimizer nearest to Adam to the one that keeps nothing, with what it keeps."""


def lighter_optimizer(question: Question) -> Iterator[Remedy]:
    """Each of the lighter ones that saves something. Options that all have stay; the rate does not."""
    if question.mode == "inference":
        return
    for name, spec, slots in LIGHTER:
        note = f"{slots}; another learning rate"
        yield from question.remedy("optimizer", f"{name} instead of {_name(question)}", to(spec), note)


def to(spec: OptimizerSpec) -> Change:
    def change(run: Run) -> Run:
        old = run.settings.optimizer
        kept = {option: old.options[option] for option in _COMMON if option in old.options}
        return run.changed(optimizer=OptimizerSpec(spec.name, {**kept, **spec.options}))

    return change


_COMMON = tuple(option for option in BASE if option != "name")


def _name(question: Question) -> str:
    spec = question.settings.optimizer
    return "SGD with momentum" if spec.name == "SGD" and spec.value("momentum") else spec.name
