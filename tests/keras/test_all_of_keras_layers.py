"""Catalogue, aliases and refusals together are all of ``keras.layers``."""

from __future__ import annotations

import keras

from cnncalc.layers import CATALOGUE
from cnncalc.layers.refused import ALIASES, REFUSED

NAMES = {name for name in dir(keras.layers) if not name.startswith("_")}
OWN = {"LocalResponseNormalization", "LayerScale", "StochasticDepth", "CustomScaleLayer"}
"""Kinds of the catalogue that are not in ``keras.layers``; operations, which are written ``ops.``, beside."""


def test_every_name_has_a_rule_or_a_reason() -> None:
    kinds = {kind for kind in CATALOGUE if not kind.startswith("ops.")} - OWN
    known = {name for name, kind in ALIASES.items() if name != getattr(keras.layers, kind).__name__}
    assert kinds | known | set(REFUSED) == NAMES


def test_no_name_has_both() -> None:
    assert not set(CATALOGUE) & set(REFUSED)
    assert not set(CATALOGUE) & set(ALIASES)
    assert not set(ALIASES) & set(REFUSED)


def test_an_alias_is_the_class_of_its_kind() -> None:
    for name, kind in ALIASES.items():
        cls = getattr(keras.layers, kind)
        assert getattr(keras.layers, name, cls) is cls
        assert kind in CATALOGUE
