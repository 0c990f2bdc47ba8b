"""What the compiler is asked, and what it answers: plain data that goes through a pipe and into the cache."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from cnncalc.measuring.job import Mode


class XlaJob(NamedTuple):
    """What to compile. ``model`` is a model file as JSON; ``target`` the GPU, as XLA's text format has it.

    ``optimizer`` and ``loss`` are as Keras saves them.
    """

    model: str
    mode: Mode
    batch_size: int
    dtype: str
    optimizer: dict[str, Any]
    loss: dict[str, Any]
    target: str


Kind = Literal["temporary", "argument", "output"]


class XlaBuffer(NamedTuple):
    """A buffer that is alive where the temporaries of XLA's plan need most.

    ``layer``: the layer that the operation belongs to; empty where the names do not tell. ``operation``: of
    the network (``backward of conv2d/conv_general_dilated``), or XLA's own name for one it has made.
    ``kind``: ``temporary`` in the block of temporaries; ``argument``, a variable, image or target, and
    ``output``, what the step returns, stay throughout.
    """

    layer: str
    operation: str
    bytes: int
    shape: str
    kind: Kind


class XlaPlan(NamedTuple):
    """XLA's plan for one step, in bytes.

    ``argument_bytes``: what the step reads of variables, images and targets. ``output_bytes``: what it
    returns, of which ``alias_bytes`` lie in the memory of arguments (the updated variables).
    ``temporary_bytes``: one block that holds all that lives only within the step. ``variables_bytes`` and
    ``io_bytes``: all variables, and images with targets; what the step does not read (the state of a
    random generator, in prediction) is there all the same. ``buffers``: what is alive at the peak, the
    largest first.
    """

    argument_bytes: int
    output_bytes: int
    alias_bytes: int
    temporary_bytes: int
    variables_bytes: int
    io_bytes: int
    buffers: tuple[XlaBuffer, ...]

    @property
    def step_bytes(self) -> int:
        """What the step needs above variables, images and targets: outputs of its own, and temporaries."""
        return self.output_bytes - self.alias_bytes + self.temporary_bytes

    @property
    def total_bytes(self) -> int:
        """The peak: all that is there before the step, and what the step needs above it."""
        return self.variables_bytes + self.io_bytes + self.step_bytes


def plan_from(record: dict[str, Any]) -> XlaPlan:
    """A plan as it comes from JSON."""
    return XlaPlan(**{**record, "buffers": tuple(XlaBuffer(*buffer) for buffer in record["buffers"])})


NOT_INCLUDED = (
    "workspaces that cuDNN's autotuning chooses when it runs",
    "the CUDA context",
    "the allocator's reserve and fragmentation",
    "the input pipeline",
    "metrics",
)
"""What a GPU takes beside the plan; said wherever the plan is shown."""
