"""Data parallel with the variables on servers (``tf.distribute.ParameterServerStrategy``).

The weights go round the servers in the order in which they are made, and each of the optimizer's variables
is where its weight is (``_create_variable_round_robin`` in
tensorflow/python/distribute/parameter_server_strategy_v2.py; ``add_variable_from_reference`` in
keras/src/backend/tensorflow/optimizer.py). In each step a worker fetches all weights, computes its part of
the batch and sends the gradients of the trainable ones to the servers, which update. Source of the scheme:
M. Li et al., Scaling Distributed Machine Learning with the Parameter Server, OSDI 2014.

Both sides are the ``ideal`` rule's: a worker's plan is that of the model with its variables elsewhere (see
:mod:`cnncalc.memory.placement`); a server holds its variables and takes in one gradient after the other.
Not counted: moving statistics that a worker sends back, and a few bytes of scalars in each message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.distributing.distribution import DeviceMemory, Distribution, Mode, Transfer, batch_of, parts_of
from cnncalc.distributing.planned import footprints_on, slot_bytes
from cnncalc.footprints import Footprint, footprint_of
from cnncalc.memory.placement import placed
from cnncalc.memory.plan import Draft, Plan, Step
from cnncalc.memory.slots import VARIABLE_BYTES
from cnncalc.memory.variables import weights
from cnncalc.model import Model
from cnncalc.settings import Settings


def parameter_server(model: Model, settings: Settings, mode: Mode, count: int, servers: int) -> Distribution:
    """``count`` workers and ``servers`` servers. Raises CnncalcError where the batch has too few images."""
    total = batch_of(settings, mode)
    shares = shared(model, settings, mode, servers)
    names = tuple(layer.name for layer in model.graph.rows)
    devices = [_server(share, mode) for share in shares]
    transfers: list[Transfer] = []
    for number, part in enumerate(parts_of(total, count)):
        name = f"worker:{number}"
        footprints = _worker(model, settings, mode, part, name)
        devices.append(DeviceMemory(name, part, names, footprints, "ideal"))
        transfers += _exchanged(shares, name, mode)
    stays = sum(share.bytes for share in shares)
    return Distribution(
        model, settings, mode, "parameter-server", total, tuple(devices), tuple(transfers), stays_bytes=stays
    )


class Share(NamedTuple):
    """The variables on one server: bytes of the weights, of the optimizer's variables, of each gradient."""

    server: str
    weights: int
    slots: int
    gradients: tuple[tuple[str, int], ...]

    @property
    def bytes(self) -> int:
        return self.weights + self.slots


def shared(model: Model, settings: Settings, mode: Mode, servers: int) -> tuple[Share, ...]:
    """What each server holds; the optimizer's scalars are on the first."""
    found = tuple(weights(model.graph, settings.dtype))
    slots = slot_bytes(model.graph, settings) if mode == "training" else {}
    names = [f"server:{number}" for number in range(servers)]
    trained = [index for index, (_, weight, _) in enumerate(found) if weight.trainable]
    of_weight = {index: slots.get(number, 0) for number, index in enumerate(trained)}
    sizes = [weight.size * VARIABLE_BYTES[dtype] for _, weight, dtype in found]
    paths = [f"{layer}/{weight.name}" for layer, weight, _ in found]
    return tuple(
        Share(
            name,
            sum(sizes[number::servers]),
            sum(of_weight.get(index, 0) for index in range(number, len(found), servers))
            + (slots.get(None, 0) if number == 0 else 0),
            tuple((paths[index], sizes[index]) for index in trained if index % servers == number),
        )
        for number, name in enumerate(names)
    )


def _server(share: Share, mode: Mode) -> DeviceMemory:
    plan = serving(share, share.gradients if mode == "training" else ())
    return DeviceMemory(share.server, 0, (), {"ideal": footprint_of(plan)}, "ideal")


def serving(share: Share, gradients: tuple[tuple[str, int], ...]) -> Plan:
    """The plan of a server: its variables throughout, each gradient from its arrival to the update."""
    draft = Draft()
    fixed = (draft.add("weights", "parameters", share.weights), draft.add("optimizer", "slots", share.slots))
    draft.steps.append(Step("variables", allocates=fixed))
    for name, size in gradients:
        gradient = draft.add(name, "weight_gradients", size)
        draft.steps.append(Step(f"{name}: update", (gradient,), (), (gradient,)))
    return draft.done()


def _worker(model: Model, settings: Settings, mode: Mode, part: int, name: str) -> dict[str, Footprint]:
    """A worker's step by the ideal rule: all layers are there, and none of the variables."""
    count = len(model.graph.nodes)
    where = placed(model.graph, [name] * count, ["servers"] * count)
    return {"ideal": footprints_on(where, settings, mode, part, {}, (name,), ("ideal",))[name]["ideal"]}


def _exchanged(shares: tuple[Share, ...], worker: str, mode: Mode) -> Iterator[Transfer]:
    for share in shares:
        yield Transfer("weights", "all layers", share.server, worker, share.weights)
        if mode == "training":
            sent = sum(size for _, size in share.gradients)
            yield Transfer("weight gradients", "all layers", worker, share.server, sent)
