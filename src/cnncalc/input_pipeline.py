"""The host's memory for the data: the whole set in RAM, or what ``tf.data`` holds when it is read in pieces.

The pipeline is ``dataset.shuffle(n).map(cast).batch(b).prefetch(p)``, run as it is written. Beside the
batches that are prefetched there is one in use, and two while one is made: its samples, each cast, and the
batch that they are copied to. Two options of ``tf.data``, on by default, may hold more, by what they find
while it runs: ``autotune`` takes the prefetch as the least, and casts as many samples at a time as there are
cores; ``map_and_batch_fusion`` makes room for up to 16 finished batches. Sources:
tensorflow/core/kernels/data: shuffle_dataset_op.cc, prefetch_dataset_op.cc, batch_dataset_op.cc,
experimental/map_and_batch_dataset_op.cc; tensorflow/core/grappler/optimizers/data/autotune_buffer_sizes.cc;
measured in tests/keras/test_input_pipeline.py. Left out: files that are read and decoded, tensors of other
types on the way, labels, and what Python holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from cnncalc.errors import CnncalcError
from cnncalc.tensors import Shape, data_bytes, data_type
from cnncalc.validation import LARGEST

MAKING = 2
"""While a batch is made: its samples, and the batch they are copied to."""

IN_USE = 1


@dataclass(frozen=True)
class DataMemory:
    """What a data set takes, in bytes.

    ``sample_bytes`` is one sample as the set has it, ``cast_sample_bytes`` as the model reads it.
    ``parallel_calls`` samples are cast at a time.
    """

    samples: int
    shape: Shape
    data_type: str
    dtype: str
    batch_size: int
    prefetch: int
    shuffle: int
    parallel_calls: int

    @property
    def sample_bytes(self) -> int:
        return prod(self.shape) * data_bytes(self.data_type)

    @property
    def cast_sample_bytes(self) -> int:
        return prod(self.shape) * data_bytes(self.dtype)

    @property
    def dataset_bytes(self) -> int:
        """The whole set in its own type."""
        return self.samples * self.sample_bytes

    @property
    def cast_dataset_bytes(self) -> int:
        """The whole set in the model's type: what casting it at once takes beside it."""
        return self.samples * self.cast_sample_bytes

    @property
    def batch_bytes(self) -> int:
        """One batch in the model's type."""
        return self.batch_size * self.cast_sample_bytes

    @property
    def shuffle_bytes(self) -> int:
        """The shuffle buffer: samples in the set's own type, no more than there are."""
        return min(self.shuffle, self.samples) * self.sample_bytes

    @property
    def cast_bytes(self) -> int:
        """Samples that are being cast, before and after."""
        return self.parallel_calls * (self.sample_bytes + self.cast_sample_bytes)

    @property
    def prefetch_bytes(self) -> int:
        """The batches that wait."""
        return self.prefetch * self.batch_bytes

    @property
    def pipeline_bytes(self) -> int:
        """All that is held when the set is read in pieces."""
        batches = (MAKING + IN_USE) * self.batch_bytes
        return self.shuffle_bytes + self.cast_bytes + self.prefetch_bytes + batches

    @property
    def in_memory_bytes(self) -> int:
        """The whole set in RAM, and the pipeline that reads it."""
        return self.dataset_bytes + self.pipeline_bytes


def data_memory(
    dataset: str,
    *,
    batch_size: int = 32,
    prefetch: int = 1,
    shuffle: int = 0,
    dtype: str = "float32",
    parallel_calls: int = 1,
) -> DataMemory:
    """What the host needs for a data set such as ``50000x224x224x3:uint8`` (samples, then a sample's shape).

    ``shuffle`` is the number of samples in the shuffle buffer, ``prefetch`` that of batches. Without a type
    the samples are uint8, as images in files are. The default options of ``tf.data`` may hold more than
    ``pipeline_bytes``. Raises CnncalcError for what is no data set.

    >>> found = data_memory("50000x224x224x3:uint8", batch_size=32, prefetch=2, shuffle=1000)
    >>> found.dataset_bytes, found.shuffle_bytes, found.batch_bytes  # 150,528 B a sample, 602,112 as floats
    (7526400000, 150528000, 19267584)
    """
    samples, shape, kind = _parsed(dataset)
    for name, number, least in (
        ("batch_size", batch_size, 1),
        ("prefetch", prefetch, 0),
        ("shuffle", shuffle, 0),
        ("parallel_calls", parallel_calls, 1),
    ):
        if not least <= number <= LARGEST:
            raise CnncalcError(f"{name} must be at least {least}, found {number}.")
    return DataMemory(samples, shape, kind, data_type(dtype), batch_size, prefetch, shuffle, parallel_calls)


def _parsed(text: str) -> tuple[int, Shape, str]:
    sizes, _, kind = text.strip().partition(":")
    numbers = sizes.lower().split("x")
    if len(numbers) < 2 or not all(
        number.isdecimal() and 0 < int(number[:20]) <= LARGEST for number in numbers
    ):
        wanted = "samples and their shape, with a type if it is not uint8, such as 50000x224x224x3:uint8"
        raise CnncalcError(f'a data set is written as {wanted}; found "{text[:60]}".')
    samples, *shape = map(int, numbers)
    return samples, tuple(shape), data_type(kind or "uint8")
