"""Attention, einsum layers, and the product of two inputs.

Sources: keras/src/layers/attention/*.py, keras/src/layers/core/einsum_dense.py,
keras/src/layers/merging/dot.py, keras/src/backend/tensorflow/numpy.py (einsum) and nn.py
(dot_product_attention).
"""

from __future__ import annotations

from math import prod

from cnncalc.runtimes.tensorflow.layers.arranging import product, transposed
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.layers.einsums import einsum
from cnncalc.runtimes.tensorflow.layers.normalizing import unit_length
from cnncalc.runtimes.tensorflow.layers.regularizing import dropped
from cnncalc.runtimes.tensorflow.ops import Value


def _dot(call: Call) -> Value:
    """batch_dot: the summed axis last in the first input, first in the second, then tf.matmul."""
    tape, axes = call.tape, call.layer.axes
    one, other = (axes, axes) if isinstance(axes, int) else axes
    x, y = call.inputs
    one, other = one % len(x.shape), other % len(y.shape)
    if call.layer.normalize:
        x, y = unit_length(tape, x, [one]), unit_length(tape, y, [other])
    swapped = (0,) * _is_swap(x, one, 2) + (1,) * _is_swap(y, other, 1)
    batch, size = x.shape[0], x.shape[one]
    if 0 not in swapped:
        x = transposed(tape, x, (*(axis for axis in range(len(x.shape)) if axis != one), one))
        x = tape.view(x, (batch, prod(x.shape[1:-1]), size))
    if 1 not in swapped:
        y = transposed(tape, y, (0, other, *(axis for axis in range(1, len(y.shape)) if axis != other)))
        y = tape.view(y, (batch, size, prod(y.shape[2:])))
    sizes = [prod(each.shape) // batch // size for each in (x, y)]
    return tape.view(product(tape, x, y, swapped, (batch, *sizes)), call.shape)


def _is_swap(x: Value, axis: int, wanted: int) -> bool:
    """Whether the axis is brought to its place by exchanging the two axes of a matrix."""
    return len(x.shape) == 3 and axis != wanted


def _scores_of_tangents(call: Call, query: Value, key: Value) -> Value:
    """Sums of hyperbolic tangents of each pair of query and key."""
    tape = call.tape
    q = tape.view(query, (*query.shape[:-1], 1, query.shape[-1]))
    k = tape.view(key, (*key.shape[:-2], 1, *key.shape[-2:]))
    pairs = tape.binary("AddV2", q, k)
    if call.layer.kind == "Attention":
        if call.has("scale"):
            pairs = tape.binary("Mul", call.weight("scale"), pairs)
        total = tape.reduce("Sum", tape.unary("Tanh", pairs), [-1])
        return tape.binary("Mul", call.weight("concat_score_weight"), total)
    tangents = tape.unary("Tanh", pairs)
    if call.has("scale"):
        tangents = tape.binary("Mul", call.weight("scale"), tangents)
    return tape.reduce("Sum", tangents, [-1])


def _scores(call: Call, query: Value, key: Value) -> Value:
    tape = call.tape
    if call.layer.by_tangents():
        return _scores_of_tangents(call, query, key)
    scores = product(tape, query, key, (1,), (*query.shape[:-1], key.shape[-2]))
    return tape.binary("Mul", scores, call.weight("scale")) if call.has("scale") else scores


def _attention(call: Call) -> Value:
    """keras/src/layers/attention/attention.py and additive_attention.py, without masks."""
    query, value, key = call.inputs[0], call.inputs[1], call.inputs[-1]
    weights = call.tape.unary("Softmax", _scores(call, query, key))
    weights = dropped(call, weights, call.layer.dropout)
    return call.tape.op("BatchMatMul", (weights, value), call.shape)


def _einsum_dense(call: Call) -> Value:
    (x,), layer = call.inputs, call.layer
    y = einsum(call.tape, layer.equation, x, call.weight("kernel"))
    return _added(call, y, call.weight("bias")) if call.has("bias") else y


def _added(call: Call, y: Value, bias: Value) -> Value:
    """keras.ops.add, which is BiasAdd for a bias along one axis."""
    along = [size for size in bias.shape if size > 1]
    if len(along) == 1 and along[0] in (y.shape[1], y.shape[-1]):
        return call.tape.op("BiasAdd", (y, call.tape.view(bias, (along[0],))), y.shape)
    return call.tape.binary("AddV2", y, bias)


def _projected(call: Call, x: Value, number: int, equation: str) -> Value:
    """The EinsumDense of that number among those of the layer."""
    y = einsum(call.tape, equation, x, call.numbered("kernel", number))
    return _added(call, y, call.numbered("bias", number)) if call.has_numbered("bias", number) else y


def _heads(call: Call) -> Value:
    """multi_head_attention.py and grouped_query_attention.py, on sequences, without masks."""
    layer, tape = call.layer, call.tape
    if len(call.inputs[0].shape) != 3 or getattr(layer, "attention_axes", None) is not None:
        raise NotImplementedError("attention along other axes than that of a sequence")
    if layer.sliding_window or layer.dropout or getattr(layer, "output_shape", None) is not None:
        raise NotImplementedError("a sliding window, dropout or an output shape of attention")
    query, value, key = call.inputs[0], call.inputs[1], call.inputs[-1]
    last = 4 if layer.use_gate else 3
    gate = _projected(call, query, 2, "abc,cde->abde") if layer.use_gate else None
    q = _projected(call, query, 0, "abc,cde->abde")
    k = _projected(call, key, 1, "abc,cde->abde")
    v = _projected(call, value, last - 1, "abc,cde->abde")
    if layer.kind == "GroupQueryAttention":
        k, v = (_repeated(call, each, q.shape[2] // each.shape[2]) for each in (k, v))
    logits = tape.unary("Scale", tape.einsum("btnh,bsnh->bnts", q, k))
    y = tape.einsum("bnts,bsnh->btnh", tape.unary("Softmax", logits), v)
    y = tape.binary("Mul", y, gate) if gate else y
    return _projected(call, y, last, "abcd,cde->abe")


def _repeated(call: Call, x: Value, times: int) -> Value:
    """The heads, each repeated."""
    if times == 1:
        return x
    return call.tape.op("Tile", (x,), (*x.shape[:2], x.shape[2] * times, x.shape[3]))


RULES: dict[str, Rule] = {
    "Dot": _dot,
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "EinsumDense": _einsum_dense,
    "MultiHeadAttention": _heads,
    "GroupQueryAttention": _heads,
}
