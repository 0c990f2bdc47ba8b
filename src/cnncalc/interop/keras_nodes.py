"""The graph in a functional config: its layers, the tensors they read, and what names these have here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import index
from typing import Any

from cnncalc.tensors import Shape

MODELS = ("Functional", "Model", "Sequential")

ARGUMENTS = {"query": 1, "value": 2, "key": 3}
"""Arguments that a call may name in another order than they have."""


class Names:
    """The layers of a functional config, and the names that their outputs have here."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.items = {item["name"]: item for item in config["layers"]}

    def inputs(self) -> Iterator[Mapping[str, Any]]:
        return (item for item in self.items.values() if item["class_name"] == "InputLayer")

    def others(self) -> Iterator[Mapping[str, Any]]:
        return (item for item in self.items.values() if item["class_name"] != "InputLayer")

    def behind(self, outputs: list[tuple[str, int, int]], masks: bool = False) -> set[str]:
        """The layers that the outputs are computed from; what only makes masks is left out, or not."""
        found: set[str] = set()
        waiting = [name for name, _, _ in outputs]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                nodes = self.items[name].get("inbound_nodes", ())
                waiting += [read for read, _, _ in tensors(nodes, masks)]
        return found

    def call(self, name: str, number: int) -> str:
        """The name of a layer's second or later call."""
        found = f"{name}_call{number + 1}"
        while found in self.items:
            found += "_"
        return found

    def output(self, triple: tuple[str, int, int]) -> str:
        """What the model gives. Here, and not in what layers read, Keras counts the calls of a
        functional model from 1, because such a model is born with a call of its own.
        """
        name, call, output = triple
        functional = self.items[name]["class_name"] in ("Functional", "Model")
        return self.reference((name, call - functional, output))

    def reference(self, triple: tuple[str, int, int]) -> str:
        """What is read: layer, number of its call, number of its output."""
        name, call, output = triple
        item = self.items[name]
        base = self.call(name, call) if call else name
        outputs = _output_names(item) if item["class_name"] in MODELS else []
        return f"{base}.{outputs[output]}" if len(outputs) > 1 else base


def _output_names(item: Mapping[str, Any]) -> list[str]:
    """The outputs of a nested model by name: of a functional one the layers that give them."""
    config = item["config"]
    if "output_layers" not in config:
        return []
    names = Names(config)
    return [names.output(triple) for triple in triples(config["output_layers"])]


def shapes(node: Any) -> Iterator[tuple[str, Shape]]:
    """The shapes of the layers' outputs that stand beside the tensors of a config."""
    if isinstance(node, Mapping) and node.get("class_name") == "__keras_tensor__":
        shape = tuple(node["config"].get("shape", ())[1:])
        if shape and None not in shape:
            yield str(node["config"]["keras_history"][0]), shape
        return
    for item in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from shapes(item)


def triples(found: Any) -> list[tuple[str, int, int]]:
    """Keras writes a single layer without its list."""
    listed = [found] if found and isinstance(found[0], str) else found
    return [(str(name), index(node), index(tensor)) for name, node, tensor in listed]


def tensors(node: Any, masks: bool = False) -> Iterator[tuple[str, int, int]]:
    """The tensors among the arguments of a call, in their order; a mask is none of them, unless asked for."""
    if isinstance(node, Mapping):
        if node.get("class_name") == "__keras_tensor__":
            name, call, output = node["config"]["keras_history"]
            yield str(name), index(call), index(output)
            return
        named = sorted(node.items(), key=lambda item: ARGUMENTS.get(item[0], 0))
        node = [value for key, value in named if masks or not _is_mask(key)]
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from tensors(item, masks)


def _is_mask(argument: str) -> bool:
    return argument == "mask" or argument.endswith("_mask")
