"""Operations on tensors in a Keras config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.base import Layer


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
