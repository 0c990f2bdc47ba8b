"""Sliding windows: output sizes, padding and the positions read, for convolutions and pooling.

Sources: keras/src/ops/operation_utils.py (compute_conv_output_shape, compute_pooling_output_shape)
and TensorFlow's documented SAME padding, which puts the odd one behind.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.errors import ShapeError
from cnncalc.layers.facts import Window
from cnncalc.tensors import Shape
from cnncalc.units import shape_text


def reach(kernel: int, dilation: int) -> int:
    """How many positions a dilated kernel spans.

    >>> reach(3, 2)
    5
    """
    return dilation * (kernel - 1) + 1


def output_size(size: int, span: int, stride: int, padding: str) -> int:
    """Output positions along one axis; zero or less when a VALID window does not fit.

    >>> output_size(75, 3, 2, "same"), output_size(75, 3, 2, "valid")
    (38, 37)
    """
    return (size - span) // stride + 1 if padding == "valid" else -(-size // stride)


def padding_before(size: int, span: int, stride: int, padding: str) -> int:
    """Positions of padding in front of the first one."""
    if padding == "valid":
        return 0
    if padding == "causal":
        return span - 1
    return max((output_size(size, span, stride, padding) - 1) * stride + span - size, 0) // 2


def output_sizes(
    spatial: Shape, spans: Sequence[int], strides: Sequence[int], padding: str, whole: Shape
) -> Shape:
    """Output positions along every spatial axis; ``whole`` is the input's shape, for the message."""
    sizes = tuple(map(output_size, spatial, spans, strides, [padding] * len(spatial)))
    if min(sizes, default=1) < 1:
        raise ShapeError(
            f"a window of {shape_text(tuple(spans))} does not fit its input of {shape_text(whole)} "
            f"with {padding.upper()} padding."
        )
    return sizes


def windows(
    spatial: Shape, spans: Sequence[int], strides: Sequence[int], padding: str, first_axis: int
) -> list[Window | None]:
    """The window on each spatial axis, in the order of the axes."""
    found: list[Window | None] = []
    for axis, (size, span, stride) in enumerate(zip(spatial, spans, strides, strict=True)):
        before = padding_before(size, span, stride, padding)
        found.append(Window(first_axis + axis, stride, -before, span - 1 - before))
    return found


def output_sum(spatial: Shape, spans: Sequence[int], strides: Sequence[int], padding: str) -> list[str]:
    """The sum behind each output size, as on a blackboard.

    >>> output_sum((200, 300), (3, 3), (2, 2), "same")
    ['⌈200 / 2⌉', '⌈300 / 2⌉']
    >>> output_sum((200,), (3,), (2,), "valid")
    ['(⌊(200 - 3) / 2⌋ + 1)']
    """
    return [_one_sum(*axis, padding) for axis in zip(spatial, spans, strides, strict=True)]


def _one_sum(size: int, span: int, stride: int, padding: str) -> str:
    if span == stride == 1:
        return str(size)
    if padding != "valid":
        return f"⌈{size} / {stride}⌉" if stride > 1 else str(size)
    return f"(⌊({size} - {span}) / {stride}⌋ + 1)" if stride > 1 else f"({size} - {span} + 1)"


def phrase(strides: Sequence[int], padding: str, dilation: Sequence[int] = ()) -> str:
    """Stride, padding and dilation in words.

    >>> phrase((2, 2), "same")
    'stride 2, SAME padding'
    """
    words = [f"stride {_uniform(strides)}", f"{padding.upper()} padding"]
    if any(rate > 1 for rate in dilation):
        words.append(f"dilation {_uniform(dilation)}")
    return ", ".join(words)


def _uniform(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else shape_text(tuple(values))
