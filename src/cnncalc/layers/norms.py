"""Normalisation by the length of a vector alone: no mean is taken out.

Sources: keras/src/layers/normalization/unit_normalization.py and rms_normalization.py (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.layers.axes import Axes, as_tuple, mixing, sample_axes
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Facts, input_and
from cnncalc.tensors import Shape, Weight


class _AlongAxes(Layer):
    """Values divided by a length that is taken along one axis or several."""

    axis: Axes = -1

    def check(self) -> None:
        if self.axis == ():
            raise ValueError("axis names no axis")

    def sample_axes(self, shape: Shape) -> tuple[int, ...]:
        return sample_axes(self._sorted_axes(), shape, self.kind)

    def _sorted_axes(self) -> tuple[int, ...]:
        """Keras sorts the numbers as they are written, so that -1 comes before 1."""
        return tuple(sorted(as_tuple(self.axis)))

    def along(self) -> str:
        return f"along axis {', '.join(map(str, as_tuple(self.axis)))}"


def _without(axes: tuple[int, ...], shape: Shape) -> Shape:
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


class UnitNormalization(_AlongAxes):
    """Each vector along an axis brought to length 1.

    Input any shape, output the same; no weights, nothing is counted. Backward keeps the input and the
    lengths. Source: ``keras.layers.UnitNormalization``.

    >>> UnitNormalization().facts((10, 8)).reads
    (Window(axis=0, stride=1, first=0, last=0), None)
    """

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axes = self.sample_axes(shape)
        kept = input_and("lengths", shape=_without(axes, shape))
        return Facts(shape, reads=mixing(axes, len(shape)), kept=kept, sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"vectors {self.along()} to length 1"


class RMSNormalization(_AlongAxes):
    """Each vector along an axis divided by its root mean square, and times a learned ``scale``.

    Input any shape, output the same; one ``scale`` for each position along the axes; nothing is
    counted. Backward keeps the input and, for each vector, its root mean square. Source:
    ``keras.layers.RMSNormalization``.

    >>> RMSNormalization().facts((10, 8)).weights
    (Weight(name='scale', shape=(8,), trainable=True),)
    """

    without_effect: ClassVar[frozenset[str]] = frozenset({"epsilon"})

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        axes = self.sample_axes(shape)
        scale = Weight("scale", tuple(shape[axis] for axis in axes))
        kept = input_and("root mean squares", shape=_without(axes, shape))
        return Facts(shape, (scale,), reads=mixing(axes, len(shape)), kept=kept, sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"each sample to root mean square 1 {self.along()}"
