"""The optimizers of Keras 3.15 as tables: their options with the defaults, and what Keras checks.

Copied from the signatures of ``keras.optimizers``; tests hold them equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.validation import Rule, alike, decimal, optional, shown, text, where, whole

NAMING: dict[str, Any] = {"loss_scale_factor": None, "name": None}
BASE: dict[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None,
    **NAMING,
}
"""The options that nearly every optimizer has."""

_MOMENTS: dict[str, Any] = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, **BASE}

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {**BASE, "learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "RMSprop": {
        **BASE,
        "learning_rate": 0.001,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
    },
    "Adam": {**_MOMENTS, "amsgrad": False},
    "AdamW": {**_MOMENTS, "amsgrad": False, "weight_decay": 0.004},
    "Adadelta": {**BASE, "learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "Adagrad": {**BASE, "learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "Adamax": _MOMENTS,
    "Adafactor": {
        **BASE,
        "learning_rate": 0.001,
        "beta_2_decay": -0.8,
        "epsilon_1": 1e-30,
        "epsilon_2": 1e-3,
        "clip_threshold": 1.0,
        "relative_step": True,
    },
    "Nadam": _MOMENTS,
    "Ftrl": {
        **BASE,
        "learning_rate": 0.001,
        "learning_rate_power": -0.5,
        "initial_accumulator_value": 0.1,
        "l1_regularization_strength": 0.0,
        "l2_regularization_strength": 0.0,
        "l2_shrinkage_regularization_strength": 0.0,
        "beta": 0.0,
    },
    "Lion": {**BASE, "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99},
    "Lamb": _MOMENTS,
    "Muon": {
        **BASE,
        "learning_rate": 0.001,
        "adam_beta_1": 0.9,
        "adam_beta_2": 0.999,
        "adam_weight_decay": 0.004,
        "epsilon": 1e-7,
        "weight_decay": 0.004,
        "exclude_layers": None,
        "exclude_embeddings": True,
        "muon_a": 3.4445,
        "muon_b": -4.7750,
        "muon_c": 2.0315,
        "adam_lr_ratio": 1,
        "momentum": 0.95,
        "ns_steps": 5,
        "nesterov": True,
        "rms_rate": 0.2,
    },
    "ScheduleFreeAdamW": {**_MOMENTS, "learning_rate": 0.0025, "epsilon": 1e-8, "warmup_steps": 0},
    "LossScaleOptimizer": {
        "inner_optimizer": ...,
        "initial_scale": 2.0**15,
        "dynamic_growth_steps": 2000,
        "name": None,
    },
    "MultiOptimizer": {"optimizer_map": ..., **NAMING},
}
"""Every optimizer, its options and their defaults; ``...`` where an option must be given."""

SPELLINGS = {name.lower(): name for name in OPTIMIZERS}
"""Keras takes the name of an optimizer in any case."""

FIXED: dict[str, dict[str, Any]] = {
    "LossScaleOptimizer": {option: BASE[option] for option in BASE if option != "name"} | {"dynamic": True}
}
"""Options of configs that older versions of Keras saved: each may hold one value only and changes nothing."""


def rule_for(optimizer: str, option: str) -> Rule:
    """What the value of an option must be."""
    by_default = alike(OPTIMIZERS[optimizer][option])
    return _OWN_RULES.get((optimizer, option)) or _RULES.get(option, by_default)


def clashes(settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with options that are right one by one."""
    clips = [option for option in _CLIPS if settings.get(option) is not None]
    if len(clips) > 1:
        yield f"only one of {' and '.join(clips)} can be set"
    if settings.get("use_ema"):
        yield from _moving_average(settings["ema_momentum"], settings["ema_overwrite_frequency"])


_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def _moving_average(momentum: float, frequency: float | None) -> Iterator[str]:
    if not 0 <= momentum <= 1:
        yield f"ema_momentum must be between 0 and 1 with use_ema, found {shown(momentum)}"
    # Keras takes a frequency of 0 for none.
    if frequency and (frequency < 1 or not isinstance(frequency, int)):
        yield f"ema_overwrite_frequency must be a whole number from 1 with use_ema, found {shown(frequency)}"


def _learning_rate(value: object) -> object:
    if isinstance(value, Mapping):
        return _schedule(value)
    return decimal(value)


def _schedule(value: Mapping[Any, Any]) -> object:
    if not isinstance(value.get("class_name", value.get("name")), str):
        raise ValueError("must be a number, or a schedule with its class_name")
    return value


def _layer_names(value: object) -> object:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts")
    return value


_not_negative = where(lambda value: value >= 0, "must be at least 0")

_RULES: dict[str, Rule] = {
    "learning_rate": _learning_rate,
    # Keras takes 0 steps for no accumulation.
    "gradient_accumulation_steps": optional(
        where(lambda steps: steps == 0 or steps >= 2, "must be at least 2", whole)
    ),
    "exclude_layers": optional(_layer_names),
    "name": optional(where(lambda name: "/" not in name, 'must not contain "/"', text)),
}

_OWN_RULES: dict[tuple[str, str], Rule] = {
    ("SGD", "momentum"): where(lambda value: 0 <= value <= 1, "must be between 0 and 1", decimal),
    ("Lion", "beta_1"): where(lambda value: 0 < value <= 1, "must be more than 0 and at most 1"),
    ("Ftrl", "learning_rate_power"): where(lambda value: value <= 0, "must be at most 0"),
    ("Ftrl", "initial_accumulator_value"): _not_negative,
    ("Ftrl", "l1_regularization_strength"): _not_negative,
    ("Ftrl", "l2_regularization_strength"): _not_negative,
    ("Ftrl", "l2_shrinkage_regularization_strength"): _not_negative,
}
