"""Activations, as operations.

Sources: keras/src/ops/nn.py and keras/src/ops/numpy.py (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.layers.activation import Real
from cnncalc.layers.axes import Axes, as_tuple, mixing, sample_axes
from cnncalc.layers.facts import INPUT, OUTPUT, Facts, Kept
from cnncalc.layers.operations import Operation, ValueByValue
from cnncalc.tensors import Shape


class OpRelu(ValueByValue):
    """The rectifier: negative values become zero.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.relu``.

    >>> OpRelu().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Relu"
    phrase: ClassVar[str] = "relu"
    keeps: ClassVar[Kept] = OUTPUT


class OpRelu6(ValueByValue):
    """The rectifier that goes no further than 6.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.relu6``.

    >>> OpRelu6().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Relu6"
    phrase: ClassVar[str] = "relu6"
    keeps: ClassVar[Kept] = OUTPUT


class OpLeakyRelu(ValueByValue):
    """The rectifier with a small slope for negative values.

    Input any shape, output the same; nothing is counted. Backward keeps the input,
    as its slope may be negative. Source: ``keras.ops.leaky_relu``.

    >>> OpLeakyRelu().facts((10, 8)).output
    (10, 8)
    """

    negative_slope: Real = 0.2
    op: ClassVar[str] = "LeakyRelu"
    phrase: ClassVar[str] = "leaky relu"
    keeps: ClassVar[Kept] = INPUT


class OpElu(ValueByValue):
    """The exponential linear unit.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.elu``.

    >>> OpElu().facts((10, 8)).output
    (10, 8)
    """

    alpha: Real = 1.0
    op: ClassVar[str] = "Elu"
    phrase: ClassVar[str] = "elu"
    keeps: ClassVar[Kept] = OUTPUT


class OpSelu(ValueByValue):
    """The scaled exponential linear unit.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.selu``.

    >>> OpSelu().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Selu"
    phrase: ClassVar[str] = "selu"
    keeps: ClassVar[Kept] = OUTPUT


class OpCelu(ValueByValue):
    """The exponential linear unit that is smooth for every ``alpha``.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.celu``.

    >>> OpCelu().facts((10, 8)).output
    (10, 8)
    """

    alpha: Real = 1.0
    op: ClassVar[str] = "Celu"
    phrase: ClassVar[str] = "celu"
    keeps: ClassVar[Kept] = OUTPUT


class OpGelu(ValueByValue):
    """The Gaussian error linear unit.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.gelu``.

    >>> OpGelu().facts((10, 8)).output
    (10, 8)
    """

    approximate: bool = True
    op: ClassVar[str] = "Gelu"
    phrase: ClassVar[str] = "gelu"
    keeps: ClassVar[Kept] = INPUT


class OpSilu(ValueByValue):
    """Each value times its sigmoid; also called swish.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.silu``.

    >>> OpSilu().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Silu"
    phrase: ClassVar[str] = "silu"
    keeps: ClassVar[Kept] = INPUT


class OpSigmoid(ValueByValue):
    """The logistic function.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.sigmoid``.

    >>> OpSigmoid().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Sigmoid"
    phrase: ClassVar[str] = "sigmoid"
    keeps: ClassVar[Kept] = OUTPUT

    @property
    def activation_name(self) -> str:
        return "sigmoid"


class OpTanh(ValueByValue):
    """The hyperbolic tangent.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.tanh``.

    >>> OpTanh().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Tanh"
    phrase: ClassVar[str] = "tanh"
    keeps: ClassVar[Kept] = OUTPUT


class OpLogSigmoid(ValueByValue):
    """The logarithm of the logistic function.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.log_sigmoid``.

    >>> OpLogSigmoid().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "LogSigmoid"
    phrase: ClassVar[str] = "log sigmoid"
    keeps: ClassVar[Kept] = OUTPUT


class OpSoftplus(ValueByValue):
    """The smooth rectifier: log(1 + exp(x)).

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.softplus``.

    >>> OpSoftplus().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Softplus"
    phrase: ClassVar[str] = "softplus"
    keeps: ClassVar[Kept] = OUTPUT


class OpSoftsign(ValueByValue):
    """Each value divided by 1 and its size: x / (1 + abs(x)).

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.softsign``.

    >>> OpSoftsign().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Softsign"
    phrase: ClassVar[str] = "softsign"
    keeps: ClassVar[Kept] = OUTPUT


class OpHardSigmoid(ValueByValue):
    """The logistic function made of three straight lines.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.hard_sigmoid``.

    >>> OpHardSigmoid().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "HardSigmoid"
    phrase: ClassVar[str] = "hard sigmoid"
    keeps: ClassVar[Kept] = OUTPUT


class OpHardSilu(ValueByValue):
    """Each value times its hard sigmoid; also called hard swish.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.hard_silu``.

    >>> OpHardSilu().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "HardSilu"
    phrase: ClassVar[str] = "hard silu"
    keeps: ClassVar[Kept] = INPUT


class OpHardTanh(ValueByValue):
    """Each value brought between -1 and 1.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.hard_tanh``.

    >>> OpHardTanh().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "HardTanh"
    phrase: ClassVar[str] = "hard tanh"
    keeps: ClassVar[Kept] = OUTPUT


class _AlongAxis(Operation):
    """An output value depends on all input values along the axis."""

    phrase: ClassVar[str]

    axis: Axes = -1

    def check(self) -> None:
        if self.axis == ():
            raise ValueError("axis names no axis")

    def facts(self, *shapes: Shape) -> Facts:
        shape = self.one(shapes)
        axes = sample_axes(self.axis, shape, self.kind)
        return Facts(shape, alias="overwrite", reads=mixing(axes, len(shape)), kept=OUTPUT)

    def describe(self, *shapes: Shape) -> str:
        return f"{self.phrase} along axis {', '.join(map(str, as_tuple(self.axis)))}"


class OpSoftmax(_AlongAxis):
    """Positive values that add up to 1 along one axis or several.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.softmax``.

    >>> OpSoftmax().facts((10, 8)).reads
    (Window(axis=0, stride=1, first=0, last=0), None)
    """

    op: ClassVar[str] = "Softmax"
    phrase: ClassVar[str] = "softmax"

    @property
    def activation_name(self) -> str:
        return "softmax"


class OpLogSoftmax(_AlongAxis):
    """The logarithm of the softmax.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.log_softmax``.

    >>> OpLogSoftmax().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "LogSoftmax"
    phrase: ClassVar[str] = "log softmax"
