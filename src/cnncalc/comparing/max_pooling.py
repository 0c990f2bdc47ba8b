"""What max pooling would cost in place of the strided convolutions.

A question of the book: why add a max pooling layer rather than a convolution with the same stride?
"""

from __future__ import annotations

from cnncalc.comparing.rewriting import place, rewritten
from cnncalc.errors import Problem, SettingError
from cnncalc.layers.base import Layer
from cnncalc.layers.convolution import Conv, Sliding
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.pooling import MaxPooling1D, MaxPooling2D, MaxPooling3D
from cnncalc.model import Model

STRIDED = (Conv, Depthwise, Separable)
"""The convolutions whose stride makes an image smaller; that of a transposed one makes it larger."""

POOLING = {1: MaxPooling1D, 2: MaxPooling2D, 3: MaxPooling3D}


def with_max_pooling(model: Model) -> Model:
    """The model with max pooling of the same window, stride and padding for each strided convolution.

    Pooling has no parameters and leaves the channels as they are, so that the layers behind it read as
    many as came in. The convolution's activation goes with it. Raises GraphError where the channels do
    not go together any more (an addition of branches), SettingError where there is no such pooling.

    >>> from cnncalc import Sequential
    >>> from cnncalc.layers import Conv2D
    >>> small = Sequential([Conv2D(filters=8, kernel_size=3, strides=2)], input=(9, 9, 3))
    >>> with_max_pooling(small).graph.output_shapes
    ((4, 4, 3),)
    """
    return rewritten(model, lambda layer, *_: pooled(layer))


def pooled(layer: Layer) -> Layer:
    """Max pooling in place of a layer that is a strided convolution; any other layer as it is."""
    if not isinstance(layer, STRIDED) or max(layer.strides) == 1:
        return layer
    _check(layer)
    settings = {name: getattr(layer, name) for name in ("strides", "padding", "data_format")}
    return POOLING[layer.rank](pool_size=layer.kernel_size, **settings, **place(layer))


def _check(layer: Sliding) -> None:
    if layer.padding not in ("valid", "same"):
        raise _refusal(layer, f"max pooling has no {layer.padding} padding.")
    if max(layer.dilation_rate) > 1:
        raise _refusal(layer, "max pooling has no dilation.")


def _refusal(layer: Sliding, reason: str) -> SettingError:
    return SettingError([Problem((), f'{layer.kind} "{layer.name}": {reason}')])
