"""A fit as plain data: exact numbers, for JSON."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.advice.combining import Combination
from cnncalc.advice.fitting import Fit
from cnncalc.advice.question import Remedy
from cnncalc.advice.sharing import code
from cnncalc.interop.writing import to_data as model_data


def to_json(fit: Fit) -> str:
    """The whole answer as JSON text."""
    return json.dumps(to_data(fit), indent=2) + "\n"


def to_data(fit: Fit) -> dict[str, Any]:
    """The whole answer as dictionaries, lists, numbers and texts; changed models as model files have them."""
    ratios = fit.budget.ratios
    return {
        "model": fit.model.name,
        "settings": fit.settings.model_dump(mode="json"),
        "mode": fit.mode,
        "rule": fit.rule,
        "batch_size": fit.batch_size,
        "budget_bytes": fit.budget_bytes,
        "ratios": ratios._asdict() if ratios else None,
        "budget_slack_bytes": fit.budget.slack,
        "device": fit.device.model_dump(mode="json") if fit.device else None,
        "reserve": fit.reserve._asdict() if fit.reserve else None,
        "sharing": fit.sharing._asdict(),
        "processes": [item._asdict() for item in fit.processes],
        "code": code(fit.device, fit.sharing) if fit.device else (),
        "fits": fit.fits,
        "verdict": fit.verdict,
        "needed_bytes": fit.needed_bytes,
        "low_bytes": fit.low_bytes,
        "high_bytes": fit.high_bytes,
        "need": {**fit.need._asdict(), "terms": dict(fit.need.terms)},
        "largest_batch_size": fit.largest_batch_size,
        "remedies": [_remedy(item) for item in fit.remedies],
        "combination": _combination(fit.combination) if fit.combination else None,
        "unanswered": [item._asdict() for item in fit.unanswered],
    }


def _remedy(item: Remedy) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "description": item.description,
        "note": item.note,
        "needed_bytes": item.needed_bytes,
        "saved_bytes": item.saved_bytes,
        "fits": item.fits,
        "verdict": item.verdict,
        "devices": item.devices,
        "macs": item.macs,
        "parameters": item.parameters,
        "output_shapes": item.output_shapes,
        "recomputed_macs": item.recomputed_macs,
        "settings": item.settings.model_dump(mode="json"),
        "model": model_data(item.model),
    }


def _combination(item: Combination) -> dict[str, Any]:
    return {
        "kinds": item.kinds,
        "description": item.description,
        "needed_bytes": item.needed_bytes,
        "saved_bytes": item.saved_bytes,
        "fits": item.fits,
        "verdict": item.verdict,
        "settings": item.settings.model_dump(mode="json"),
        "model": model_data(item.model),
    }
