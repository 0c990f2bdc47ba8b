"""How many parameters, trainable and not.

Counted once per owner, however often a layer is called. Not counted: optimizer state, metrics,
the states of random generators (Keras does not count them among a model's weights either).
"""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.graph import Node


def parameters(nodes: Iterable[Node]) -> tuple[int, int]:
    """Trainable and non-trainable parameters that these nodes own."""
    trainable = frozen = 0
    for node in nodes:
        for weight in node.weights:
            if weight.trainable:
                trainable += weight.size
            else:
                frozen += weight.size
    return trainable, frozen
