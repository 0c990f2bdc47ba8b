"""The measuring process: reads a job as JSON from standard input, answers a line of JSON per compilation.

The settings under which the figures hold: no XLA, one inter-op thread, the batch made as tensors
before the step (an array of NumPy is copied or not, by the alignment of its buffer), two steps of
warming up (the first one makes the optimizer's variables).
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from cnncalc.measuring.job import Facts, Job, Run

WARMING_UP = 2


def main() -> None:
    """Answer the job on standard input."""
    job = Job(**json.load(sys.stdin))
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    for _ in range(job.compilations):
        step = Step(job)
        say("run", _run(step, job.timeline))
    say("facts", _facts(step))


def say(kind: str, record: Run | Facts) -> None:
    """One line of the answer."""
    print(json.dumps({kind: record._asdict()}), flush=True)


class Step:
    """A model built and compiled afresh, with a batch: what one call of ``run`` takes is measured."""

    def __init__(self, job: Job) -> None:
        from cnncalc.interop.keras_build import keras, to_keras
        from cnncalc.interop.model_file import model_from_text

        self.keras = keras()
        self.keras.backend.clear_session()
        self.keras.config.set_dtype_policy("float32")
        model = model_from_text(job.model, "model.json", "model")
        self.model = to_keras(model, dtype=job.dtype, segments=job.segments)
        self.model.dtype_policy = job.dtype  # by the model's own, compile scales the loss or not
        self.inputs = [_batch(item, job.batch_size) for item in self.model.inputs]
        self.targets: list[Any] = []
        self.run = self._training(job) if job.mode == "training" else self._inference()

    def _inference(self) -> Callable[[], object]:
        self.model.compile(jit_compile=False)
        images = plain(self.inputs)
        return lambda: self.model.predict_on_batch(images)

    def _training(self, job: Job) -> Callable[[], object]:
        by_class_only = {"Lamb": self.keras.optimizers.Lamb}  # Keras does not find it by its name
        optimizer = self.keras.optimizers.deserialize(job.optimizer, custom_objects=by_class_only)
        loss = self.keras.losses.deserialize(job.loss)
        self.model.compile(optimizer=optimizer, loss=loss, jit_compile=False)
        sparse = job.loss["class_name"] == "SparseCategoricalCrossentropy"
        self.targets = [_targets(output, job.batch_size, sparse) for output in self.model.outputs]
        images, targets = plain(self.inputs), plain(self.targets)
        return lambda: self.model.train_on_batch(images, targets)


def plain(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def _batch(tensor: Any, batch_size: int) -> Any:
    import tensorflow as tf

    return tf.cast(tf.random.uniform((batch_size, *tensor.shape[1:])), tensor.dtype)


def _targets(output: Any, batch_size: int, sparse: bool) -> Any:
    import tensorflow as tf

    if sparse:
        return tf.zeros((batch_size, *output.shape[1:-1]), "int32")
    return tf.random.uniform((batch_size, *output.shape[1:]))


def _run(step: Step, with_timeline: bool) -> Run:
    from cnncalc.measuring.tracing import traced

    for _ in range(WARMING_UP):
        step.run()
    gc.collect()
    reset_peak()
    found = traced(lambda: [step.run(), None][1])
    allocator = allocator_peak()
    timeline = found.timeline if with_timeline else ()
    return Run(found.peak_bytes, found.buffers, found.left_bytes, allocator, timeline)


def device() -> str:
    """The device that TensorFlow puts the model on."""
    import tensorflow as tf

    return "GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"


def reset_peak() -> None:
    """Let the allocator forget its peak, where it keeps one."""
    import tensorflow as tf

    try:
        tf.config.experimental.reset_memory_stats(device())
    except (ValueError, tf.errors.OpError):
        return


def allocator_peak() -> int | None:
    """The allocator's own peak in bytes; None where it keeps none."""
    import tensorflow as tf

    try:
        return int(tf.config.experimental.get_memory_info(device())["peak"])
    except (ValueError, tf.errors.OpError):
        return None


def _facts(step: Step) -> Facts:
    import resource

    import tensorflow as tf

    weights = {id(variable) for variable in step.model.weights}
    seeds = [item for item in step.model.variables if id(item) not in weights and "seed" in item.path]
    optimizer = step.model.optimizer.variables if step.targets else []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Facts(
        weights_bytes=size(step.model.weights),
        optimizer_bytes=size(optimizer),
        metrics_bytes=size(step.model.metrics_variables),
        seeds_bytes=size(seeds),
        io_bytes=size([*step.inputs, *step.targets]),
        resident_bytes=peak if sys.platform == "darwin" else 1024 * peak,
        device=device(),
        versions={"tensorflow": tf.__version__, "keras": step.keras.__version__},
    )


def size(tensors: Iterable[Any]) -> int:
    """Bytes of tensors or variables."""
    import tensorflow as tf

    total = 0
    for tensor in tensors:
        count = 1
        for axis in tensor.shape:
            count *= int(axis)
        total += count * tf.as_dtype(tensor.dtype).size
    return total


if __name__ == "__main__":
    main()
