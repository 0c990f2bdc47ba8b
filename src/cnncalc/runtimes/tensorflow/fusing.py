"""What becomes of equal operations and of sums: a chain is one, and a convolution adds and pads by itself.

Sources: tensorflow/core/grappler/optimizers/common_subgraph_elimination.cc, then arithmetic_optimizer.cc
(AddOpsRewriteStage), and after it remapper.cc (FindContractionWithBiasAddAndAdd); behind Grappler
tensorflow/core/common_runtime/mkl_layout_pass.cc (PadWithConv2D, PadWithFusedConv2D).
"""

from __future__ import annotations

from collections.abc import Set

from cnncalc.runtimes.tensorflow.ops import FORWARD, PADS_NOTHING, Op, Value
from cnncalc.tensors import Shape

ALIKE = frozenset(
    {"Relu", "Relu6", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Exp", "Square", "AvgPool", "MaxPool"}
)
"""Kinds that are wholly told by their attributes."""

CONTRACTIONS = frozenset({"Conv2D", "Conv3D", "DepthwiseConv2D", "MatMul"})


def fused(ops: list[Op], unshaped: Set[Value], float16: bool) -> list[Op]:
    """The operations with their sums fused. ``float16``: two bytes are float16, which oneDNN does not add."""
    sums = [op for op in ops if op.kind == "AddV2" and op.phase == FORWARD and _plain(op, unshaped)]
    gone: dict[Op, Op] = {}
    for op in sums:
        _flatten(op, gone)
    for op in sums:
        if op not in gone and op.outputs[0].item in _fusible(float16):
            _contract(op, gone)
    return _without(ops, gone)


def padding(ops: list[Op], float16: bool) -> list[Op]:
    """The operations without the padding that convolutions take upon themselves. ``float16`` as above."""
    gone: dict[Op, Op] = {}
    for op in ops:
        if (
            op.kind == "Conv2D"
            and op.attributes == (PADS_NOTHING,)
            and op.outputs[0].item in _fusible(float16)
        ):
            _pad(op, gone)
    return _without(ops, gone)


def _fusible(float16: bool) -> tuple[int, ...]:
    """Bytes of an item of the types that oneDNN fuses: float32, and bfloat16 where two bytes are that."""
    return (4,) if float16 else (2, 4)


def _pad(op: Op, gone: dict[Op, Op]) -> None:
    """A convolution of images without padding of its own pads what nobody else reads, and reads it unpadded.

    In training the gradient of its kernel reads the padded images too, so they are made.
    """
    padded, *others = op.inputs
    pad = padded.op
    if not pad or pad.kind != "Pad" or not pad.attributes or padded.reads > 1:
        return
    (x,) = pad.inputs
    if len(x.shape) == 4 and x.shape[3] == padded.shape[3]:  # not of the channels
        op.inputs = (x, *others)
        gone[pad] = op


def gives_up(ops: list[Op], unshaped: Set[Value]) -> bool:
    """Whether Grappler leaves the whole graph as it was created.

    Of a sum and a depthwise convolution with a bias it makes an operation for which there is no kernel, and
    the error undoes all passes.
    """
    if not any(op.kind == "DepthwiseConv2D" and len(op.inputs) == 3 for op in ops):
        return False
    sums = [op for op in ops if op.kind == "AddV2" and op.phase == FORWARD and _plain(op, unshaped)]
    chained = {value.op for op in sums for value in op.inputs if value.reads == 1}
    for op in sums:
        index = _contraction(op)
        inner = None if index is None else op.inputs[index].op
        if inner and inner.kind == "DepthwiseConv2D" and op not in chained:
            return True
    return False


def merged(ops: list[Op]) -> list[Op]:
    """Equal operations on the same tensors are one: by Grappler, and where it fails when the executor is made
    (tensorflow/core/graph/optimizer_cse.cc)."""
    known: dict[tuple[str, tuple[Value, ...], tuple[int, ...], Shape], Op] = {}
    gone: dict[Op, Op] = {}
    values: dict[Value, Value] = {}
    for op in ops:
        if values and not values.keys().isdisjoint(op.inputs):
            op.inputs = tuple(values.get(value, value) for value in op.inputs)
        if op.kind in ALIKE or (op.kind == "Pad" and op.attributes):
            first = known.setdefault((op.kind, op.inputs, op.attributes, op.outputs[0].shape), op)
            if first is not op:
                gone[op] = first
                _read_instead(op, first)
                values.update(zip(op.outputs, first.outputs, strict=True))
    return _without(ops, gone)


def _read_instead(op: Op, first: Op) -> None:
    """Who reads the outputs of one reads those of the other, and its inputs are read once less."""
    for value in op.inputs:
        value.reads -= 1
    for value, other in zip(op.outputs, first.outputs, strict=True):
        other.reads += value.reads


def _without(ops: list[Op], gone: dict[Op, Op]) -> list[Op]:
    """The operations without those that are gone; who was to run after one runs after what stands for it."""
    if not gone:
        return ops
    for op in ops:
        if op.after and not gone.keys().isdisjoint(op.after):
            op.after = tuple(gone.get(before, before) for before in op.after)
    return [op for op in ops if op not in gone]


def _plain(op: Op, unshaped: Set[Value]) -> bool:
    """Whether the tensors added have one shape, and it is known."""
    (value,) = op.outputs
    return value not in unshaped and all(item.shape == value.shape for item in op.inputs)


def _flatten(op: Op, gone: dict[Op, Op]) -> None:
    """Take the operands of sums that nobody else reads: they are added at once."""
    inputs: list[Value] = []
    for value in op.inputs:
        inner = value.op
        if inner and inner.kind in ("AddV2", "AddN") and inner.phase == FORWARD and value.reads == 1:
            inputs += inner.inputs
            gone[inner] = op
        else:
            inputs.append(value)
    if len(inputs) > 2:
        op.kind, op.inputs = "AddN", tuple(inputs)


def _contract(op: Op, gone: dict[Op, Op]) -> None:
    """A convolution with a bias, read by the sum of two only, writes over the other operand where it may."""
    index = _contraction(op)
    if index is not None:
        inner = op.inputs[index].op
        if inner:
            op.kind, op.inputs = inner.kind, (*inner.inputs, op.inputs[1 - index])
            gone[inner] = op


def _contraction(op: Op) -> int | None:
    """Which of two operands is the first convolution with a bias that nobody else reads."""
    for index, value in enumerate(op.inputs if len(op.inputs) == 2 else ()):
        inner = value.op
        if inner and inner.kind in CONTRACTIONS and len(inner.inputs) == 3 and value.reads == 1:
            return index
    return None
