"""Writes docs/applications.md: every model of keras.applications, built by Keras and read by cnncalc.

Needs TensorFlow; takes minutes. Run it after a change of Keras's version or of a rule.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import cnncalc

PAGE = Path(__file__).parent / "applications.md"
DATA = Path(__file__).parent / "applications.json"

HEAD = """\
# Keras Applications

Every model of `keras.applications`, as Keras {version} builds it with its default settings (MobileNetV3 at
224 x 224), read by `cnncalc.from_keras`. The tests compare each with the model that Keras builds: total,
trainable and non-trainable parameters, every layer's output shape and every weight's shape are equal.

MACs are by the [convention](conventions.md), for one image. `docs/generate_applications.py` writes this page.

| model | input | layers | parameters | trainable | MACs |
|---|---|---:|---:|---:|---:|
"""


def rows(keras: Any) -> Iterator[dict[str, Any]]:
    """One row per model; those that are there already are kept, so that a run can be resumed."""
    known = {row["name"]: row for row in json.loads(DATA.read_text())} if DATA.exists() else {}
    names = sorted(name for name in vars(keras.applications) if name[0].isupper())
    for name in names:
        yield known.get(name) or row(keras, name)


def row(keras: Any, name: str) -> dict[str, Any]:
    sizes = {"input_shape": (224, 224, 3)} if name.startswith("MobileNetV3") else {}
    built = getattr(keras.applications, name)(weights=None, **sizes)
    estimate = cnncalc.estimate(cnncalc.from_keras(built))
    if estimate.parameters != built.count_params():
        raise SystemExit(
            f"{name}: Keras has {built.count_params():,} parameters, not {estimate.parameters:,}"
        )
    keras.backend.clear_session()
    return {
        "name": name,
        "keras": keras.__version__,
        "input": list(estimate.model.inputs[0].shape),
        "layers": len(estimate.layers),
        "parameters": estimate.parameters,
        "trainable": estimate.trainable_parameters,
        "macs": estimate.macs,
    }


def line(row: dict[str, Any]) -> str:
    size = " x ".join(map(str, row["input"]))
    numbers = " | ".join(f"{row[key]:,}" for key in ("layers", "parameters", "trainable", "macs"))
    return f"| {row['name']} | {size} | {numbers} |"


def main() -> None:
    import tensorflow as tf

    found: list[dict[str, Any]] = []
    for one in rows(tf.keras):
        found.append(one)
        DATA.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = HEAD.format(version=tf.keras.__version__) + "\n".join(map(line, found)) + "\n"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
