"""Every layer kind against the Keras layer that it stands for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc.layers import CATALOGUE
from tests.keras.against_keras import keras_answer, our_answer
from tests.keras.catalogue import CASES, STRICTER, STRICTER_OF

EXAMPLES = 30
"""Of each kind: about 5,000 in all."""


def test_every_kind_of_the_catalogue_has_cases() -> None:
    assert set(CASES) == set(CATALOGUE)


@pytest.mark.parametrize("kind", CASES)
def test_layer_is_what_keras_builds(kind: str) -> None:
    refusals = []
    stricter = (*STRICTER, *STRICTER_OF.get(kind, ()))

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(CASES[kind], st.none())
    def compare(case: tuple[dict[str, object], tuple[tuple[int, ...], ...]], _: None) -> None:
        given_settings, shapes = case
        keras = keras_answer(kind, given_settings, shapes)
        ours = our_answer(kind, given_settings, shapes)
        refusals.append(isinstance(keras, str))
        if isinstance(keras, str):
            assert isinstance(ours, str), f"Keras refuses ({keras}), cnncalc answers {ours}"
        elif not (isinstance(ours, str) and any(reason in ours for reason in stricter)):
            assert ours == keras

    compare()
    assert not all(refusals), "the strategy draws nothing that Keras accepts"
