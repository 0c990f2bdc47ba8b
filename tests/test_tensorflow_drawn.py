"""The band of a prediction: other orders in which the weights of parallel trunks may be read."""

from __future__ import annotations

import cnncalc
from cnncalc import layers as cl
from cnncalc.footprints import Footprint
from cnncalc.interop.model_file import model_from_text

TRUNKS = """
name: trunks
input: [64, 64, 8]
layers:
  - Conv2D: {filters: 32, kernel_size: 1}
    name: stem
  - Conv2D: {filters: 64, kernel_size: 1}
    name: wide
    inputs: stem
  - Conv2D: {filters: 16, kernel_size: 1}
    name: narrow
    inputs: wide
  - Conv2D: {filters: 48, kernel_size: 1}
    name: other
    inputs: stem
  - Conv2D: {filters: 4, kernel_size: 1}
    name: thin
    inputs: other
  - Concatenate:
    name: both
    inputs: [narrow, thin]
"""
CHANNEL = 8 * 64 * 64 * 4
"""Bytes of a channel of eight images."""


def predicted(model: cnncalc.Model) -> Footprint:
    return cnncalc.estimate(model, inference_batch_size=8).memory["tensorflow"].inference


def test_the_wide_trunk_before_the_other_or_behind_it() -> None:
    found = predicted(model_from_text(TRUNKS, "trunks.yaml", "trunks"))
    # the other trunk first: stem, thin and wide; weights of narrow and thin last: stem, wide and other
    assert found.step_low_bytes == (32 + 4 + 64) * CHANNEL
    assert found.step_high_bytes == (32 + 64 + 48) * CHANNEL
    assert found.step_low_bytes <= found.step_bytes <= found.step_high_bytes
    assert found == predicted(model_from_text(TRUNKS, "trunks.yaml", "trunks"))


def test_a_chain_has_one_order() -> None:
    chain = cnncalc.Sequential(
        [cl.Conv2D(filters=32, kernel_size=3), cl.Conv2D(filters=64, kernel_size=3)], input=(64, 64, 8)
    )
    found = predicted(chain)
    assert found.step_low_bytes == found.step_bytes == found.step_high_bytes
