"""The orders in which a prediction may run: the model's, the best and the worst for the ideal rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from cnncalc.errors import CnncalcError, nearest
from cnncalc.graph import Graph
from cnncalc.settings import Settings
from cnncalc.tensors import Policy, policy

OrderName = Literal["as-written", "best", "worst"]
NAMES: tuple[OrderName, ...] = ("as-written", "best", "worst")


class ControlDependency(NamedTuple):
    """``step`` must not run before ``after`` has; both are names of steps."""

    step: str
    after: str


class Order(NamedTuple):
    """One order of a model's steps, and what the ideal prediction needs in it.

    ``order``: numbers of the graph's nodes; ``steps``: their names. What was looked for, the lowest
    peak of all orders or the highest, is from ``lower_bound_bytes`` to ``upper_bound_bytes``: one
    of them is ``peak_bytes``, and both are where it is ``exact``. ``control_dependencies``: with these no
    order has a higher peak; of the best order only.
    """

    name: OrderName
    order: tuple[int, ...]
    steps: tuple[str, ...]
    peak_bytes: int
    exact: bool
    lower_bound_bytes: int
    upper_bound_bytes: int
    control_dependencies: tuple[ControlDependency, ...] = ()


@dataclass(frozen=True)
class Orders:
    """The three orders of a prediction under these settings, each worked out when first asked for."""

    graph: Graph
    settings: Settings

    def __getitem__(self, name: str) -> Order:
        """Raises CnncalcError for a name that is none of the three."""
        if known(name) == "best":
            return self.best
        return self.worst if name == "worst" else self.as_written

    @cached_property
    def as_written(self) -> Order:
        """The order in which the model has its layers."""
        from cnncalc.memory import ideal
        from cnncalc.memory.replay import replay

        peak = replay(ideal.prediction(*self._run)).peak.bytes
        return self._named("as-written", tuple(range(len(self.graph.nodes))), peak, peak, peak)

    @cached_property
    def best(self) -> Order:
        """The order that needs least, and the control dependencies that hold a run to its peak."""
        from cnncalc.memory.control import control_dependencies
        from cnncalc.memory.orders import best_order

        found = best_order(*self._run)
        order = self._named("best", found.order, found.peak_bytes, found.lower_bound_bytes, found.peak_bytes)
        pairs = control_dependencies(*self._run, found.order, found.peak_bytes)
        names = [node.name for node in self.graph.nodes]
        waits = tuple(ControlDependency(names[step], names[after]) for step, after in pairs)
        return order._replace(control_dependencies=waits)

    @cached_property
    def worst(self) -> Order:
        """The order that needs most."""
        from cnncalc.memory.worst_order import worst_order

        found = worst_order(*self._run)
        return self._named("worst", found.order, found.peak_bytes, found.peak_bytes, found.upper_bound_bytes)

    @property
    def _run(self) -> tuple[Graph, int, Policy]:
        return self.graph, self.settings.inference_batch_size, policy(self.settings.dtype)

    def _named(self, name: OrderName, order: tuple[int, ...], peak: int, low: int, high: int) -> Order:
        steps = tuple(self.graph.nodes[index].name for index in order)
        return Order(name, order, steps, peak, low == high, low, high)


def known(name: str) -> OrderName:
    """The name as it is.

    Raises CnncalcError where it is none of the three.
    """
    for order in NAMES:
        if order == name:
            return order
    raise CnncalcError(f'no order "{name}".{nearest(name, NAMES)} There are {", ".join(NAMES)}.')
