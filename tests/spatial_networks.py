"""Random networks that step through an image: a hypothesis strategy; imports no framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import ShapeError
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer

Shape = tuple[int, ...]
Settings = dict[str, Any]
Step = Callable[["Sketch", str], str]
"""Adds layers behind a value, and gives the name of the last."""

IMAGES = {1: (23,), 2: (11, 9)}
"""Spatial sizes for one axis and for two."""

PADDINGS = st.sampled_from(["valid", "same"])


class Sketch:
    """A network as it grows; a layer that does not fit is left out."""

    def __init__(self, draw: st.DrawFn, rank: int, data_format: str = "channels_last") -> None:
        self.draw = draw
        self.rank = rank
        self.data_format = data_format
        self.layers: list[Layer] = []
        channels = draw(st.integers(1, 2))
        image = IMAGES[rank]
        self.shapes = {"input": (*image, channels) if data_format == "channels_last" else (channels, *image)}

    @property
    def channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def sizes(self, value: str) -> Shape:
        """Along the spatial axes."""
        shape = self.shapes[value]
        return shape[:-1] if self.data_format == "channels_last" else shape[1:]

    def numbers(self, most: int, least: int = 1) -> Any:
        """One number for all axes, or one for each."""
        number = st.integers(least, most)
        return self.draw(st.one_of(number, st.lists(number, min_size=self.rank, max_size=self.rank)))

    def ends(self) -> Any:
        """Positions in front and behind, for each axis."""
        pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
        return self.draw(pair if self.rank == 1 else st.tuples(pair, pair))

    def window(self, size: str) -> Settings:
        """A window of 1 to 3 that jumps or, if it is a kernel's, has holes."""
        jumps = ["strides", "dilation_rate"] if size == "kernel_size" else ["strides"]
        jump = self.draw(st.sampled_from(jumps))
        return {size: self.numbers(3), jump: self.numbers(2), "padding": self.draw(PADDINGS)}

    def add(self, kind: str, *inputs: str, **given: Any) -> str:
        """The name of the layer, or of its first input where it does not fit."""
        name = f"{kind.lower()}_{len(self.layers)}"
        layer = layer_class(kind)(name=name, inputs=inputs, **given)
        try:
            shape = layer.facts(*(self.shapes[value] for value in inputs)).output
        except ShapeError:
            return inputs[0]
        if max(shape) > 2 * max(IMAGES[self.rank]):
            return inputs[0]
        self.layers.append(layer)
        self.shapes[name] = shape
        return name

    def spatial(self, kind: str, value: str, **given: Any) -> str:
        """A layer of the kind for this rank, as ``Conv{}D``."""
        kind = kind.format(self.rank)
        if "data_format" in layer_class(kind).setting_names():
            given["data_format"] = self.data_format
        return self.add(kind, value, **given)

    def model(self) -> cnncalc.Model:
        """The output of every layer is an output of the model."""
        names = [str(layer.name) for layer in self.layers]
        return cnncalc.Model(input=self.shapes["input"], layers=self.layers, outputs=names)


def convolution(sketch: Sketch, value: str) -> str:
    activation = sketch.draw(st.sampled_from([None, "relu", "softplus"]))
    return sketch.spatial("Conv{}D", value, filters=2, activation=activation, **sketch.window("kernel_size"))


def causal(sketch: Sketch, value: str) -> str:
    window = sketch.window("kernel_size") | {"padding": "causal" if sketch.rank == 1 else "same"}
    return sketch.spatial("Conv{}D", value, filters=1, **window)


def pooling(sketch: Sketch, value: str) -> str:
    kind = sketch.draw(st.sampled_from(["MaxPooling{}D", "AveragePooling{}D"]))
    return sketch.spatial(kind, value, **sketch.window("pool_size"))


def zero_padding(sketch: Sketch, value: str) -> str:
    return sketch.spatial("ZeroPadding{}D", value, padding=sketch.ends())


def by_channel(sketch: Sketch, value: str) -> str:
    """With one stride for all axes: TensorFlow has no kernel for two of them on a CPU."""
    window = sketch.window("kernel_size") | {"strides": sketch.draw(st.integers(1, 2))}
    if sketch.draw(st.booleans()):
        return sketch.spatial("DepthwiseConv{}D", value, **window)
    return sketch.spatial("SeparableConv{}D", value, filters=2, **window)


