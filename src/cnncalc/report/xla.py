"""XLA's plan beside the estimate for the CPU: as a table, and as plain data."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.errors import NoRuleError
from cnncalc.footprints import Footprint
from cnncalc.measuring.xla.asking import XlaMeasurement
from cnncalc.measuring.xla.job import NOT_INCLUDED, XlaBuffer
from cnncalc.report.table import Grid, fitted, wrapped
from cnncalc.units import bytes_text

MOST = 12
"""How many buffers the table shows; JSON has all."""


def to_table(found: XlaMeasurement, width: int | None = None) -> str:
    """The plan in bytes, the largest buffers at its peak, and what is not in it."""
    what = f"{found.mode}, batch {found.batch_size}"
    optimizer = f", {found.estimate.settings.optimizer.name}" if found.mode == "training" else ""
    dtype = found.estimate.settings.dtype
    head = f"{found.estimate.name}   {what}{optimizer}   {dtype}   {found.device.name}"
    grids = [fitted(_figures(found), width), fitted(_buffers(found.plan.buffers), width)]
    words = _words(found) if width is None else wrapped(_words(found), width)
    return "\n\n".join([head, *grids, words]) + "\n"


def estimated(found: XlaMeasurement) -> Footprint | None:
    """What the CPU's runtime is estimated to take; None without a rule."""
    try:
        answer = found.estimate.memory["tensorflow"]
    except NoRuleError:
        return None
    return answer.training if found.mode == "training" else answer.inference


def _figures(found: XlaMeasurement) -> Grid:
    plan, guess = found.plan, estimated(found)
    rows = [
        ("variables", plan.variables_bytes, guess and guess.variables_bytes),
        ("images and targets", plan.io_bytes, guess and guess.io_bytes),
        ("temporaries", plan.temporary_bytes, guess and guess.step_bytes),
        ("outputs", plan.output_bytes, None),
        ("  of these in arguments' memory", plan.alias_bytes, None),
        ("in all", plan.total_bytes, guess and guess.total_bytes),
    ]
    cells = tuple((name, f"{size:,}", "-" if other is None else f"{other:,}") for name, size, other in rows)
    return Grid(("bytes", "XLA plans", "CPU, estimated"), cells, frozenset({0}))


def _buffers(buffers: tuple[XlaBuffer, ...]) -> Grid:
    cells = tuple((item.operation, item.kind, f"{item.bytes:,}", item.shape) for item in buffers[:MOST])
    return Grid(("largest at the peak", "", "bytes", "shape"), cells, frozenset({0, 1, 3}), optional=(3,))


def _words(found: XlaMeasurement) -> str:
    plan = found.plan
    alive = sum(item.bytes for item in plan.buffers if item.kind == "temporary")
    whole, share = bytes_text(found.device.memory_bytes), plan.total_bytes / found.device.memory_bytes
    jax, keras = found.versions["jax"], found.versions["keras"]
    return (
        f"XLA plans {bytes_text(plan.total_bytes)}, {100 * share:.1f} % of the {whole} that the device has. "
        f"At the peak {bytes_text(alive)} of temporaries are alive, in a block of "
        f"{bytes_text(plan.temporary_bytes)}.\n"
        f"Keras {keras} on JAX {jax}, compiled for {found.device.name} without a GPU. "
        f"Not in the plan: {', '.join(NOT_INCLUDED)}."
    )


def to_json(found: XlaMeasurement) -> str:
    """The whole plan as JSON text."""
    guess, plan, settings = estimated(found), found.plan, found.estimate.settings
    training = found.mode == "training"
    layers: dict[str, int] = {}
    for item in plan.buffers:
        if item.layer and item.kind == "temporary":
            layers[item.layer] = layers.get(item.layer, 0) + item.bytes
    data: dict[str, Any] = {
        "model": found.estimate.name,
        "compiler": "xla",
        "gpu": found.device.id,
        "mode": found.mode,
        "batch_size": found.batch_size,
        "dtype": settings.dtype,
        "optimizer": settings.optimizer.name if training else None,
        "loss": settings.loss.name if training and settings.loss else None,
        "argument_bytes": plan.argument_bytes,
        "output_bytes": plan.output_bytes,
        "alias_bytes": plan.alias_bytes,
        "temporary_bytes": plan.temporary_bytes,
        "total_bytes": plan.total_bytes,
        "variables_bytes": plan.variables_bytes,
        "io_bytes": plan.io_bytes,
        "estimated_step_bytes": guess.step_bytes if guess else None,
        "temporary_bytes_by_layer": layers,
        "buffers": [buffer._asdict() for buffer in plan.buffers],
        "not_included": list(NOT_INCLUDED),
        "versions": found.versions,
        "seconds": found.seconds,
    }
    return json.dumps(data, indent=2) + "\n"
