"""What differs between Keras's backends: the device's name, a step, and the allocator's peak.

A step is a function without arguments that returns when its result is there. Predictions stay on the device,
so that no copy of theirs is timed.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

Step = Callable[[], object]


class Backend(Protocol):
    """One backend of Keras."""

    package: str

    def device(self) -> str:
        """The accelerator that the backend takes by itself, or the processor."""

    def prediction(self, model: Any, images: Any) -> Step: ...

    def training(self, model: Any, images: Any, targets: Any) -> Step: ...

    def memory(self) -> dict[str, int | None]:
        """``peak_bytes``, the most that was handed out since the process began; None where nobody counts.

        ``plan_bytes``: what the compiler of the last step planned, where it says so.
        """


class TensorFlow:
    package = "tensorflow"

    def device(self) -> str:
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return tf.config.experimental.get_device_details(found[0])["device_name"] if found else processor()

    def prediction(self, model: Any, images: Any) -> Step:
        import tensorflow as tf

        run = tf.function(lambda batch: model(batch, training=False), jit_compile=model.jit_compile)

        def step() -> object:
            return run(images)[0, 0].numpy()

        return step

    def training(self, model: Any, images: Any, targets: Any) -> Step:
        return lambda: model.train_on_batch(images, targets)

    def memory(self) -> dict[str, int | None]:
        import tensorflow as tf

        on_gpu = bool(tf.config.list_physical_devices("GPU"))
        return {"peak_bytes": tf.config.experimental.get_memory_info("GPU:0")["peak"] if on_gpu else None}


class Jax:
    """The variables go from step to step, as they do within ``fit``."""

    package = "jax"

    def __init__(self) -> None:
        self.plan_bytes = 0

    def device(self) -> str:
        import jax

        first = jax.devices()[0]
        return processor() if first.platform == "cpu" else str(first.device_kind)

    def prediction(self, model: Any, images: Any) -> Step:
        import jax

        from cnncalc.measuring.xla.steps import prediction

        trainable, fixed, _ = states(model)
        run = self.compiled(jax.jit(prediction(model)), trainable, fixed, [images])
        return lambda: jax.block_until_ready(run(trainable, fixed, [images]))

    def training(self, model: Any, images: Any, targets: Any) -> Step:
        import jax
        import keras

        from cnncalc.measuring.xla.steps import training

        model.optimizer.build(model.trainable_variables)
        step, held = training(keras, model, model.loss), states(model)
        run = self.compiled(jax.jit(step, donate_argnums=(0, 1, 2)), *held, [images], [targets])

        def next_step() -> object:
            nonlocal held
            total, *held = run(*held, [images], [targets])
            return jax.block_until_ready(total)

        return next_step

    def compiled(self, step: Any, *arguments: Any) -> Any:
        found = step.lower(*arguments).compile()
        plan = found.memory_analysis()
        new = plan.output_size_in_bytes - plan.alias_size_in_bytes + plan.temp_size_in_bytes
        self.plan_bytes = plan.argument_size_in_bytes + new
        return found

    def memory(self) -> dict[str, int | None]:
        import jax

        counted = jax.devices()[0].memory_stats() or {}
        return {"peak_bytes": counted.get("peak_bytes_in_use"), "plan_bytes": self.plan_bytes}


def states(model: Any) -> list[list[Any]]:
    """The values of the weights, of what is not trained, and of the optimizer's variables."""
    groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    return [[variable.value for variable in group] for group in groups]


class Torch:
    package = "torch"

    def device(self) -> str:
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else processor()

    def prediction(self, model: Any, images: Any) -> Step:
        import torch

        def step() -> object:
            with torch.no_grad():
                found = model(images, training=False)
            return found[0].sum().item()

        return step

    def training(self, model: Any, images: Any, targets: Any) -> Step:
        return lambda: model.train_on_batch(images, targets)

    def memory(self) -> dict[str, int | None]:
        import torch

        return {"peak_bytes": torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None}


BACKENDS: dict[str, Backend] = {"tensorflow": TensorFlow(), "jax": Jax(), "torch": Torch()}


def processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"CPU {names[0] if names else platform.machine()}, {os.cpu_count()} cores"
