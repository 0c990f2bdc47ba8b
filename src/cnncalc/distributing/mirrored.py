"""Data parallel, every variable on every device (``tf.distribute.MirroredStrategy``).

Each replica holds all weights and all of the optimizer's variables and computes its part of the batch; the
gradients of all trainable weights are summed over the replicas, and each updates its own copy. Batch
normalisation's moving statistics are not summed: each replica keeps its own
(keras/src/layers/normalization/batch_normalization.py makes them without an aggregation).
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.distributing.distribution import (
    BATCH,
    DeviceMemory,
    Distribution,
    Mode,
    Transfer,
    batch_of,
    parts_of,
)
from cnncalc.errors import NoRuleError
from cnncalc.estimation import Estimate, estimate
from cnncalc.footprints import Footprint
from cnncalc.memory.sizes import Sizes
from cnncalc.model import Model
from cnncalc.settings import Settings
from cnncalc.tensors import policy


def mirrored(model: Model, settings: Settings, mode: Mode, count: int) -> Distribution:
    """A replica on each of ``count`` devices.

    A replica's memory is the estimate of the model at its part of the batch, by the rule ``tensorflow``
    where that has an answer, else by ``ideal``. Raises CnncalcError where the batch has fewer images.
    """
    total = batch_of(settings, mode)
    names = tuple(f"gpu:{number}" for number in range(count))
    parts = parts_of(total, count)
    answers = {part: _at(part, model, settings, mode) for part in dict.fromkeys(parts)}
    summed = count > 1 and mode == "training"
    size = gradient_bytes(model, settings) if summed else 0
    devices = tuple(
        _replica(name, part, answers[part], mode, size) for name, part in zip(names, parts, strict=True)
    )
    return Distribution(model, settings, mode, "mirrored", total, devices, tuple(_ring(names, size)))


def _at(part: int, model: Model, settings: Settings, mode: Mode) -> Estimate:
    changed = settings.changed(**{BATCH[mode]: part})
    return estimate(model.model_copy(update={"settings": changed}))


def _replica(name: str, part: int, found: Estimate, mode: Mode, exchanged: int) -> DeviceMemory:
    layers = tuple(layer.name for layer in found.layers)
    footprints = footprints_of(found, mode)
    rule = next(rule for rule in ("tensorflow", "ideal") if rule in footprints)
    return DeviceMemory(name, part, layers, footprints, rule, exchanged)


def footprints_of(found: Estimate, mode: Mode) -> dict[str, Footprint]:
    """The rules that have an answer for the mode. Raises NoRuleError where none has."""
    answers = {rule: getattr(answer, mode) for rule, answer in found.answers.items()}
    known: dict[str, Footprint] = {rule: answer for rule, answer in answers.items() if answer}
    if not known:
        raise NoRuleError("int8 has no gradients; models are trained in a float type.")
    return known


def gradient_bytes(model: Model, settings: Settings) -> int:
    """Bytes of the gradients of all trainable weights, in the types in which the weights are kept."""
    sizes = Sizes(model.graph, 1, policy(settings.dtype))
    return sum(sizes.trained(node) for node in model.graph.nodes)


def _ring(names: tuple[str, ...], size: int) -> Iterator[Transfer]:
    for number, sent in enumerate(ring_bytes(size, len(names))):
        target = names[(number + 1) % len(names)]
        if sent:
            yield Transfer("weight gradients", "all-reduce", names[number], target, sent)


def ring_bytes(size: int, count: int) -> tuple[int, ...]:
    """Bytes that each of ``count`` devices sends to the next one in a ring all-reduce of ``size`` bytes.

    The data is cut into ``count`` pieces. In ``count - 1`` rounds each device passes on a piece to which it
    has added its own, until each piece is summed on one device; in as many more the sums go round. So a
    device sends every piece twice, but for one piece in each half: 2 (n - 1) / n of the size, and all
    together 2 (n - 1) times the size, which is the least possible. Source: P. Patarasuk and X. Yuan,
    Bandwidth optimal all-reduce algorithms for clusters of workstations, Journal of Parallel and
    Distributed Computing 69 (2009); the factor is that of NCCL's bus bandwidth (nccl-tests,
    doc/PERFORMANCE.md).
    Pieces here differ by a byte at most; a library may pad them.

    >>> ring_bytes(1000, 4), ring_bytes(1000, 1)
    ((1500, 1500, 1500, 1500), (0,))
    """
    if count == 1:
        return (0,)
    pieces = [(size * (number + 1)) // count - (size * number) // count for number in range(count)]
    return tuple(
        2 * size - pieces[(number + 1) % count] - pieces[(number + 2) % count] for number in range(count)
    )
