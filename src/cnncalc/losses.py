"""The losses of Keras 3.15 as tables: the names that Keras takes, and their options with the defaults.

Copied from the signatures of ``keras.losses``; tests hold them equal.
"""

from __future__ import annotations

from typing import Any

from cnncalc.tensors import POLICIES
from cnncalc.validation import Rule, alike, number, one_of, optional, text, where, whole

BASE: dict[str, Any] = {"reduction": "sum_over_batch_size", "dtype": None}
_CROSSENTROPY: dict[str, Any] = {**BASE, "from_logits": False, "label_smoothing": 0.0, "axis": -1}
_FOCAL: dict[str, Any] = {**_CROSSENTROPY, "alpha": 0.25, "gamma": 2.0}

LOSSES: dict[str, dict[str, Any]] = {
    "MeanSquaredError": {**BASE, "name": "mean_squared_error"},
    "MeanAbsoluteError": {**BASE, "name": "mean_absolute_error"},
    "MeanAbsolutePercentageError": {**BASE, "name": "mean_absolute_percentage_error"},
    "MeanSquaredLogarithmicError": {**BASE, "name": "mean_squared_logarithmic_error"},
    "CosineSimilarity": {**BASE, "name": "cosine_similarity", "axis": -1},
    "Huber": {**BASE, "name": "huber_loss", "delta": 1.0},
    "LogCosh": {**BASE, "name": "log_cosh"},
    "Hinge": {**BASE, "name": "hinge"},
    "SquaredHinge": {**BASE, "name": "squared_hinge"},
    "CategoricalHinge": {**BASE, "name": "categorical_hinge"},
    "KLDivergence": {**BASE, "name": "kl_divergence"},
    "Poisson": {**BASE, "name": "poisson"},
    "BinaryCrossentropy": {**_CROSSENTROPY, "name": "binary_crossentropy"},
    "BinaryFocalCrossentropy": {
        **_FOCAL,
        "name": "binary_focal_crossentropy",
        "apply_class_balancing": False,
    },
    "CategoricalCrossentropy": {**_CROSSENTROPY, "name": "categorical_crossentropy"},
    "CategoricalFocalCrossentropy": {**_FOCAL, "name": "categorical_focal_crossentropy"},
    "SparseCategoricalCrossentropy": {
        **BASE,
        "name": "sparse_categorical_crossentropy",
        "from_logits": False,
        "ignore_class": None,
        "axis": -1,
    },
    "CategoricalGeneralizedCrossEntropy": {**BASE, "name": "categorical_generalized_cross_entropy", "q": 0.5},
    "CTC": {**BASE, "name": "ctc"},
    "Dice": {**BASE, "name": "dice", "axis": None},
    "Tversky": {**BASE, "name": "tversky", "alpha": 0.5, "beta": 0.5, "axis": None},
    "Circle": {**BASE, "name": "circle", "gamma": 80.0, "margin": 0.4, "remove_diagonal": True},
}
"""Every loss, its options and their defaults."""

FUNCTIONS = {
    "mean_squared_error": "MeanSquaredError",
    "mse": "MeanSquaredError",
    "MSE": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mae": "MeanAbsoluteError",
    "MAE": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mape": "MeanAbsolutePercentageError",
    "MAPE": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "msle": "MeanSquaredLogarithmicError",
    "MSLE": "MeanSquaredLogarithmicError",
    "cosine_similarity": "CosineSimilarity",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "categorical_hinge": "CategoricalHinge",
    "kl_divergence": "KLDivergence",
    "kld": "KLDivergence",
    "KLD": "KLDivergence",
    "poisson": "Poisson",
    "binary_crossentropy": "BinaryCrossentropy",
    "bce": "BinaryCrossentropy",
    "BCE": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "ctc": "CTC",
    "dice": "Dice",
    "tversky": "Tversky",
    "circle": "Circle",
}
"""The functions that Keras takes by name, and the class that each corresponds to."""

SPELLINGS = FUNCTIONS | {name: name for name in LOSSES}
"""Keras takes the name of a loss in these spellings and in no other case."""


def rule_for(loss: str, option: str) -> Rule:
    """What the value of an option must be."""
    default = LOSSES[loss][option]
    if option == "axis" and default is None:
        return optional(_axes)
    return _RULES.get(option, alike(default))


def _axes(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [whole(axis) for axis in value]
    return whole(value)


REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)

_RULES: dict[str, Rule] = {
    "axis": _axes,
    "ignore_class": optional(whole),
    "reduction": one_of(*REDUCTIONS),
    "dtype": one_of(*POLICIES, None),
    "name": optional(text),
    "q": where(lambda value: 0 < value < 1, "must be more than 0 and less than 1", number),
}
