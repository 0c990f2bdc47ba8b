"""Gradients of shapes: views, slices, concatenation. Source: tensorflow/python/ops/array_grad.py."""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.gradients.rule import Grads, Rule, shape_only
from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape


def _view(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.view(dy, op.inputs[0].shape),)


def _concat(tape: Tape, op: Op, dy: Value) -> Grads:
    """One slice per input (_ConcatGradHelper); the gradient stays until the last of them."""
    return tuple(tape.op("Slice", (dy,), x.shape) if x.trained else None for x in op.inputs)


def _upsample(tape: Tape, op: Op, dy: Value) -> Grads:
    """Tile's gradient: a sum over the copies (_TileGrad)."""
    (x,) = op.inputs
    return (tape.op("Sum", (dy,), x.shape),)


def _mirror_pad(tape: Tape, op: Op, dy: Value) -> Grads:
    """The kernel folds the gradient in a copy of it (mirror_pad_op.cc)."""
    found = tape.op("MirrorPadGrad", (dy,), op.inputs[0].shape)
    tape.ops[-1].extra = dy.bytes
    return (found,)


def _pack(tape: Tape, op: Op, dy: Value) -> Grads:
    """Unpack: all parts at once (_PackGrad)."""
    first = tape.op("Unpack", (dy,), op.inputs[0].shape)
    return (first, *(tape.more(first, x.shape, x.item) for x in op.inputs[1:]))


def _gather(tape: Tape, op: Op, dy: Value) -> Grads:
    """A sum over segments, with the gathered axis brought to the front and back again (_GatherV2Grad)."""
    (x,), (axis,) = op.inputs, op.attributes
    order = [axis, *(index for index in range(len(x.shape)) if index != axis)]
    front = tape.op("Transpose", (dy,), tuple(dy.shape[index] for index in order))
    total = tape.op("UnsortedSegmentSum", (front,), tuple(x.shape[index] for index in order))
    return (tape.op("Transpose", (total,), x.shape),)


def _lookup(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient's rows, to be added to those of the table that were looked up (IndexedSlices)."""
    numbers, table = op.inputs
    rows = tape.op("Reshape", (dy,), (prod(numbers.shape), table.shape[-1]))
    tape.rows.add(rows)
    return None, rows


def _row(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of a part is one of the whole, zero elsewhere."""
    return (tape.op("StridedSliceGrad", (dy,), op.inputs[0].shape),)


RULES: dict[str, Rule] = {
    "Pad": shape_only("Slice"),
    "Gather": _gather,
    "Lookup": _lookup,
    "Row": _row,
    "MirrorPad": _mirror_pad,
    "Pack": _pack,
    "Slice": shape_only("Pad"),
    "StridedSlice": shape_only("StridedSliceGrad"),
    "Transpose": shape_only("Transpose"),
    "Concat": _concat,
    "Tile": _upsample,
    "Reshape": _view,
    "Identity": _view,
}
