"""Masks that layers hand on beside their outputs, and the layers that would compute with them.

A mask costs no more than what makes it until a layer, or the loss, reads it; then it is refused by name.

Sources: keras/src/layers/layer.py (``supports_masking``, ``_set_mask_metadata``), keras/src/layers/**/*.py
(``call`` with a mask, ``compute_mask``), keras/src/trainers/trainer.py (``compute_loss``).
"""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.errors import NoRuleError
from cnncalc.graph import Graph, Node

READING = frozenset({"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"}) | {
    *("GlobalAveragePooling1D", "Softmax", "TimeDistributed"),
}
"""Kinds whose ``call`` takes the mask of their input."""

PASSING = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"}) | {
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Dense", "Rescaling", "Identity", "Masking"),
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization"),
    *("Normalization", "ActivityRegularization", "Dropout", "SpatialDropout1D", "SpatialDropout2D"),
    *("SpatialDropout3D", "AlphaDropout", "GaussianDropout", "GaussianNoise"),
}
"""Kinds that hand a mask on (``supports_masking``); the others drop it."""


def require_none_read(graph: Graph, training: bool) -> None:
    """Raise NoRuleError where a layer, or in training the loss, computes with a mask."""
    makers: dict[int, Node] = {}
    for number, node in enumerate(graph.nodes, start=len(graph.inputs)):
        maker = _maker(node, makers)
        if maker is None:
            continue
        if maker is not node and _reads(node, training):
            raise NoRuleError(f'{node.layer.kind} "{node.owner}": no rule for {_mask(maker)}.')
        makers[number] = maker
    for output in graph.outputs if training else ():
        if output in makers:
            raise NoRuleError(f"the loss: no rule for {_mask(makers[output])}.")


def _maker(node: Node, makers: Mapping[int, Node]) -> Node | None:
    """The layer whose mask goes with the output, or into a layer that reads it."""
    kind = node.layer.kind
    if kind == "Masking" or (kind == "Embedding" and node.layer.changed_settings().get("mask_zero")):
        return node
    if kind not in PASSING | READING:
        return None
    return next((makers[value] for value in node.inputs if value in makers), None)


def _reads(node: Node, training: bool) -> bool:
    """Batch normalisation counts what is not masked, where it learns."""
    return node.layer.kind in READING or (
        node.layer.kind == "BatchNormalization" and training and node.trainable
    )


def _mask(maker: Node) -> str:
    return f'the mask of {maker.layer.kind} "{maker.owner}"'
