"""Layers placed on devices: each runs where the model says, or where an automatic split puts it.

The whole batch goes through all devices. A layer runs on the ``device`` that it names, else on the first
GPU; where no layer names one the layers are split over the GPUs, in the order in which they run, so that the
bytes of weights, of the optimizer's variables and of outputs on the fullest one are least. What is copied,
and each device's plan, is said in :mod:`cnncalc.memory.placement`. The loss is where the output is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cnncalc.distributing.balancing import balanced
from cnncalc.distributing.devices import HOST, Choice, chosen, device_name, gpus
from cnncalc.distributing.distribution import DeviceMemory, Distribution, Mode, Moved, Transfer, batch_of
from cnncalc.distributing.planned import footprints_on, slot_bytes
from cnncalc.graph import Graph
from cnncalc.memory.learning import Learning
from cnncalc.memory.placement import Placed, placed
from cnncalc.memory.sizes import Sizes
from cnncalc.model import Model
from cnncalc.settings import Settings
from cnncalc.tensors import policy


def placement(
    model: Model,
    settings: Settings,
    mode: Mode,
    count: int,
    variables: str | None = None,
    soft: bool = True,
    device_bytes: int | None = None,
) -> Distribution:
    """The model over ``count`` GPUs and the host's CPU.

    ``variables`` is a device that holds all variables; by default each is with its layer. With
    ``device_bytes`` the last layers of a GPU that has no room run on the CPU, unless placement is not
    ``soft``. Raises CnncalcError for a device that cannot be.
    """
    return _Placing(model, settings, mode, count, variables and device_name(variables)).placed(
        soft, device_bytes
    )


class _Placing:
    """``slots``: bytes of the optimizer's variables that belong to each node's weights."""

    def __init__(
        self, model: Model, settings: Settings, mode: Mode, count: int, variables: str | None
    ) -> None:
        self.model = model
        self.graph = model.graph
        self.settings = settings
        self.mode = mode
        self.count = count
        self.variables = variables
        self.batch_size = batch_of(settings, mode)
        self.sizes = Sizes(self.graph, self.batch_size, policy(settings.dtype))
        self.slots = (
            _slots_of_nodes(self.graph, settings) if mode == "training" else [0] * len(self.graph.nodes)
        )

    def placed(self, soft: bool, room: int | None) -> Distribution:
        choice = chosen(self.graph, self._wanted(), self.count, soft)
        if soft and room is not None:
            for device in gpus(self.count):
                choice = self._with_room(choice, device, room)
        where = self._where(choice.devices)
        return Distribution(
            self.model,
            self.settings,
            self.mode,
            "placement",
            self.batch_size,
            self._devices(choice.devices),
            tuple(_transfers(where, self.settings, self.mode, self.batch_size)),
            choice.moved,
        )

    def _wanted(self) -> list[str]:
        """What each node asks for; of an automatic split, if none does."""
        if any(node.device for node in self.graph.nodes):
            return [device_name(node.device) if node.device else "gpu:0" for node in self.graph.nodes]
        starts = [self.groups[number] for number in balanced(self._loads(), self._cuts(), self.count)]
        ends = [*starts[1:], len(self.graph.nodes)]
        pieces = zip(gpus(self.count), starts, ends, strict=False)
        return [device for device, start, end in pieces for _ in range(start, end)]

    @property
    def groups(self) -> list[int]:
        """The first node of each layer: those of one layer stay together."""
        owners = [node.owner for node in self.graph.nodes]
        return [0, *(index for index, (one, other) in enumerate(pairwise(owners), 1) if one != other)]

    def _loads(self) -> list[int]:
        """Bytes that stay with each layer; a prediction's outputs do not."""
        stay = self.mode == "training"
        own = [
            self.sizes.parameters(node) + self.slots[index] + self._output_bytes(index) * stay
            for index, node in enumerate(self.graph.nodes)
        ]
        ends = [*self.groups[1:], len(own)]
        return [sum(own[start:end]) for start, end in zip(self.groups, ends, strict=True)]

    def _output_bytes(self, index: int) -> int:
        alias = self.graph.nodes[index].facts.alias
        return 0 if alias else self.sizes.values[self.graph.value_of(index)]

    def _cuts(self) -> list[int]:
        """Bytes of the values that are computed before each layer and read in it or behind."""
        first = len(self.graph.inputs)
        spans = [(value - first, max(nodes, default=-1)) for value, nodes in enumerate(self.graph.readers)]
        return [
            sum(self.sizes.values[made + first] for made, last in spans if 0 <= made < start <= last)
            for start in self.groups
        ]

    def _where(self, devices: Sequence[str]) -> Placed:
        pinned = [self.variables] * len(devices) if self.variables else None
        return placed(self.graph, devices, pinned)

    def _devices(self, devices: Sequence[str]) -> tuple[DeviceMemory, ...]:
        """Every GPU, and the host where it has something to do or to hold."""
        holders = [self.variables or device for device in devices]
        slots: dict[str, int] = {}
        for device, size in zip(holders, self.slots, strict=True):
            slots[device] = slots.get(device, 0) + size
        names = [*gpus(self.count), *([HOST] if HOST in (*devices, *holders) else [])]
        found = footprints_on(self._where(devices), self.settings, self.mode, self.batch_size, slots, names)
        return tuple(
            DeviceMemory(name, self.batch_size * bool(layers), layers, found[name], "ideal")
            for name in names
            for layers in [self._layers(devices, name)]
        )

    def _layers(self, devices: Sequence[str], name: str) -> tuple[str, ...]:
        pairs = zip(self.graph.nodes, devices, strict=True)
        return tuple(dict.fromkeys(node.owner for node, device in pairs if device == name))

    def _with_room(self, choice: Choice, device: str, room: int) -> Choice:
        """As many of the first layers of a device as have room stay there, by bisection."""
        if self._needed(choice.devices, device) <= room:
            return choice
        layers = self._layers(choice.devices, device)
        low, high = 0, len(layers) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._needed(self._without(choice.devices, device, layers[middle:]), device) <= room:
                low = middle
            else:
                high = middle - 1
        moved = tuple(Moved(layer, device, HOST, f"{device} has no room") for layer in layers[low:])
        return Choice(self._without(choice.devices, device, layers[low:]), (*choice.moved, *moved))

    def _needed(self, devices: Sequence[str], device: str) -> int:
        return next(found.needed_bytes for found in self._devices(devices) if found.name == device)

    def _without(self, devices: Sequence[str], device: str, layers: Sequence[str]) -> tuple[str, ...]:
        gone = frozenset(layers)
        pairs = zip(self.graph.nodes, devices, strict=True)
        return tuple(HOST if found == device and node.owner in gone else found for node, found in pairs)


