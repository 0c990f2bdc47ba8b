"""What error to expect of the figures of the rule ``tensorflow``: how near measured steps came to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.settings import OptimizerSpec, Settings


class Share(NamedTuple):
    """How many steps were measured, and how many percent of them lay within 2 % of the estimate."""

    rows: int
    within_2: float
    what: str

    def __str__(self) -> str:
        return f"{self.within_2:g} % of {self.rows} {self.what}"


MEASURED: Mapping[str, Share] = {
    "prediction": Share(259, 99.2, "measured predictions"),
    "training, SGD": Share(198, 93.4, "measured steps with SGD"),
    "training, momentum, RMSprop, Adam": Share(52, 96.2, "measured steps with momentum, RMSprop or Adam"),
    "training, other optimizers and options": Share(
        20, 70.0, "measured steps with other optimizers and options"
    ),
    "other types than float32": Share(38, 76.3, "measured steps in other types than float32"),
}
"""By the groups of docs/accuracy.md, from which a test reads them again."""

PLAIN = ("learning_rate", "beta_1", "beta_2", "rho", "epsilon")
"""Options of an optimizer that are numbers of the same step."""


def error_words(settings: Settings) -> str:
    """How near measured steps came, of the sort that these settings make."""
    if settings.dtype != "float32":
        found = [MEASURED["other types than float32"]]
    else:
        found = [MEASURED[_training(settings.optimizer)], MEASURED["prediction"]]
    return f"Within 2 % of such an estimate came {' and '.join(map(str, found))} (docs/accuracy.md)."


def _training(optimizer: OptimizerSpec) -> str:
    """The group that a training step with this optimizer is of."""
    options = set(optimizer.options) - set(PLAIN)
    if optimizer.name == "SGD" and not options:
        return "training, SGD"
    if (optimizer.name, options) in (("SGD", {"momentum"}), ("RMSprop", set()), ("Adam", set())):
        return "training, momentum, RMSprop, Adam"
    return "training, other optimizers and options"
