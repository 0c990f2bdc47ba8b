"""What a gradient rule is, and what several families of them share."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.tensors import Shape

Grads = tuple["Value | None", ...]
Rule = Callable[[Tape, Op, Value], Grads]


class MissingGradient(Exception):  # noqa: N818  (caught by the planner, which names the layer)
    """An operation of a layer, the ``owner``, without a rule for its gradient."""

    def __init__(self, kind: str, owner: str) -> None:
        super().__init__(kind)
        self.owner = owner


def reduced(tape: Tape, gradient: Value, shape: Shape) -> Value:
    """The gradient summed over the axes along which a smaller operand was repeated."""
    if gradient.shape == shape:
        return gradient
    missing = len(gradient.shape) - len(shape)
    padded = (1,) * missing + shape
    axes = [index for index, size in enumerate(padded) if size == 1 and gradient.shape[index] != 1]
    axes = [*range(missing), *(axis for axis in axes if axis >= missing)]
    return tape.view(tape.reduce("Sum", gradient, axes), shape)


def delayed(made: Value, dy: Value) -> Value:
    """Made only when the gradient is there: the gradient functions say so by a control dependency."""
    if made.op and dy.op:
        made.op.after = (dy.op,)
    return made


def shape_only(kind: str) -> Rule:
    """A gradient that reads nothing but the gradient of the output."""
    return lambda tape, op, dy: (tape.op(kind, (dy,), op.inputs[0].shape),)


def by_output(kind: str) -> Rule:
    """Gradient kernels that read the output: relu, sigmoid, tanh, elu, selu."""
    return lambda tape, op, dy: (tape.binary(kind, dy, op.outputs[0]),)


def by_input(kind: str) -> Rule:
    """Gradient kernels that read the input: leaky_relu, softplus, softsign."""
    return lambda tape, op, dy: (tape.binary(kind, dy, op.inputs[0]),)
