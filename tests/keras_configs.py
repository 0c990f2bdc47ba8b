"""Configs as Keras writes them, made by hand: no framework is imported."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any


def tensor(layer: str, call: float = 0, output: float = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, call, output]}}


def layer(kind: str, name: str, *calls: list[Any], **settings: Any) -> dict[str, Any]:
    nodes = [{"args": call, "kwargs": {"mask": None}} for call in calls]
    config = {
        "name": name,
        "trainable": True,
        "dtype": {"class_name": "DTypePolicy", "config": {"name": "float32"}},
    }
    return {"class_name": kind, "name": name, "config": config | settings, "inbound_nodes": nodes}


def functional(*layers: dict[str, Any], shape: tuple[int | None, ...] = (8, 8, 3)) -> dict[str, Any]:
    image = {
        "class_name": "InputLayer",
        "name": "image",
        "config": {"name": "image", "batch_shape": [None, *shape]},
    }
    config = {"name": "net", "layers": [image, *layers], "input_layers": ["image", 0, 0]}
    return {"class_name": "Functional", "config": config | {"output_layers": [layers[-1]["name"], 0, 0]}}


CONVOLUTION = {
    "filters": 4,
    "kernel_size": [3, 3],
    "activation": "linear",
    "kernel_initializer": {"class_name": "Zeros"},
}
NET = functional(
    layer("Conv2D", "conv", [tensor("image")], **CONVOLUTION),
    layer("ReLU", "act", [tensor("conv")], negative_slope=0.0),
    layer("Add", "sum", [[tensor("conv"), tensor("act")]]),
)


def archive(path: Path, config: str, **others: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", config)
        for name, text in others.items():
            file.writestr(name, text)
    return path
