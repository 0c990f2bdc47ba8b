"""cnncalc: what a convolutional network costs, before anything is run.

>>> import cnncalc
>>> from cnncalc.layers import Conv2D
>>> model = cnncalc.Sequential([Conv2D(filters=8, kernel_size=3)], input=(32, 32, 3))
>>> estimate = cnncalc.estimate(model)
>>> estimate.parameters, estimate.macs
(224, 194400)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc import layers as layers
    from cnncalc.advice.fitting import Fit as Fit
    from cnncalc.advice.fitting import fit as fit
    from cnncalc.checkpoints import checkpoint as checkpoint
    from cnncalc.comparing.comparison import compare as compare
    from cnncalc.distributing.strategies import distribute as distribute
    from cnncalc.errors import CnncalcError as CnncalcError
    from cnncalc.estimation import Estimate as Estimate
    from cnncalc.estimation import estimate as estimate
    from cnncalc.input_pipeline import data_memory as data_memory
    from cnncalc.interop.checking import check as check
    from cnncalc.interop.keras_build import to_keras as to_keras
    from cnncalc.interop.loading import from_keras as from_keras
    from cnncalc.interop.loading import load as load
    from cnncalc.layers import register as register
    from cnncalc.measuring.measurement import measure as measure
    from cnncalc.model import Call as Call
    from cnncalc.model import Input as Input
    from cnncalc.model import Model as Model
    from cnncalc.model import Nested as Nested
    from cnncalc.model import Sequential as Sequential
    from cnncalc.settings import Settings as Settings
    from cnncalc.timing import time_bound as time_bound

__version__ = "0.1.0"

_HOMES = {
    "Fit": "advice.fitting",
    "fit": "advice.fitting",
    "CnncalcError": "errors",
    "Estimate": "estimation",
    "estimate": "estimation",
    "checkpoint": "checkpoints",
    "compare": "comparing.comparison",
    "distribute": "distributing.strategies",
    "data_memory": "input_pipeline",
    "check": "interop.checking",
    "to_keras": "interop.keras_build",
    "from_keras": "interop.loading",
    "load": "interop.loading",
    "register": "layers",
    "measure": "measuring.measurement",
    "Call": "model",
    "Input": "model",
    "Model": "model",
    "Nested": "model",
    "Sequential": "model",
    "Settings": "settings",
    "time_bound": "timing",
}
"""Each public name, and the module it is loaded from when it is first used."""

__all__ = ["__version__", "layers", *sorted(_HOMES)]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    if name == "layers":
        return import_module("cnncalc.layers")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"cnncalc.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
