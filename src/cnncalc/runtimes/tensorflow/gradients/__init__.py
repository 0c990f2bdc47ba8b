"""The gradients that TensorFlow registers for its operations, as operations.

The rules stand by kind of operation, with what Grappler leaves of them (divisions by constants are products,
equal expressions are one). Only what a trained variable needs is made. ``Scale`` is a product with a
constant, ``Shift`` a sum with one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.gradients.rule import Grads, MissingGradient, Rule
from cnncalc.runtimes.tensorflow.ops import BACKWARD, Op, Value
from cnncalc.runtimes.tensorflow.segments import Segment
from cnncalc.runtimes.tensorflow.tape import Tape

__all__ = ["GRADIENTS", "Grads", "MissingGradient", "backward"]

GRADIENTS: Families[Rule] = Families(
    __name__, "convolving", "activating", "arithmetic", "reducing", "multiplying", "shaping", "choosing"
)


def backward(tape: Tape, seeds: Mapping[Value, Value]) -> dict[Op, Value]:
    """Append the gradients of all operations so far; the gradient of each read of a trained variable.

    ``seeds``: the gradients of the loss by the model's outputs.
    """
    tape.phase = BACKWARD
    found: dict[Value, list[Value]] = {value: [seed] for value, seed in seeds.items()}
    return _sweep(tape, tuple(tape.ops), found)


def _sweep(tape: Tape, ops: Sequence[Op], found: dict[Value, list[Value]]) -> dict[Op, Value]:
    """The gradients of these operations; ``found``: those of values, to which what others need is added."""
    reads: dict[Op, Value] = {}
    for op in reversed(ops):
        output = next(filter(found.__contains__, op.outputs), None)
        if output is None:
            continue
        tape.owner = op.owner
        gradient = _joined(tape, found.pop(output))
        if output in tape.segments:
            _run_again(tape, tape.segments[output], gradient, found)
        elif op.kind == "Read":
            reads[op] = gradient
        else:
            _pass_on(tape, op, gradient, found)
    return reads


def _pass_on(tape: Tape, op: Op, dy: Value, found: dict[Value, list[Value]]) -> None:
    """Add what an operation's inputs get of the gradient of its output."""
    rule = GRADIENTS[op.kind]
    if rule is None:
        raise MissingGradient(op.kind, op.owner)
    for value, part in zip(op.inputs, rule(tape, op, dy), strict=True):
        if part is None:
            continue
        if value in found:
            found[value].append(part)
        else:
            found[value] = [part]


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
