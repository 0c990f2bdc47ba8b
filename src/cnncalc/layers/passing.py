"""Layers that hand their input on: a penalty on its values, a mask over its positions.

Sources: keras/src/layers/regularization/activity_regularization.py and
keras/src/layers/core/masking.py (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.errors import ShapeError
from cnncalc.layers.axes import mixing
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import INPUT, Facts, Kept, Made
from cnncalc.tensors import Shape


class ActivityRegularization(Layer):
    """Adds a penalty on the size of its input's values to the loss; the values stay as they are.

    Input any shape, output the same memory; nothing is counted. Backward keeps the input. Source:
    ``keras.layers.ActivityRegularization``.

    >>> ActivityRegularization(l1=0.01).facts((10, 8)).alias
    'view'
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"l1", "l2"})

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        return Facts(shape, alias="view", reads="pointwise", kept=INPUT)

    def describe(self, *shapes: Shape) -> str:
        return "a penalty on the values, which stay as they are"


class Masking(Layer):
    """Steps whose values along the last axis all equal ``mask_value`` are set to 0 and marked to be skipped.

    Input any shape of one axis or more, output the same; nothing is counted. Backward keeps the mask,
    one byte for each vector along the last axis. Source: ``keras.layers.Masking``.

    >>> Masking().facts((10, 8)).output
    (10, 8)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"mask_value"})

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        if not shape:
            raise ShapeError("Masking takes an input of one axis or more, found a single value.")
        mask = Kept(made=(Made("mask", shape[:-1], item_bytes=1),))
        return Facts(shape, reads=mixing([len(shape) - 1], len(shape)), kept=mask, sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"marks the vectors of {shapes[0][-1]} values that are to be skipped"
