"""The depth: how many layers that multiply by weights lie on the longest path.

Counted: each step with weights and multiply-accumulates (convolutions, fully connected layers and their
like) between any input and any output of the model, each call anew. So ResNet-50 has depth 50. Not
counted: normalisation and other weights that only scale or shift a value, activations, pooling, merges.
A separable convolution counts as the two that it is: a network has one depth however it is written.
"""

from __future__ import annotations

from cnncalc.graph import Graph, Node


def depth(graph: Graph) -> int:
    """Layers that multiply by weights on the longest path from an input to an output."""
    found = [0] * len(graph.inputs)
    for node in graph.nodes:
        found.append(max(found[value] for value in node.inputs) + _multiplies(node))
    return max(found[value] for value in graph.outputs)


def _multiplies(node: Node) -> bool:
    return bool(node.facts.weights) and node.facts.macs > 0
