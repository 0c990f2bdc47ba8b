"""The remedy ``order``: the branches of a prediction in another order."""

from __future__ import annotations

import itertools

import pytest

import cnncalc
from cnncalc import layers as cl
from cnncalc.advice.fitting import Fit
from cnncalc.interop.model_file import model_from_text

TOWERS = """
name: towers
input: [16, 16, 4]
layers:
  - Conv2D: {filters: 16, kernel_size: 1}
    name: small
    inputs: input
  - Conv2D: {filters: 64, kernel_size: 1}
    name: wide
    inputs: input
  - Conv2D: {filters: 2, kernel_size: 1}
    name: narrow
    inputs: wide
  - Conv2D: {filters: 8, kernel_size: 1}
    name: last
    inputs: small
  - Conv2D: {filters: 2, kernel_size: 1}
    name: less
    inputs: last
  - Concatenate:
    name: both
    inputs: [narrow, less]
"""


@pytest.fixture(scope="module")
def towers() -> cnncalc.Model:
    return model_from_text(TOWERS, "towers.yaml", "towers")


def asked(model: cnncalc.Model, rule: str = "ideal") -> Fit:
    return cnncalc.fit(model, budget_bytes=1000, mode="inference", rule=rule)


def test_the_wide_branch_goes_first(towers: cnncalc.Model) -> None:
    found = asked(towers)
    (remedy,) = [remedy for remedy in found.remedies if remedy.kind == "order"]
    # channels of 256 values of 4 bytes: input, small and wide; then input, wide and narrow
    assert remedy.saved_bytes == 256 * 4 * ((4 + 16 + 64) - (4 + 64 + 2))
    assert "control dependenc" in remedy.note
    again = cnncalc.estimate(remedy.model).memory["ideal"].inference
    assert remedy.needed_bytes == again.variables_bytes + again.io_bytes + again.step_high_bytes
    assert remedy.macs == cnncalc.estimate(towers).macs
    assert {layer.name for layer in remedy.model.layers} == {layer.name for layer in towers.layers}


def test_no_order_of_the_layers_needs_less(towers: cnncalc.Model) -> None:
    (remedy,) = [remedy for remedy in asked(towers).remedies if remedy.kind == "order"]
    needs = [
        asked(cnncalc.Model(inputs=towers.inputs, layers=order)).needed_bytes
        for order in itertools.permutations(towers.layers[:-1])
        for order in [(*order, towers.layers[-1])]
    ]
    assert min(needs) == remedy.needed_bytes


def test_another_rule_says_that_it_follows_no_order(towers: cnncalc.Model) -> None:
    found = asked(towers, "textbook")
    assert "order" not in {remedy.kind for remedy in found.remedies}
    assert [item.reason for item in found.unanswered if item.kind == "order"] == [
        "the rule textbook follows no order that is asked for; ideal does"
    ]


def test_a_chain_has_one_order() -> None:
    chain = cnncalc.Sequential([cl.Dense(units=3), cl.Dense(units=2)], input=(4,))
    found = asked(chain, "tensorflow")
    assert "order" not in {*(item.kind for item in found.remedies), *(item.kind for item in found.unanswered)}
