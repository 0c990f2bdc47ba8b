"""Names of devices, and on which one TensorFlow runs a layer that asks for one.

TensorFlow looks for a kernel on the device that is named. Where there is none, or no such device, it
refuses; with soft placement, which is the default in TensorFlow 2, it takes another: the first GPU for a
device that is not there, the CPU for an operation without a kernel for the GPU
(tensorflow/core/common_runtime: colocation_graph.cc, placer.cc). It never looks at the room that is left:
what does not fit fails when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnncalc.distributing.distribution import Moved
from cnncalc.errors import CnncalcError
from cnncalc.graph import Graph, Node
from cnncalc.runtimes.tensorflow.placing import without_gpu_kernel

HOST = "cpu:0"
_NAME = re.compile(r"/?(?:device:)?(cpu|gpu)(?::(\d{1,6}))?", re.IGNORECASE)


def device_name(text: str) -> str:
    """A device's short name. Raises CnncalcError for what is no device.

    >>> device_name("/device:GPU:1"), device_name("gpu"), device_name("CPU:0")
    ('gpu:1', 'gpu:0', 'cpu:0')
    """
    found = _NAME.fullmatch(text)
    if not found:
        raise CnncalcError(f'a device is cpu or gpu with its number, such as gpu:1; found "{text[:60]}".')
    return f"{found[1].lower()}:{int(found[2] or 0)}"


def gpus(count: int) -> tuple[str, ...]:
    """
    >>> gpus(2)
    ('gpu:0', 'gpu:1')
    """
    return tuple(f"gpu:{number}" for number in range(count))


class Choice(NamedTuple):
    """The device of each node, and the layers that do not run where they should."""

    devices: tuple[str, ...]
    moved: tuple[Moved, ...]


def chosen(graph: Graph, wanted: Iterable[str], count: int, soft: bool) -> Choice:
    """Where the nodes run that want these devices, with ``count`` GPUs.

    Raises CnncalcError for a node that cannot run where it wants to, unless placement is ``soft``.
    """
    known = (HOST, *gpus(count))
    found = [_choice(node, device, known, soft) for node, device in zip(graph.nodes, wanted, strict=True)]
    return Choice(tuple(device for device, _ in found), tuple(dict.fromkeys(_moves(found))))


def _moves(found: Iterable[tuple[str, Moved | None]]) -> Iterator[Moved]:
    return (moved for _, moved in found if moved)


def _choice(node: Node, wanted: str, known: tuple[str, ...], soft: bool) -> tuple[str, Moved | None]:
    lacking = "" if wanted == HOST else without_gpu_kernel(node.layer)
    device = HOST if lacking else wanted if wanted in known else known[1]
    if device == wanted:
        return device, None
    reason = f"{lacking} has no kernel for a GPU" if lacking else f"there is no {wanted}"
    if node.device and not soft:
        raise CnncalcError(f'layer "{node.owner}" cannot run on {wanted}: {reason}. Soft placement is off.')
    return device, Moved(node.owner, wanted, device, reason)
