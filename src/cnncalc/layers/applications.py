"""The layers that ``keras.applications`` makes for itself.

Sources: keras/src/applications/convnext.py and inception_resnet_v2.py (Keras 3.15); no other of its
networks has any.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Kept, Made
from cnncalc.tensors import Shape, Weight
from cnncalc.units import shape_text
from cnncalc.validation import Size

Real = Annotated[float, Field(strict=True)]


class LayerScale(Layer):
    """Each value times a learned factor of its channel.

    Input ``(..., projection_dim)``, output the same; its products are not counted, as those of merges
    and normalisations. Backward keeps the input. Keras leaves the weight without a name and numbers
    it; it is called ``gamma`` here. Source: ``keras.applications.convnext.LayerScale``.

    >>> LayerScale(init_values=1e-6, projection_dim=96).facts((56, 56, 96)).weights
    (Weight(name='gamma', shape=(96,), trainable=True),)
    """

    init_values: Real
    projection_dim: Size

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        if not shape or shape[-1] != self.projection_dim:
            raise ShapeError(
                f"{self.projection_dim} factors do not fit the last axis of its input of {shape_text(shape)}."
            )
        gamma = Weight("gamma", (self.projection_dim,))
        return Facts(shape, (gamma,), reads="pointwise", kept=INPUT_FOR_WEIGHTS, sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"a learned factor for each of {self.projection_dim} channels"


class StochasticDepth(Layer):
    """Whole samples set to zero while training, so that a residual branch is left out for them.

    Input any shape, output the same; nothing is counted. Backward keeps one factor for each sample.
    Source: ``keras.applications.convnext.StochasticDepth``.

    >>> StochasticDepth(drop_path_rate=0.1).facts((56, 56, 96)).output
    (56, 56, 96)
    """

    drop_path_rate: Real

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        factor = Kept(made=(Made("factor", ()),))
        return Facts(shape, alias="overwrite", reads="pointwise", kept=factor)

    def describe(self, *shapes: Shape) -> str:
        return f"drops whole samples with a probability of {self.drop_path_rate:.4g} while training"


class CustomScaleLayer(Layer):
    """The first input plus the second times a fixed factor: a residual branch made weaker.

    Two inputs of one shape, output the same; nothing is counted. Backward keeps nothing. Source:
    ``keras.applications.inception_resnet_v2.CustomScaleLayer``.

    >>> CustomScaleLayer(scale=0.17).facts((35, 35, 320), (35, 35, 320)).output
    (35, 35, 320)
    """

    arity: ClassVar[tuple[int, int]] = (2, 2)

    scale: Real

    def facts(self, *shapes: Shape) -> Facts:
        first, second = shapes
        if first != second:
            raise ShapeError(
                f"its inputs of {shape_text(first)} and {shape_text(second)} are not of one shape."
            )
        return Facts(first, reads="pointwise", sharing="reuse")

    def describe(self, *shapes: Shape) -> str:
        return f"the first input plus {self.scale} times the second"
