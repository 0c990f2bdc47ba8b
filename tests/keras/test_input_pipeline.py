"""What ``tf.data`` holds, read from TensorFlow's own allocations."""

from __future__ import annotations

import os
from time import sleep

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
import tensorflow as tf

import cnncalc
from cnncalc.measuring.tracing import traced

SIDE = 512
"""Pixels, so that one sample is more than the 256 KiB from which TensorFlow traces allocations."""


def held(batch_size: int, prefetch: int, shuffle: int) -> int:
    """The most that a pipeline holds while batches are taken from it, slowly enough for it to fill up."""
    numbers = tf.data.Dataset.range(10**6)
    samples = numbers.map(lambda number: tf.fill((SIDE, SIDE, 3), tf.cast(number % 256, tf.uint8)))
    shuffled = samples.shuffle(shuffle) if shuffle else samples
    batches = shuffled.map(lambda sample: tf.cast(sample, tf.float32)).batch(batch_size)
    iterator = iter(batches.prefetch(prefetch) if prefetch else batches)

    def take() -> None:
        for _ in range(5):
            batch = next(iterator)
            sleep(0.3)
        del batch

    return traced(take).peak_bytes


@pytest.mark.parametrize(("prefetch", "shuffle"), [(0, 0), (1, 0), (2, 0), (2, 10)])
def test_a_pipeline_holds_what_is_estimated(prefetch: int, shuffle: int) -> None:
    """Within one batch, that is being handed over or not finished, and two samples on their way."""
    dataset = f"1000000x{SIDE}x{SIDE}x3:uint8"
    found = cnncalc.data_memory(dataset, batch_size=4, prefetch=prefetch, shuffle=shuffle)
    peak = held(4, prefetch, shuffle)
    assert abs(peak - found.pipeline_bytes) <= found.batch_bytes + 2 * found.cast_bytes
    assert peak >= (prefetch + 2) * found.batch_bytes + (shuffle - 1) * found.sample_bytes
