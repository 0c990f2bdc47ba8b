"""An estimate as plain data: exact numbers, for JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from cnncalc.analysis.receptive_field import ReceptiveField
from cnncalc.estimation import Estimate, LayerEstimate
from cnncalc.footprints import Footprint, MemoryEstimate
from cnncalc.report.ordering import order_data
from cnncalc.settings import Settings
from cnncalc.units import shape_text


def to_json(estimate: Estimate, **beside: Any) -> str:
    """The whole estimate as JSON text, with what else was asked beside it."""
    return json.dumps(to_data(estimate) | beside, indent=2)


def to_data(estimate: Estimate) -> dict[str, Any]:
    """The whole estimate as dictionaries, lists, numbers and texts."""
    return {
        "model": estimate.name,
        "origin": estimate.model.origin,
        "source": estimate.model.source,
        "settings": _settings(estimate.settings),
        "layers": [_layer(layer) for layer in estimate.layers],
        "parameters": estimate.parameters,
        "trainable_parameters": estimate.trainable_parameters,
        "non_trainable_parameters": estimate.non_trainable_parameters,
        "macs": estimate.macs,
        "memory": {rule: _memory(answer) for rule, answer in estimate.answers.items()},
        "order": order_data(estimate),
        "not_included": [{"what": item.what, "reason": item.reason} for item in estimate.not_included],
    }


def _settings(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _layer(layer: LayerEstimate) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "output_shape": layer.output_shape,
        "parameters": layer.parameters,
        "trainable_parameters": layer.trainable_parameters,
        "macs": layer.macs,
        "output_bytes": layer.output_bytes,
        "receptive_field": _field(layer.receptive_field),
        "calls": layer.calls,
        "parts": [_layer(part) for part in layer.parts],
    }


def _field(field: ReceptiveField | None) -> dict[str, list[int | float]] | None:
    if field is None:
        return None
    return {
        "size": list(field.size),
        "stride": [_number(item) for item in field.stride],
        "offset": [_number(item) for item in field.offset],
    }


def _number(item: Any) -> int | float:
    return item if isinstance(item, int) else float(item)


def _memory(answer: MemoryEstimate) -> dict[str, Any]:
    modes = {"inference": answer.inference, "training": answer.training}
    return {mode: _footprint(footprint) for mode, footprint in modes.items() if footprint}


def _footprint(footprint: Footprint) -> dict[str, Any]:
    peak = footprint.peak
    return {
        "total_bytes": footprint.total_bytes,
        "variables_bytes": footprint.variables_bytes,
        "io_bytes": footprint.io_bytes,
        "step_bytes": footprint.step_bytes,
        "step_low_bytes": footprint.step_low_bytes,
        "step_high_bytes": footprint.step_high_bytes,
        "terms": footprint.terms,
        "peak": {
            "step": peak.step,
            "buffers": [{"name": item.name, "role": item.role, "bytes": item.bytes} for item in peak.buffers],
        },
    }


COLUMNS = ("name", "kind", "output_shape", "parameters", "trainable_parameters", "macs", "output_bytes")


def to_csv(estimate: Estimate) -> str:
    """One line per layer, and a last one with the totals."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for layer in estimate.layers:
        data = _layer(layer) | {"output_shape": ", ".join(map(shape_text, layer.output_shapes))}
        writer.writerow([data[column] for column in COLUMNS])
    total = (estimate.parameters, estimate.trainable_parameters, estimate.macs, estimate.output_bytes)
    writer.writerow(["total", "", "", *total])
    return stream.getvalue()
