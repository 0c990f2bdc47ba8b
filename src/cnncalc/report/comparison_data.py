"""A comparison as plain data: exact numbers, for JSON."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from cnncalc.comparing.comparison import Candidate, Change, Comparison, LastField, PrunedModel
from cnncalc.comparing.pruned import Storage
from cnncalc.estimation import LayerEstimate
from cnncalc.footprints import Footprint


def to_json(comparison: Comparison) -> str:
    """The whole comparison as JSON text."""
    return json.dumps(to_data(comparison), indent=2)


def to_data(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison as dictionaries, lists, numbers and texts."""
    return {
        "models": [_candidate(item) for item in comparison.candidates],
        "pruned": [_pruned(item) for item in comparison.pruned],
    }


def _candidate(item: Candidate) -> dict[str, Any]:
    settings = item.estimate.settings
    modes = {"inference": item.memory.inference, "training": item.memory.training}
    return {
        "model": item.estimate.name,
        "variant": item.variant or None,
        "origin": item.estimate.model.origin,
        "settings": settings.model_dump(mode="json"),
        "parameters": item.parameters,
        "trainable_parameters": item.estimate.trainable_parameters,
        "macs": item.macs,
        "depth": item.depth,
        "memory": {"textbook": {mode: _footprint(found) for mode, found in modes.items() if found}},
        "receptive_field": _field(item.receptive_field),
        "not_included": [{"what": what, "reason": reason} for what, reason in item.estimate.not_included],
        "replaced": [_change(change) for change in item.changes],
    }


def _footprint(footprint: Footprint) -> dict[str, int]:
    return {"total_bytes": footprint.total_bytes}


def _field(found: LastField | None) -> dict[str, Any] | None:
    return {"layer": found.layer, "size": list(found.field.size)} if found else None


def _change(change: Change) -> dict[str, Any]:
    return {"name": change.name, "before": _layer(change.before), "after": _layer(change.after)}


def _layer(layer: LayerEstimate) -> dict[str, Any]:
    return {"output_shape": layer.output_shape, "parameters": layer.parameters, "macs": layer.macs}


def _pruned(model: PrunedModel) -> dict[str, Any]:
    return {
        "model": model.name,
        "sparsity": float(model.weights.sparsity),
        "values": model.weights.values,
        "kept": model.weights.kept,
        "storages": [_storage(item) for item in model.weights.storages],
    }


def _storage(item: Storage) -> dict[str, Any]:
    return {
        "dtype": item.dtype,
        "dense_bytes": item.dense_bytes,
        "csr_bytes": item.csr_bytes,
        "bitmap_bytes": item.bitmap_bytes,
        "csr_break_even": _number(item.csr_break_even),
        "bitmap_break_even": _number(item.bitmap_break_even),
    }


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)