def _slots_of_nodes(graph: Graph, settings: Settings) -> list[int]:
    """Bytes of the optimizer's variables for each node's weights; the scalars are with the first trained."""
    found = [0] * len(graph.nodes)
    trained = [index for index, node in enumerate(graph.nodes) for weight in node.weights if weight.trainable]
    for number, size in slot_bytes(graph, settings).items():
        found[trained[number or 0] if trained else 0] += size
    return found


def _transfers(where: Placed, settings: Settings, mode: Mode, batch_size: int) -> Iterator[Transfer]:
    """What is sent in a step: outputs and their gradients, weights and theirs."""
    graph, training = where.graph, mode == "training"
    sizes = Sizes(graph, batch_size, policy(settings.dtype))
    learning = Learning(sizes, range(len(graph.nodes)))
    for copy, source, target in where.copies:
        made = graph.node_of(graph.nodes[copy].inputs[0])
        name, size = made.owner if made else "", sizes.values[graph.value_of(copy)]
        yield Transfer("output", name, source, target, size)
        if training and learning.needed[copy]:
            yield Transfer("gradient", name, target, source, size)
    for index, node in enumerate(graph.nodes):
        home, *others = where.homes[index] or ("",)
        for other in others if node.weights else ():
            yield Transfer("weights", node.owner, home, other, sizes.parameters(node))
            if training and learning.contributions[index]:
                yield Transfer("weight gradients", node.owner, other, home, learning.trained[index])
