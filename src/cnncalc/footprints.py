"""What a model takes by each memory rule: the rules asked, their plans replayed, the answers in bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.collector import collector_paused
from cnncalc.errors import NoRuleError
from cnncalc.graph import Graph
from cnncalc.memory import textbook
from cnncalc.memory.plan import Plan
from cnncalc.memory.replay import Moment, Timeline, replay
from cnncalc.settings import Settings
from cnncalc.tensors import policy

if TYPE_CHECKING:
    from cnncalc.memory.variables import VariablesBytes
    from cnncalc.runtimes.tensorflow.executor import Ran


class Footprint(NamedTuple):
    """What one rule says of one mode, in bytes, and the timeline that it is the peak of.

    ``variables_bytes``: weights and, in training, the optimizer's variables. ``io_bytes``: images and
    targets. ``step_bytes``: what is alive above both at the peak; from ``step_low_bytes`` to
    ``step_high_bytes`` over the orders that a runtime may take.
    """

    timeline: Timeline
    variables_bytes: int
    io_bytes: int
    step_low_bytes: int
    step_high_bytes: int

    @property
    def step_bytes(self) -> int:
        return self.total_bytes - self.variables_bytes - self.io_bytes

    @property
    def total_bytes(self) -> int:
        return self.peak.bytes

    @property
    def peak(self) -> Moment:
        """The step at which the most is alive, and the buffers that are."""
        return self.timeline.peak

    @property
    def terms(self) -> dict[str, int]:
        """The sum: bytes of parameters, inputs, outputs, ... alive at the peak."""
        found: dict[str, int] = {}
        for buffer in self.peak.buffers:
            found[buffer.role] = found.get(buffer.role, 0) + buffer.bytes
        return found


class MemoryEstimate:
    """One rule's answer for prediction and for training; None where the rule has none, and then why.

    The one for prediction is worked out when it is first asked for. ``beside``: what the device takes
    beside what the rule says.
    """

    def __init__(
        self,
        inference: Callable[[], Footprint],
        training: Footprint | None,
        missing: str = "",
        beside: str = "",
    ) -> None:
        self._inference = inference
        self.training = training
        self.missing = missing
        self.beside = beside

    @cached_property
    def inference(self) -> Footprint:
        with collector_paused():
            return self._inference()


MEASURED = {
    "xla": "xla memory is asked of the compiler, not modelled: cnncalc estimate MODEL --gpu h100 --ask-xla, "
    'or with_xla(estimate, "h100") of cnncalc.measuring.xla.rule.'
}
"""The rules that have an answer only once it has been measured, and how that is done."""


class Memory(Mapping[str, MemoryEstimate]):
    """The answers of the memory rules by name; each is worked out when it is first asked for, and once.

    Raises NoRuleError for a rule that has none for the model, and for one that has not been measured.
    """

    def __init__(self, rules: Mapping[str, Callable[[], MemoryEstimate]]) -> None:
        self._rules = dict(rules)
        self._known: dict[str, MemoryEstimate | NoRuleError] = {}

    def measured(self, rule: str, answer: MemoryEstimate) -> Memory:
        """These rules, and one whose answer has been measured."""
        return Memory({**self._rules, rule: lambda: answer})

    def __getitem__(self, rule: str) -> MemoryEstimate:
        if rule in MEASURED and rule not in self._rules:
            raise NoRuleError(MEASURED[rule])
        if rule not in self._known:
            self._known[rule] = self._worked_out(rule)
        found = self._known[rule]
        if isinstance(found, NoRuleError):
            raise found
        return found

    def _worked_out(self, rule: str) -> MemoryEstimate | NoRuleError:
        try:
            with collector_paused():
                return self._rules[rule]()
        except NoRuleError as error:
            return error

    def __contains__(self, rule: object) -> bool:
        return rule in self._rules

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)


Segments = Sequence[Sequence[range]]
"""The nodes of segments that run again, each by its stages, between which a single value passes."""


def memory_of(
    graph: Graph,
    settings: Settings,
    order: Callable[[], Sequence[int]] | None = None,
    segments: Segments = (),
) -> Memory:
    """What each memory rule says of a model under these settings.

    ``order``: the nodes in the order in which the ideal prediction runs; None for the model's. ``segments``
    run again in the backward pass; the book's rule knows none.
    """

    @cache
    def variables() -> VariablesBytes:
        from cnncalc.memory.variables import variables_bytes

        return variables_bytes(graph, settings.dtype, settings.optimizer)

    return Memory(
        {
            "textbook": lambda: _textbook(graph, settings),
            "ideal": lambda: _ideal(graph, settings, variables(), order() if order else None, segments),
            "tensorflow": lambda: _tensorflow(graph, settings, variables(), segments),
        }
    )


def _textbook(graph: Graph, settings: Settings) -> MemoryEstimate:
    default = policy(settings.dtype)

    def inference() -> Footprint:
        return footprint_of(textbook.prediction(graph, settings.inference_batch_size, default))

    if untrainable(graph, settings):
        return MemoryEstimate(inference, None)
    return MemoryEstimate(inference, footprint_of(textbook.training(graph, settings.batch_size, default)))


def _ideal(
    graph: Graph,
    settings: Settings,
    variables: VariablesBytes,
    order: Sequence[int] | None,
    segments: Segments,
) -> MemoryEstimate:
    from cnncalc.memory import cuts, ideal, recomputing

    default = policy(settings.dtype)

    def inference() -> Footprint:
        return footprint_of(ideal.prediction(graph, settings.inference_batch_size, default, order))

    if untrainable(graph, settings):
        return MemoryEstimate(inference, None)
    given = graph, settings.batch_size, default, variables.optimizer
    stretches = cuts.whole(segments)
    plan = recomputing.least(*given, stretches) if stretches else ideal.training(*given)
    return MemoryEstimate(inference, footprint_of(plan))


def _tensorflow(
    graph: Graph, settings: Settings, variables: VariablesBytes, segments: Segments
) -> MemoryEstimate:
    """Raises NoRuleError where a layer has no rule; without one for its training there is none."""
    from cnncalc.runtimes.tensorflow import planning

    def inference() -> Footprint:
        return _ran(planning.inference(graph, settings, variables.weights), variables.weights)

    if untrainable(graph, settings):
        return _predicting(inference)
    trained = variables.weights + variables.optimizer
    slots = variables.optimizer >= variables.trainable
    try:
        training = _ran(planning.training(graph, settings, trained, segments), trained, slots)
    except NoRuleError as error:
        return _predicting(inference, str(error).rstrip("."))
    return MemoryEstimate(inference, training)


def _predicting(inference: Callable[[], Footprint], missing: str = "") -> MemoryEstimate:
    """An answer without training, if there is one for prediction. Raises NoRuleError where there is none."""
    found = MemoryEstimate(inference, None, missing)
    _ = found.inference  # each layer with a rule for training has one for prediction too
    return found


def _ran(ran: Ran, variables: int, slots: bool = False) -> Footprint:
    """A run that TensorFlow's executor makes; its first step has all that is there before."""
    from cnncalc.runtimes.tensorflow.band import band

    timeline = replay(ran.plan)
    fixed = sum(ran.plan.buffers[number].bytes for number in ran.plan.steps[0].allocates)
    low, high = band(timeline, ran.put_off, slots)
    drawn = [replay(plan).peak.bytes for plan in ran.drawn]
    low, high = min([low, *drawn]), max([high, *drawn])
    return Footprint(timeline, variables, fixed - variables, low - fixed, high - fixed)


FIXED = ("parameters", "slots")


def footprint_of(plan: Plan) -> Footprint:
    """A rule's plan in one order: the band is a point."""
    timeline = replay(plan)
    alive = timeline.peak.buffers
    variables = sum(buffer.bytes for buffer in alive if buffer.role in FIXED)
    images = sum(buffer.bytes for buffer in alive if buffer.role == "inputs")
    step = timeline.peak.bytes - variables - images
    return Footprint(timeline, variables, images, step, step)


def untrainable(graph: Graph, settings: Settings) -> bool:
    """Whether a layer computes in int8, which has no gradients."""
    return any((node.dtype or settings.dtype) == "int8" for node in graph.nodes)