def cropping(sketch: Sketch, value: str) -> str:
    return sketch.spatial("Cropping{}D", value, cropping=sketch.ends())


def upsampling(sketch: Sketch, value: str) -> str:
    """The zeros that Lanczos kernels have on whole numbers are not quite zero in float32: no factor 1."""
    if sketch.rank == 1:
        return sketch.add("UpSampling1D", value, size=sketch.draw(st.integers(1, 3)))
    kind = sketch.draw(st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]))
    size = sketch.numbers(3, least=2 if kind.startswith("lanczos") else 1)
    return sketch.spatial("UpSampling2D", value, size=size, interpolation=kind)


def transposed(sketch: Sketch, value: str) -> str:
    """Without dilation, for which TensorFlow has no kernel on a CPU."""
    given = {"kernel_size": sketch.numbers(4), "strides": sketch.numbers(3), "padding": sketch.draw(PADDINGS)}
    return sketch.spatial("Conv{}DTranspose", value, filters=2, **given)


def in_place(sketch: Sketch, value: str) -> str:
    given: dict[str, Settings] = {
        "BatchNormalization": {"axis": sketch.channel_axis},
        "Dropout": {"rate": 0.5},
        "Rescaling": {"scale": 2.0},
        "ReLU": {},
        "PReLU": {},
    }
    kind = sketch.draw(st.sampled_from(sorted(given)))
    return sketch.add(kind, value, **given[kind])


def over_channels(sketch: Sketch, value: str) -> str:
    if sketch.draw(st.booleans()):
        return sketch.add("Dense", value, units=2)
    return sketch.add("LayerNormalization", value)


def merged(sketch: Sketch, *values: str) -> str:
    kinds = ["Add", "Average", "Maximum", "Minimum", "Multiply", "Concatenate", "Concatenate"]
    kind = sketch.draw(st.sampled_from(kinds))
    return sketch.add(kind, *values, **({"axis": sketch.channel_axis} if kind == "Concatenate" else {}))


def branches(sketch: Sketch, value: str) -> str:
    """Windows of several sizes side by side, at one stride."""
    strides = sketch.draw(st.integers(1, 2))
    ends = [value] if strides == 1 and sketch.draw(st.booleans()) else []
    for _ in range(2):
        kind = sketch.draw(st.sampled_from(["SeparableConv{}D", "MaxPooling{}D", "DepthwiseConv{}D"]))
        window = {"pool_size" if "Pooling" in kind else "kernel_size": sketch.numbers(4)}
        own = {"filters": 2} if "Separable" in kind else {}
        ends.append(sketch.spatial(kind, value, strides=strides, padding="same", **window, **own))
    return merged(sketch, *ends)


def valley(sketch: Sketch, value: str) -> str:
    """Down, a step, up again, and joined with the value itself."""
    down = sketch.spatial("MaxPooling{}D", value, padding="same")
    bottom = sketch.spatial("SeparableConv{}D", down, filters=1, kernel_size=3, padding="same")
    up = sketch.spatial("UpSampling{}D", bottom, size=2)
    ends = [(0, high - low) for high, low in zip(sketch.sizes(up), sketch.sizes(value), strict=True)]
    fitted = sketch.spatial("Cropping{}D", up, cropping=ends[0] if sketch.rank == 1 else ends)
    return merged(sketch, value, fitted)


STACKED: list[Step] = [convolution, convolution, causal, pooling, zero_padding]
"""Steps behind which a field in the image is noticed from its first pixel to its last."""
FIRST_OR_LAST: list[Step] = [pooling, zero_padding, by_channel, cropping, upsampling, in_place, branches]
"""Steps for which TensorFlow has kernels on a CPU, whether the channels come first or last."""
ALL: list[Step] = [*STACKED, *FIRST_OR_LAST, valley, transposed, over_channels]


@st.composite
def networks(
    draw: st.DrawFn, steps: list[Step], ranks: Sequence[int] = (1, 2), data_format: str = "channels_last"
) -> cnncalc.Model:
    sketch = Sketch(draw, draw(st.sampled_from(ranks)), data_format)
    value = sketch.add("Identity", "input")
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=6)):
        value = step(sketch, value)
    return sketch.model()
