"""Operations on tensors in a Keras config, and those of them that do nothing but make masks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.base import Layer

MASKING = (
    *("NotEqual", "Any", "Cast"),  # of Masking and Embedding
    *("LogicalOr", "ExpandDims", "OnesLike", "ZerosLike", "Concatenate"),  # of merges of masked tensors
)
"""The operations that Keras's layers record when they compute a mask (``Layer.compute_mask``)."""


def is_operation(item: Mapping[str, Any]) -> bool:
    return str(item.get("module", "")).startswith("keras.src.ops")


def operation(item: Mapping[str, Any]) -> tuple[type[Layer], dict[str, Any]]:
    """An operation on tensors; its constants stand among the arguments of its call."""
    from cnncalc.layers.operations import TENSOR, from_node

    def marked(value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
            return TENSOR
        if isinstance(value, list):
            return [marked(entry) for entry in value]
        return value

    node = item["inbound_nodes"][0]
    kwargs = {key: marked(value) for key, value in node.get("kwargs", {}).items()}
    return from_node(str(item["class_name"]), item["config"], marked(list(node["args"])), kwargs)


def only_masks(item: Mapping[str, Any]) -> bool:
    """Whether it may be dropped where masks alone need it: it has no weights, and counts no MACs."""
    return is_operation(item) and item["class_name"] in MASKING
