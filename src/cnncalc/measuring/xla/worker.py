"""The process that compiles: a job on standard input, one line of JSON as the answer.

The model is built by Keras on JAX inside a StatelessScope that initialises nothing, so a variable is a
shape and no memory is taken for weights. The step is lowered from shapes and compiled for a GPU as a
topology; nothing is run.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from itertools import chain
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cnncalc.errors import CnncalcError
from cnncalc.measuring.xla.job import XlaJob, XlaPlan

MODULE = "jit_step"
FLAGS = f"--xla_gpu_autotune_level=0 --xla_dump_hlo_module_re={MODULE} --xla_dump_to="
"""Without autotuning, which would run kernels. The plan is dumped."""


def main() -> None:
    """Answer the job on standard input."""
    job = XlaJob(**json.load(sys.stdin))
    with TemporaryDirectory() as folder:
        os.environ.update(JAX_PLATFORMS="cpu", KERAS_BACKEND="jax", XLA_FLAGS=FLAGS + folder)
        print(json.dumps(_answer(job, Path(folder))))


def _answer(job: XlaJob, folder: Path) -> dict[str, Any]:
    """The plan; or why there is none, where that is the model's fault."""
    try:
        return {"plan": Compilation(job).plan(folder)._asdict()}
    except CnncalcError as error:
        return {"refused": str(error)}


class Compilation:
    """A step of a model, described by shapes on a GPU that is not there."""

    def __init__(self, job: XlaJob) -> None:
        import keras
        from jax.experimental.topologies import get_topology_desc
        from jax.sharding import SingleDeviceSharding

        keras.config.set_floatx("float32")  # whatever the user's own configuration of Keras says
        keras.config.set_image_data_format("channels_last")
        self.keras = keras
        self.job = job
        topology = get_topology_desc(platform="cuda", target_config=job.target, topology="1x1x1")
        self.sharding = SingleDeviceSharding(topology.devices[0])
        self.model = self._model()
        self.inputs = [self.array(item.shape[1:], item.dtype) for item in self.model.inputs]
        self.targets: list[Any] = []
        if job.mode == "training":
            self._compile()
            self.targets = list(map(self._target, self.model.outputs))

    def _model(self) -> Any:
        from cnncalc.interop.keras_build import build_keras
        from cnncalc.interop.model_file import model_from_text

        written = model_from_text(self.job.model, "model.json", "model")
        with self.keras.StatelessScope(initialize_variables=False):
            model = build_keras(self.keras, written, self.job.dtype)
        model.dtype_policy = self.job.dtype  # by the model's own, compile scales the loss or not
        return model

    def _compile(self) -> None:
        """Give the model its optimizer, whose variables are traced and not made either."""
        import jax

        def compiled() -> None:
            self.model.compile(optimizer=self.keras.optimizers.deserialize(self.job.optimizer))
            self.model.optimizer.build(self.model.trainable_variables)

        jax.eval_shape(compiled)

    def _target(self, output: Any) -> Any:
        if self.job.loss["class_name"] == "SparseCategoricalCrossentropy":
            return self.array(output.shape[1:-1], "int32")
        return self.array(output.shape[1:], "float32")

    def array(self, shape: Any, dtype: str) -> Any:
        """A batch of arrays of this shape."""
        return self._array((self.job.batch_size, *shape), dtype)

    def _array(self, shape: Any, dtype: str) -> Any:
        import jax

        return jax.ShapeDtypeStruct(tuple(shape), dtype, sharding=self.sharding)

    def states(self) -> dict[str, Any]:
        """The variables that the step takes, by the names of its arguments."""
        model = self.model
        states = {"trainable": model.trainable_variables, "fixed": model.non_trainable_variables}
        return states | ({"slots": model.optimizer.variables} if self.targets else {})

    def arrays(self) -> list[list[Any]]:
        return [[self._array(item.shape, item.dtype) for item in state] for state in self.states().values()]

    def names(self) -> Iterator[tuple[str, str]]:
        """What each argument is, by the name that XLA has for it."""
        for state, variables in self.states().items():
            for number, variable in enumerate(variables):
                yield f"{state}[{number}]", variable.path
        for number, item in enumerate(self.model.inputs):
            yield f"inputs[{number}]", f"images ({item.name})"
        for number in range(len(self.targets)):
            yield f"targets[{number}]", f"targets ({self.model.output_names[number]})"

    def lowered(self) -> Any:
        import jax

        from cnncalc.measuring.xla import steps

        if not self.targets:
            return jax.jit(steps.prediction(self.model)).lower(*self.arrays(), self.inputs)
        loss = self.keras.losses.deserialize(self.job.loss)
        step = steps.training(self.keras, self.model, loss)
        return jax.jit(step, donate_argnums=(0, 1, 2)).lower(*self.arrays(), self.inputs, self.targets)

    def plan(self, folder: Path) -> XlaPlan:
        """Compile, and read what XLA says of it."""
        from cnncalc.measuring.xla.dump import alive_at_peak, read_dump

        stated = self.lowered().compile().memory_analysis()
        return XlaPlan(
            argument_bytes=stated.argument_size_in_bytes,
            output_bytes=stated.output_size_in_bytes,
            alias_bytes=stated.alias_size_in_bytes,
            temporary_bytes=stated.temp_size_in_bytes,
            variables_bytes=sum(map(size, chain(*self.arrays()))),
            io_bytes=sum(map(size, [*self.inputs, *self.targets])),
            buffers=alive_at_peak(read_dump(folder, MODULE), layer_names(self.model), dict(self.names())),
        )


def layer_names(model: Any) -> set[str]:
    """The names of all layers, those of nested models included."""
    found: set[str] = set()
    for layer in model.layers:
        found |= {layer.name} | layer_names(layer) if isinstance(layer, type(model)) else {layer.name}
    return found


def size(array: Any) -> int:
    return int(prod(array.shape) * array.dtype.itemsize)


if __name__ == "__main__":
    main()
