"""The work of one step that no runtime can leave out: what it multiplies, and what it moves.

Multiply-accumulates by the convention of docs/conventions.md. A product has two operands, and the gradient of
each takes as many again: a training step has those of the weights that are trained, and those of the inputs
that depend on a trained weight, which images do not.

Bytes that pass between the device and its memory: weights are read, images too, and what the model gives is
written. In training the trained weights and the optimizer's variables are written again as well, and what the
backward pass reads of the forward pass (``Facts.kept``) is written and read. Only weights of layers that
multiply count: of an embedding's table a step reads a few rows. Not counted is what a fused runtime can do
without: outputs that nothing keeps, gradients, temporaries.

Of a segment that runs again (:mod:`cnncalc.memory.recomputing`) the value that it begins with is kept, so
written and read, and the layers that run again multiply once more. Not counted is what the second run keeps,
which backward reads at once and a fused runtime need not write, nor that weights may be read for it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.memory.learning import Learning
from cnncalc.memory.recomputing import First, Segment, segments_of
from cnncalc.memory.sizes import Sizes, started
from cnncalc.settings import Settings
from cnncalc.tensors import policy


class Work(NamedTuple):
    """Of one step on a batch: multiply-accumulates by the type that they are computed in, and bytes moved."""

    macs: Mapping[str, int]
    bytes: int

    @property
    def all_macs(self) -> int:
        return sum(self.macs.values())


def prediction(graph: Graph, settings: Settings) -> Work:
    """The work of one prediction."""
    sizes = Sizes(graph, settings.inference_batch_size, policy(settings.dtype))
    macs = _macs(sizes, settings, [1] * len(graph.nodes))
    return Work(macs, _multiplying(sizes) + _images(sizes) + _given(sizes))


def training(graph: Graph, settings: Settings, optimizer_bytes: int, stretches: Sequence[range] = ()) -> Work:
    """The work of one training step; ``optimizer_bytes`` are those of the optimizer's variables.

    ``stretches``: the nodes of each segment that runs again.
    """
    sizes, order = Sizes(graph, settings.batch_size, policy(settings.dtype)), range(len(graph.nodes))
    learning = Learning(sizes, order)
    segments = segments_of(graph, learning, stretches)
    again = {index for segment in segments for index in segment.again}
    macs = _macs(sizes, settings, [1 + _gradients(learning, index) + (index in again) for index in order])
    kept = _kept(sizes, learning, segments)
    trained = sum(sizes.trained(node) for node in graph.nodes if node.facts.macs)
    moved = _multiplying(sizes) + trained + 2 * optimizer_bytes + _images(sizes) + 2 * kept
    return Work(macs, moved)


def _macs(sizes: Sizes, settings: Settings, times: list[int]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for node, count in zip(sizes.graph.nodes, times, strict=True):
        if node.facts.macs:
            found[policy(node.dtype or settings.dtype).compute] += sizes.batch_size * count * node.facts.macs
    return found


def _gradients(learning: Learning, index: int) -> int:
    """How many gradients of operands a node's products have, at most two."""
    if not learning.needed[index]:
        return 0
    weights = learning.trained[index] > 0
    return min(weights + len(learning.targets(index)), 2)


def _kept(sizes: Sizes, learning: Learning, segments: Sequence[Segment]) -> int:
    """Bytes that the backward pass reads of the forward pass, beside images."""
    draft = started(sizes)
    forward = First(sizes, draft, learning, segments)
    for index in range(len(sizes.graph.nodes)):
        forward.run(index)
    held = {buffer for buffers in forward.held.values() for buffer in buffers}
    held |= {forward.buffer[segment.value] for segment in segments}
    return sum(draft.buffers[buffer].bytes for buffer in held if draft.buffers[buffer].role != "inputs")


def _multiplying(sizes: Sizes) -> int:
    """Bytes of the weights of layers that multiply."""
    return sum(sizes.parameters(node) for node in sizes.graph.nodes if node.facts.macs)


def _images(sizes: Sizes) -> int:
    return sum(sizes.values[: len(sizes.graph.inputs)])


def _given(sizes: Sizes) -> int:
    """Bytes of what the model gives; an image that it gives as it is, is there."""
    return sum(sizes.values[value] for value in set(sizes.graph.outputs) if value >= len(sizes.graph.inputs))
