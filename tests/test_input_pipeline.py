"""The memory of a data set, against sums written out by hand."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.errors import CnncalcError

SAMPLE = 224 * 224 * 3


def test_the_whole_set_and_its_pieces() -> None:
    found = cnncalc.data_memory("50000x224x224x3:uint8", batch_size=32, prefetch=2, shuffle=1000)
    assert found.dataset_bytes == 50_000 * SAMPLE == 7_526_400_000
    assert found.cast_dataset_bytes == 4 * 7_526_400_000
    assert found.shuffle_bytes == 1000 * SAMPLE
    batch = 32 * 4 * SAMPLE
    # 1,000 samples, one before and after its cast, 2 batches prefetched, 2 in the making, 1 in use
    assert found.pipeline_bytes == 1000 * SAMPLE + 5 * SAMPLE + 5 * batch
    assert found.in_memory_bytes == found.dataset_bytes + found.pipeline_bytes


def test_a_type_may_be_left_out_and_a_buffer_is_no_larger_than_the_set() -> None:
    found = cnncalc.data_memory("10x4", shuffle=1000, dtype="float16")
    assert (found.data_type, found.shuffle_bytes, found.cast_sample_bytes) == ("uint8", 10 * 4, 2 * 4)


@pytest.mark.parametrize("text", ["", "50000", "0x4", "10x-4", "10xax4", "10x4:unit8", "10x4:uint8:2"])
def test_what_is_no_data_set_is_refused(text: str) -> None:
    with pytest.raises(CnncalcError):
        cnncalc.data_memory(text)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(CnncalcError, match="prefetch must be at least 0, found -1"):
        cnncalc.data_memory("10x4", prefetch=-1)
