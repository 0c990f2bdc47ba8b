"""What a run needs by a memory rule: the one place where advice asks for bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from cnncalc.devices import Device
from cnncalc.errors import CnncalcError, MissingExtraError, NoRuleError, nearest
from cnncalc.estimation import estimate
from cnncalc.footprints import Footprint
from cnncalc.model import Model
from cnncalc.settings import Settings

Mode = Literal["training", "inference"]

MODES: Mapping[str, Mode] = {"training": "training", "inference": "inference"}
BATCH: Mapping[Mode, str] = {"training": "batch_size", "inference": "inference_batch_size"}
"""The setting that says how many images are in a batch, by mode."""


class Run(NamedTuple):
    """A model under settings, on that many devices with a part of the batch on each: what needs memory.

    The batch of the settings is that of one device. ``gpu``: what the compiler of the rule ``xla`` plans for.
    """

    model: Model
    settings: Settings
    devices: int = 1
    gpu: Device | None = None

    def changed(self, **settings: object) -> Run:
        """The same run with these settings in place of the old."""
        return self._replace(settings=self.settings.changed(**settings))

    def settled(self) -> Model:
        """The model with the run's settings as its own: :func:`cnncalc.estimate` of it is the run's."""
        return self.model.model_copy(update={"settings": self.settings})


class Need(NamedTuple):
    """Bytes that a run needs on one device, and the peak.

    ``variables_bytes``, ``io_bytes`` and ``step_bytes`` as in an estimate; ``step_high_bytes`` over the
    orders that the runtime may take. ``peak`` is the step at which most is alive, ``terms`` what that is.
    """

    variables_bytes: int
    io_bytes: int
    step_bytes: int
    step_high_bytes: int
    peak: str
    terms: Mapping[str, int]

    @property
    def typical_bytes(self) -> int:
        """In the most frequent order."""
        return self.variables_bytes + self.io_bytes + self.step_bytes

    @property
    def high_bytes(self) -> int:
        """In the order that needs most: the band's high side."""
        return self.variables_bytes + self.io_bytes + self.step_high_bytes


def need(run: Run, mode: Mode, rule: str) -> Need:
    """What a run needs by a rule. Raises NoRuleError where the rule has no answer, CnncalcError for no rule.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Dense
    >>> model = Sequential([Dense(units=10)], input=(4,))
    >>> need(Run(model, model.settings), "inference", "textbook").high_bytes
    256
    >>> 4 * (4 + 1) * 10 + 4 * (4 + 10)
    256
    """
    if rule not in RULES:
        raise CnncalcError(
            f'no memory rule "{rule[:60]}".{nearest(rule, RULES)} There are {", ".join(RULES)}.'
        )
    return RULES[rule](run, mode)


def _estimated(rule: str) -> Callable[[Run, Mode], Need]:
    def asked(run: Run, mode: Mode) -> Need:
        answer = estimate(run.settled()).memory[rule]
        found = answer.inference if mode == "inference" else answer.training
        if found is None:
            raise NoRuleError(f"{rule} training: {answer.missing or 'int8 has no gradients'}.")
        return _need(found)

    return asked


def _compiled(run: Run, mode: Mode) -> Need:
    """XLA's own plan. What the compiler refuses has no answer; that it is not installed is said at once."""
    from cnncalc.measuring.xla.asking import ask_xla
    from cnncalc.measuring.xla.rule import footprint_of

    if run.gpu is None:
        raise CnncalcError("the rule xla asks a GPU's compiler: say which GPU with --device.")
    try:
        return _need(footprint_of(ask_xla(estimate(run.settled()), run.gpu, mode)))
    except MissingExtraError:
        raise
    except CnncalcError as error:
        raise NoRuleError(str(error)) from error


def _need(found: Footprint) -> Need:
    return Need(
        found.variables_bytes,
        found.io_bytes,
        found.step_bytes,
        found.step_high_bytes,
        found.peak.step,
        found.terms,
    )


RULES: dict[str, Callable[[Run, Mode], Need]] = {
    **{rule: _estimated(rule) for rule in ("tensorflow", "ideal", "textbook")},
    "xla": _compiled,
}
"""Each rule by name: from a run and a mode to its need."""
