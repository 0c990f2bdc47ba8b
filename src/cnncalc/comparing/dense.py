"""What fully connected layers would cost in place of the convolutions.

A question of the book: what are the advantages of a CNN over a fully connected network?
"""

from __future__ import annotations

from math import prod

from cnncalc.comparing.rewriting import place, rewritten
from cnncalc.layers.activation import Activation
from cnncalc.layers.base import Layer
from cnncalc.layers.convolution import Sliding
from cnncalc.layers.dense import Dense
from cnncalc.layers.reshaping import Flatten, Reshape
from cnncalc.model import Model, Nested, Sequential
from cnncalc.tensors import Shape


def with_dense(model: Model) -> Model:
    """The model with a fully connected layer of the same output size in place of each convolution.

    Every value of the input is connected with every value of the output: (inputs + 1) x outputs
    parameters; inputs x outputs where the convolution has no bias. The activation stays.

    >>> from cnncalc.layers import Conv2D
    >>> small = Sequential([Conv2D(filters=2, kernel_size=3)], input=(5, 5, 1))
    >>> sum(weight.size for node in with_dense(small).graph.nodes for weight in node.weights)
    468
    >>> (5 * 5 * 1 + 1) * (3 * 3 * 2)
    468
    """
    return rewritten(model, _dense)


def _dense(layer: Layer, shape: Shape, output: Shape) -> Layer:
    if not isinstance(layer, Sliding):
        return layer
    return Nested(model=_connected(layer, shape, output), **place(layer))


def _connected(layer: Sliding, shape: Shape, output: Shape) -> Model:
    steps = [Flatten(), Dense(units=prod(output), use_bias=layer.use_bias), Reshape(target_shape=output)]
    last = [Activation(activation=layer.activation)] if layer.activation else []
    return Sequential([*steps, *last], input=shape, name=str(layer.name))
