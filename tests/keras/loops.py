"""Convolutions and dense layers as loops over single numbers, which count their multiplications.

They lay zeros around the image and move the kernel over it, place by place, and know no formula for
a size or for a count.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]
Settings = dict[str, Any]
Places = list[list[int | None]]
"""For each place of the kernel along an axis the positions under it; None is one of the padding."""
Factors = list[list[tuple[int, Shape]]]
"""For each output channel the input channels in it, and where in the kernel each finds its factor."""


class Multiplier:
    """Multiplies, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, one: Any, other: Any) -> Any:
        self.count += 1
        return one * other


@dataclass
class Loop:
    """One layer at work on one image whose channels come last."""

    settings: Settings
    image: Array
    weights: list[Array]
    times: Multiplier

    def per_axis(self, setting: str) -> Sequence[int]:
        value = self.settings.get(setting, 1)
        return [value] * (self.image.ndim - 1) if isinstance(value, int) else value

    def convolution(self) -> Array:
        *_, own, filters = self.weights[0].shape
        groups = np.split(np.arange(self.image.shape[-1]), self.image.shape[-1] // own)
        seen = [group for group in groups for _ in range(filters // len(groups))]
        factors: Factors = [[(c, (nth, made)) for nth, c in enumerate(seen[made])] for made in range(filters)]
        return self.slid(self.image, self.weights[0], self.axes(), factors)

    def depthwise(self) -> Array:
        *_, channels, multiplier = self.weights[0].shape
        factors: Factors = [[(own[0], own)] for own in np.ndindex(channels, multiplier)]
        return self.slid(self.image, self.weights[0], self.axes(), factors)

    def separable(self) -> Array:
        between = self.depthwise()
        *_, channels, filters = self.weights[1].shape
        factors: Factors = [[(c, (c, made)) for c in range(channels)] for made in range(filters)]
        here: list[Places] = [[[position] for position in range(size)] for size in between.shape[:-1]]
        return self.slid(between, self.weights[1], here, factors)

    def axes(self) -> list[Places]:
        sizes, kernel = self.image.shape[:-1], self.weights[0].shape
        paddings = [self.settings["padding"]] * len(sizes)
        return list(
            map(places, sizes, kernel, self.per_axis("strides"), self.per_axis("dilation_rate"), paddings)
        )

    def slid(self, image: Array, kernel: Array, axes: list[Places], factors: Factors) -> Array:
        """The kernel at every place; what lies in the padding is multiplied like data."""
        output = np.zeros((*map(len, axes), len(factors)), int)
        for place, tap in product(np.ndindex(*map(len, axes)), np.ndindex(*kernel.shape[:-2])):
            position = [axis[p][t] for axis, p, t in zip(axes, place, tap, strict=True)]
            values: Array = np.zeros(image.shape[-1], int) if None in position else image[tuple(position)]
            for made, sources in enumerate(factors):
                output[(*place, made)] += sum([self.times(values[c], kernel[tap + at]) for c, at in sources])
        return output

    def transposed(self) -> Array:
        """Each input position spread over a canvas, as far as the kernel reaches."""
        kernel, canvas = self.weights[0], defaultdict[Shape, int](int)
        strides, dilations = self.per_axis("strides"), self.per_axis("dilation_rate")
        for position, tap in product(np.ndindex(*self.image.shape[:-1]), np.ndindex(*kernel.shape[:-2])):
            steps = zip(position, strides, tap, dilations, strict=True)
            place = tuple(p * stride + t * dilation for p, stride, t, dilation in steps)
            for made, c in np.ndindex(*kernel.shape[-2:]):
                canvas[(*place, made)] += self.times(self.image[(*position, c)], kernel[(*tap, made, c)])
        output = np.zeros([max(axis) + 1 for axis in zip(*canvas, strict=True)], int)
        for place, value in canvas.items():
            output[place] = value
        return output

    def dense(self) -> Array:
        kernel = self.weights[0]
        output = np.zeros((*self.image.shape[:-1], kernel.shape[1]), int)
        for *place, unit in np.ndindex(*output.shape):
            values = self.image[tuple(place)]
            output[(*place, unit)] = sum(self.times(values[c], kernel[c, unit]) for c in range(len(kernel)))
        return output

    def finished(self, output: Array, shape: Shape) -> Array:
        """Cut to shape, with bias and activation: all that counts nothing."""
        found = cut(output, shape, self.settings.get("padding", "")) + (
            self.weights[-1] if self.settings["use_bias"] else 0
        )
        return found.clip(min=0) if self.settings["activation"] == "relu" else found


def places(size: int, kernel: int, stride: int, dilation: int, padding: str) -> Places:
    """The kernel moved along one axis for as long as it fits."""
    taps = range(0, kernel * dilation, dilation)
    line = padded(size, taps[-1], stride, padding)
    return [[line[start + tap] for tap in taps] for start in range(0, len(line) - taps[-1], stride)]


def padded(size: int, reach: int, stride: int, padding: str) -> list[int | None]:
    """Causal: padding in front, so that no output comes before its input. Same: padding behind and
    in front by turns, until the kernel has a place for every position that the stride steps on."""
    line: deque[int | None] = deque(range(size))
    if padding == "causal":
        line.extendleft([None] * reach)
    wanted = len(range(size)[::stride]) if padding == "same" else 0
    add = cycle((line.append, line.appendleft))
    while len(range(0, len(line) - reach, stride)) < wanted:
        next(add)(None)
    return list(line)


def cut(canvas: Array, shape: Shape, padding: str) -> Array:
    """The output of that shape in a canvas: with SAME padding cut behind and in front by turns; where
    the canvas is too short, nothing reaches the last positions."""
    for axis, size in enumerate(shape):
        line = deque(range(canvas.shape[axis]))
        ends = cycle((line.pop, line.popleft) if padding == "same" else (line.pop,))
        while len(line) > size:
            next(ends)()
        missing = [(0, (size - len(line)) * (axis == other)) for other in range(canvas.ndim)]
        canvas = np.pad(canvas.take(line, axis), missing)
    return canvas
