"""What ``tf.data`` holds, read from TensorFlow's own allocations."""

from __future__ import annotations

import os
from time import monotonic, sleep

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
import tensorflow as tf

import cnncalc
from cnncalc.input_pipeline import DataMemory
from cnncalc.measuring.tracing import traced

SIDE = 512
"""Pixels, so that one sample is more than the 256 KiB from which TensorFlow traces allocations."""

TAKEN = 4

PATIENCE = 120
"""Seconds in which a pipeline must fill up, however busy the machine: no figure depends on it."""


def steady() -> tf.data.Options:
    """Nothing chosen by what is timed: no more prefetched or cast at a time, no more batches finished."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.map_and_batch_fusion = False
    return options


def wait(made: tf.Variable, full: int) -> None:
    end = monotonic() + PATIENCE
    while int(made) < full:
        assert monotonic() < end, "the pipeline has not filled up"
        sleep(0.01)


def held(asked: DataMemory) -> int:
    """The most that a pipeline holds while batches are taken from it.

    A batch is let go only when the next one is there and the pipeline has filled up again, so that the peak
    does not depend on which thread is faster.
    """
    made = tf.Variable(0, dtype=tf.int64)

    def counted(batch: tf.Tensor) -> tf.Tensor:
        made.assign_add(1)
        return batch

    numbers = tf.data.Dataset.range(10**6)
    samples = numbers.map(lambda number: tf.fill((SIDE, SIDE, 3), tf.cast(number % 256, tf.uint8)))
    shuffled = samples.shuffle(asked.shuffle) if asked.shuffle else samples
    batches = shuffled.map(lambda sample: tf.cast(sample, tf.float32)).batch(asked.batch_size).map(counted)
    fetched = batches.prefetch(asked.prefetch) if asked.prefetch else batches
    iterator = iter(fetched.with_options(steady()))

    def take() -> None:
        batch = None
        for taken in range(1, TAKEN + 1):
            last, batch = batch, next(iterator)
            wait(made, taken + asked.prefetch)
            del last

    return traced(take).peak_bytes


@pytest.mark.parametrize(("prefetch", "shuffle"), [(0, 0), (1, 0), (2, 0), (2, 10)])
def test_a_pipeline_holds_what_is_estimated(prefetch: int, shuffle: int) -> None:
    """And no more; less a sample before and after its cast, and one that has just left the shuffle buffer."""
    dataset = f"1000000x{SIDE}x{SIDE}x3:uint8"
    found = cnncalc.data_memory(dataset, batch_size=4, prefetch=prefetch, shuffle=shuffle)
    peak = held(found)
    assert found.pipeline_bytes - found.cast_bytes - found.sample_bytes <= peak <= found.pipeline_bytes
