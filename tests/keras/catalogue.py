"""The cases of every layer kind, gathered from the families."""

from __future__ import annotations

from importlib import import_module

from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case

FAMILIES = (
    "convolution",
    "dense",
    "pooling",
    "normalization",
    "activation",
    "merging",
    "reshaping",
    "adaptive",
    "applications",
    "norms",
    "embedding",
    "wrappers",
    "recurrent",
    "attention",
    "images",
    "operations",
)

CASES: dict[str, SearchStrategy[Case]] = {}
STRICTER: tuple[str, ...] = ()
"""Phrases of refusals where cnncalc is stricter than Keras on purpose, each with its reason beside it."""
STRICTER_OF: dict[str, tuple[str, ...]] = {}
"""The same for one kind alone."""

for family in FAMILIES:
    module = import_module(f"tests.keras.cases.{family}")
    CASES.update(module.CASES)
    STRICTER += getattr(module, "STRICTER", ())
    STRICTER_OF.update(getattr(module, "STRICTER_OF", {}))
