"""Crossentropies, of probabilities and of logits.

Sources: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py (``_get_logits``: Keras computes from
what a softmax or a sigmoid at the end was made of), tensorflow/python/ops/nn_impl.py, nn_grad.py.
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.losses.call import LossCall, Rule, UnknownLoss
from cnncalc.runtimes.tensorflow.ops import Value


def _last_axis(call: LossCall) -> None:
    if call.option("axis") not in (-1, len(call.output.shape) - 1):
        raise UnknownLoss(f"{call.spec.name} over another axis than the last")


def _given_logits(call: LossCall) -> Value | None:
    return call.output if call.option("from_logits") and call.logits is None else call.logits


def _smoothed(call: LossCall) -> Value:
    """The target, a part of it spread over the classes."""
    if not call.option("label_smoothing"):
        return call.target
    return call.tape.unary("Shift", call.tape.unary("Scale", call.target))


def _categorical(call: LossCall) -> Value:
    _last_axis(call)
    target, logits = _smoothed(call), _given_logits(call)
    if logits is not None:
        return _softmax_crossentropy(call, logits, target)
    product = call.tape.binary("Mul", call.tape.unary("Log", _shares(call, call.output)), target)
    return call.tape.unary("Neg", call.sum(product))


def _shares(call: LossCall, output: Value) -> Value:
    """Probabilities that add up to 1, clipped."""
    return call.clipped(call.tape.binary("RealDiv", output, call.sum(output, keep=True)))


def _softmax_crossentropy(call: LossCall, logits: Value, *target: Value) -> Value:
    """One kernel gives the loss and the gradient."""
    tape = call.tape
    rows, classes = prod(logits.shape[:-1]), logits.shape[-1]
    loss = tape.op("SoftmaxCrossEntropy", (tape.view(logits, (rows, classes)), *target), (rows,))
    tape.more(loss, (rows, classes), logits.item)
    return loss


def _sparse(call: LossCall) -> Value:
    if call.option("ignore_class") is not None:
        raise UnknownLoss(f"{call.spec.name} with an ignore_class")
    _last_axis(call)
    logits = _given_logits(call)
    if logits is None:
        logits = call.tape.unary("Log", call.clipped(call.output))
    return _softmax_crossentropy(call, logits)


def _binary(call: LossCall) -> Value:
    target, logits = _smoothed(call), _given_logits(call)
    if logits is not None:
        return call.mean(_sigmoid_crossentropy(call, logits, target), call.option("axis"))
    return call.mean(_of_probabilities(call, target), call.option("axis"))


def _sigmoid_crossentropy(call: LossCall, logits: Value, target: Value) -> Value:
    """max(x, 0) - x z + log(1 + exp(-abs(x))) (nn_impl.py, sigmoid_cross_entropy_with_logits)."""
    tape = call.tape
    product = tape.binary("Mul", target, logits)
    positive = tape.op("GreaterEqual", (logits,), logits.shape, 1)
    minus = tape.unary("Neg", logits)
    linear = tape.binary("Sub", call.masked(positive, logits), product)
    negative = call.masked(positive, minus, logits)
    return tape.binary("AddV2", tape.unary("Log1p", tape.unary("Exp", negative)), linear)


def _of_probabilities(call: LossCall, target: Value) -> Value:
    tape = call.tape
    output = call.clipped(call.output)
    one = tape.binary("Mul", tape.unary("Log", output), target)
    rest = tape.unary("Log", tape.unary("OneMinus", output))
    other = tape.binary("Mul", rest, tape.unary("OneMinus", target))
    return tape.unary("Neg", tape.binary("AddV2", one, other))


def _generalized(call: LossCall) -> Value:
    """(1 - p^q) / q, p the probability given to the class that is true."""
    tape, output = call.tape, call.output
    chosen = tape.op("OneHot", (call.target,), output.shape, output.item)
    share = call.sum(tape.binary("Mul", output, chosen))
    return tape.unary("Scale", tape.unary("OneMinus", tape.unary("Power", share)))


RULES: dict[str, Rule] = {
    "CategoricalCrossentropy": _categorical,
    "SparseCategoricalCrossentropy": _sparse,
    "BinaryCrossentropy": _binary,
    "CategoricalGeneralizedCrossEntropy": _generalized,
}
