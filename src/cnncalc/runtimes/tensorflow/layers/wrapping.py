"""Layers around a layer.

Sources: keras/src/layers/rnn/time_distributed.py, keras/src/layers/normalization/spectral_normalization.py.
"""

from __future__ import annotations

from cnncalc.graph import Node
from cnncalc.layers.base import Layer
from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def wrappers(rules: Families[Rule]) -> dict[str, Rule]:
    """The rules of wrappers, which ask for that of the layer inside."""

    def inner(call: Call, layer: Layer, x: Value, shape: tuple[int, ...]) -> Value:
        rule = rules[layer.kind]
        if rule is None:
            raise NotImplementedError(f"a {layer.kind} inside")
        node: Node = call.node._replace(layer=layer, facts=call.node.facts._replace(output=shape))
        return rule(Call(call.tape, node, (x,), call.variables, call.item, call.batch))

    def time_distributed(call: Call) -> Value:
        """The steps in front, the layer on each step, and the steps stacked and brought back."""
        (x,), tape = call.inputs, call.tape
        batch, steps, *sizes = x.shape
        front = tape.op("Transpose", (x,), (steps, batch, *sizes))
        parts = [inner(call, call.layer.layer, _row(call, front), call.shape[2:]) for _ in range(steps)]
        stacked = tape.op("Pack", parts, (steps, *call.shape[:1], *call.shape[2:]))
        return tape.op("Transpose", (stacked,), call.shape)

    def spectral(call: Call) -> Value:
        if call.training:
            raise NotImplementedError("the power iteration, which runs inside a tf.cond")
        return inner(call, call.layer.layer, call.inputs[0], call.shape[1:])

    return {"TimeDistributed": time_distributed, "SpectralNormalization": spectral}


def _row(call: Call, x: Value) -> Value:
    """One step: a part of the buffer where it begins aligned, else a copy (strided_slice_op.cc)."""
    shape = x.shape[1:]
    size = x.bytes // x.shape[0]
    if size % ALIGNMENT:
        return call.tape.op("StridedSlice", (x,), shape)
    return call.tape.same_buffer("Row", x, shape)


ALIGNMENT = 64
"""Bytes to which Eigen aligns tensors (EIGEN_MAX_ALIGN_BYTES with AVX-512)."""
