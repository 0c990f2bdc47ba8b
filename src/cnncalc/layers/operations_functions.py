"""Functions of each value, as operations.

Sources: keras/src/ops/numpy.py and keras/src/ops/math.py (Keras 3.15).
"""

from typing import ClassVar

from cnncalc.layers.facts import INPUT, NOTHING, OUTPUT, Kept
from cnncalc.layers.operations import ValueByValue
from cnncalc.layers.preprocessing import Numbers


class OpNegative(ValueByValue):
    """Each value with the other sign.

    Input any shape, output the same; nothing is counted. Backward keeps nothing. Source:
    ``keras.ops.negative``.

    >>> OpNegative().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Negative"
    phrase: ClassVar[str] = "negative"
    keeps: ClassVar[Kept] = NOTHING


class OpAbsolute(ValueByValue):
    """The size of each value, without its sign.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.absolute``.

    >>> OpAbsolute().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Absolute"
    phrase: ClassVar[str] = "size"
    keeps: ClassVar[Kept] = INPUT


class OpSquare(ValueByValue):
    """Each value times itself; these products are not counted, as in all merges.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.square``.

    >>> OpSquare().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Square"
    phrase: ClassVar[str] = "square"
    keeps: ClassVar[Kept] = INPUT


class OpSqrt(ValueByValue):
    """The square root.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.sqrt``.

    >>> OpSqrt().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Sqrt"
    phrase: ClassVar[str] = "square root"
    keeps: ClassVar[Kept] = OUTPUT


class OpRsqrt(ValueByValue):
    """One divided by the square root.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.rsqrt``.

    >>> OpRsqrt().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Rsqrt"
    phrase: ClassVar[str] = "inverse square root"
    keeps: ClassVar[Kept] = OUTPUT


class OpExp(ValueByValue):
    """The exponential function.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.exp``.

    >>> OpExp().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Exp"
    phrase: ClassVar[str] = "exponential"
    keeps: ClassVar[Kept] = OUTPUT


class OpLog(ValueByValue):
    """The natural logarithm.

    Input any shape, output the same; nothing is counted. Backward keeps the input. Source:
    ``keras.ops.log``.

    >>> OpLog().facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Log"
    phrase: ClassVar[str] = "logarithm"
    keeps: ClassVar[Kept] = INPUT


class OpClip(ValueByValue):
    """Each value brought between ``x_min`` and ``x_max``.

    Input any shape, output the same; nothing is counted. Backward keeps the output. Source:
    ``keras.ops.clip``.

    >>> OpClip(x_min=0.0, x_max=1.0).facts((10, 8)).output
    (10, 8)
    """

    op: ClassVar[str] = "Clip"
    phrase: ClassVar[str] = "clipped"
    keeps: ClassVar[Kept] = OUTPUT

    x_min: Numbers
    x_max: Numbers
