"""The gradients that TensorFlow registers for its operations, as operations.

The rules stand by kind of operation, with what Grappler leaves of them (divisions by constants are products,
equal expressions are one). Only what a trained variable needs is made. ``Scale`` is a product with a
constant, ``Shift`` a sum with one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.runtimes.tensorflow.gradients import (
    activating,
    arithmetic,
    choosing,
    convolving,
    multiplying,
    reducing,
    shaping,
)
from cnncalc.runtimes.tensorflow.gradients.rule import Grads, MissingGradient, Rule
from cnncalc.runtimes.tensorflow.ops import BACKWARD, Op, Value
from cnncalc.runtimes.tensorflow.segments import Segment
from cnncalc.runtimes.tensorflow.tape import Tape

__all__ = ["GRADIENTS", "Grads", "MissingGradient", "backward"]

GRADIENTS: dict[str, Rule] = {
    **activating.RULES,
    **arithmetic.RULES,
    **choosing.RULES,
    **convolving.RULES,
    **multiplying.RULES,
    **reducing.RULES,
    **shaping.RULES,
}


def backward(tape: Tape, seeds: Mapping[Value, Value]) -> dict[int, Value]:
    """Append the gradients of all operations so far; the gradient of each read of a trained variable, by id.

    ``seeds``: the gradients of the loss by the model's outputs.
    """
    tape.phase = BACKWARD
    found: dict[Value, list[Value]] = {value: [seed] for value, seed in seeds.items()}
    return _sweep(tape, tuple(tape.ops), found)


def _sweep(tape: Tape, ops: Sequence[Op], found: dict[Value, list[Value]]) -> dict[int, Value]:
    """The gradients of these operations; ``found``: those of values, to which what others need is added."""
    reads: dict[int, Value] = {}
    for op in reversed(ops):
        outputs = [value for value in op.outputs if value in found]
        if not outputs:
            continue
        tape.owner = op.owner
        gradient = _joined(tape, found.pop(outputs[0]))
        if outputs[0] in tape.segments:
            _run_again(tape, tape.segments[outputs[0]], gradient, found)
            continue
        if op.kind == "Read":
            reads[id(op)] = gradient
            continue
        for value, part in zip(op.inputs, _gradients(tape, op, gradient), strict=True):
            if part is not None:
                found.setdefault(value, []).append(part)
    return reads


def _run_again(tape: Tape, segment: Segment, gradient: Value, found: dict[Value, list[Value]]) -> None:
    """Gradients by a segment's second run. That of a stage's input waits for those of its weights."""
    for stage in reversed(segment.run(gradient)):
        inner = {stage.output: [gradient]}
        _sweep(tape, stage.ops, inner)
        parts = inner.pop(stage.given, None)
        for value, of_weights in inner.items():
            found.setdefault(value, []).extend(of_weights)
        if parts is None:
            return
        after = [part.op for of_weights in inner.values() for part in of_weights if part.op]
        gradient = tape.waiting(_joined(tape, parts), after)
    found.setdefault(segment.entry, []).append(gradient)


def _joined(tape: Tape, parts: list[Value]) -> Value:
    """Gradients of one value that come from several readers are added up (backprop aggregation)."""
    return parts[0] if len(parts) == 1 else tape.op("AddN", parts, parts[0].shape)


def _gradients(tape: Tape, op: Op, dy: Value) -> Grads:
    rule = GRADIENTS.get(op.kind)
    if rule is None:
        raise MissingGradient(op.kind, op.owner)
    return rule(tape, op, dy)
