"""Multiply-accumulates of attention, equations and convolutional memories against loops.

Each loop visits the positions of the layer's definition and notes every product of two values; no size
is multiplied by another. Products that only scale values (by a gate, by a softmax's sum, by 1 / sqrt(d))
are not counted, by the convention in docs/conventions.md.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from cnncalc import layers as cl
from cnncalc.tensors import Shape


class Counter:
    """Values that know only their place, and a count of the products made of them."""

    def __init__(self) -> None:
        self.count = 0

    def multiply(self, *_values: object) -> None:
        self.count += 1


def projected(times: Counter, positions: list[Any], features: int, heads: int, width: int) -> None:
    """Every position's features times a kernel of (features, heads, width)."""
    for position, head, column in product(positions, range(heads), range(width)):
        for feature in range(features):
            times.multiply((position, feature), (feature, head, column))


def attended(times: Counter, pairs: list[Any], key_width: int, value_width: int) -> None:
    """Of each query and key a score, and the score times the value."""
    for query, key in pairs:
        for feature in range(key_width):
            times.multiply((query, feature), (key, feature))
        for feature in range(value_width):
            times.multiply((query, key), (key, feature))


def positions(shape: Shape) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape[:-1])))


@pytest.mark.parametrize(
    ("query", "value", "key"),
    [
        ((3, 2), (4, 2), None),
        ((3, 2), (4, 5), (4, 2)),
        ((1, 4), (1, 4), None),
        ((2, 3, 2), (2, 4, 2), None),
    ],
)
def test_attention(query: Shape, value: Shape, key: Shape | None) -> None:
    times = Counter()
    pairs = [(q, k) for q in positions(query) for k in positions(value) if q[:-1] == k[:-1]]
    attended(times, pairs, query[-1], value[-1])
    shapes = (query, value) if key is None else (query, value, key)
    assert cl.Attention().facts(*shapes).macs == times.count


@pytest.mark.parametrize(
    ("settings", "query", "value", "key", "axes"),
    [
        ({"num_heads": 2, "key_dim": 3}, (3, 4), (5, 4), None, (0,)),
        ({"num_heads": 3, "key_dim": 2, "value_dim": 4}, (3, 5), (2, 4), (2, 3), (0,)),
        ({"num_heads": 2, "key_dim": 1, "output_shape": 3}, (2, 5), (4, 2), None, (0,)),
        ({"num_heads": 2, "key_dim": 2, "output_shape": [2, 3]}, (2, 3), (3, 3), None, (0,)),
        ({"num_heads": 1, "key_dim": 2}, (2, 3, 4), (2, 2, 4), None, (0, 1)),
        ({"num_heads": 2, "key_dim": 2, "attention_axes": 2}, (2, 3, 4), (2, 5, 4), None, (1,)),
        ({"num_heads": 2, "key_dim": 2, "use_gate": True, "value_dim": 3}, (2, 3), (4, 3), None, (0,)),
    ],
)
def test_multi_head_attention(
    settings: dict[str, Any], query: Shape, value: Shape, key: Shape | None, axes: tuple[int, ...]
) -> None:
    """``axes``: those of a sample along which positions attend to one another."""
    times = Counter()
    heads, key_width = settings["num_heads"], settings["key_dim"]
    value_width = settings.get("value_dim", key_width)
    keys = value if key is None else key
    projected(times, positions(query), query[-1], heads, key_width)
    projected(times, positions(keys), keys[-1], heads, key_width)
    projected(times, positions(value), value[-1], heads, value_width)
    if settings.get("use_gate"):
        projected(times, positions(query), query[-1], heads, value_width)
    apart = [axis for axis in range(len(query) - 1) if axis not in axes]
    for _ in range(heads):
        pairs = [
            (q, k)
            for q in positions(query)
            for k in positions(value)
            if all(q[axis] == k[axis] for axis in apart)
        ]
        attended(times, pairs, key_width, value_width)
    given = settings.get("output_shape", query[-1])
    outputs = positions((*(given if isinstance(given, list) else [given]), 1))
    for position, output in product(positions(query), outputs):
        for head, column in product(range(heads), range(value_width)):
            times.multiply((position, head, column), (head, column, output))
    shapes = (query, value) if key is None else (query, value, key)
    assert cl.MultiHeadAttention(**settings).facts(*shapes).macs == times.count


@pytest.mark.parametrize(
    ("equation", "shape", "output"),
    [
        ("ab,bc->ac", (4,), (3,)),
        ("abc,cd->abd", (2, 4), (2, 3)),
        ("abc,cde->abde", (2, 4), (2, 3, 5)),
        ("abc,bcd->ad", (2, 4), (3,)),
        ("abc,bd->adc", (2, 4), (3, 4)),
        ("abc,cd->adb", (2, 4), (3, 2)),
        ("abc,bcd->abd", (2, 4), (2, 3)),
    ],
)
def test_einsum_dense(equation: str, shape: Shape, output: Shape) -> None:
    """For every output value, every place in input and kernel that the equation joins with it."""
    inputs, kernel, outputs = equation.replace("->", ",").split(",")
    sizes = dict(zip(inputs[1:] + outputs[1:], shape + output, strict=True))
    summed = [axis for axis in dict.fromkeys(inputs[1:] + kernel) if axis not in outputs]
    times = Counter()
    for place in product(*(range(size) for size in output)):
        known = dict(zip(outputs[1:], place, strict=True))
        for more in product(*(range(sizes[axis]) for axis in summed)):
            at = known | dict(zip(summed, more, strict=True))
            times.multiply([at[axis] for axis in inputs[1:]], [at[axis] for axis in kernel])
    layer = cl.EinsumDense(equation=equation, output_shape=output)
    assert layer.facts(shape).macs == times.count


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"filters": 2, "kernel_size": 2}, (2, 4, 5, 3)),
        ({"filters": 1, "kernel_size": (3, 1), "strides": 2}, (3, 5, 4, 2)),
        ({"filters": 2, "kernel_size": 1, "return_sequences": True}, (2, 3, 3, 1)),
        ({"filters": 2, "kernel_size": 2, "dilation_rate": 2}, (1, 4, 5, 2)),
    ],
)
def test_convolutional_memory(settings: dict[str, Any], shape: Shape) -> None:
    """Without padding over the input; the state is padded, and products with its padding count too."""
    steps, height, width, channels = shape
    filters, strides = settings["filters"], settings.get("strides", 1)
    given = settings["kernel_size"]
    kernel_height, kernel_width = (given, given) if isinstance(given, int) else given
    spread = settings.get("dilation_rate", 1)
    tops = [y for y in range(0, height, strides) if y + (kernel_height - 1) * spread < height]
    lefts = [x for x in range(0, width, strides) if x + (kernel_width - 1) * spread < width]
    times = Counter()
    for _, _gate, _ in product(range(steps), ("forget", "take in", "new", "give out"), range(filters)):
        for top, left, y, x in product(tops, lefts, range(kernel_height), range(kernel_width)):
            for channel in range(channels):
                times.multiply((top + y * spread, left + x * spread, channel), (y, x, channel))
            for channel in range(filters):
                times.multiply(("state", top, left, channel), (y, x, channel))
    assert cl.ConvLSTM2D(**settings).facts(shape).macs == times.count
