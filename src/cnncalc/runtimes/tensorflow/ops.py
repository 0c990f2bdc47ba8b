"""Tensors and operations of TensorFlow's graph, as far as memory sees them."""

from __future__ import annotations

from math import prod

from cnncalc.tensors import Shape

FORWARD, LOSS, BACKWARD, UPDATE = "forward", "loss", "backward", "update"
"""The phases of a step."""

TRACED = 256 * 1024
"""Requests below 256 KiB go to another allocator and are not counted (mkl_cpu_allocator.h,
kSmallAllocationsThreshold)."""

VIEWS = frozenset({"Reshape", "Identity", "Row"})
"""The output is the input's buffer (ReshapeOp, SqueezeOp, ExpandDimsOp), or a row of it (StridedSliceOp)."""

DECISIONS = frozenset({"Compare", "Greater", "GreaterEqual", "Equal", "Floor"})
"""No gradient goes through them."""

CHEAP = frozenset({"Reshape", "Identity", "Read", "Retval"})
"""``OpKernel::IsExpensive`` is false, so that the executor runs them inline at once."""

PADS_NOTHING = 1
"""The attribute of a convolution whose padding is VALID."""

FILTER_GRADIENTS = frozenset(
    {"Conv2DBackpropFilter", "Conv3DBackpropFilter", "DepthwiseBackpropFilter", "MatMulFilter"}
)
INPUT_GRADIENTS = frozenset(
    {"Conv2DBackpropInput", "Conv3DBackpropInput", "DepthwiseBackpropInput", "MatMulInput"}
)
"""The two gradients of a layer with a kernel: both wait for the gradient of its output, and only for that."""

ONEDNN = (
    FILTER_GRADIENTS
    | INPUT_GRADIENTS
    | frozenset(
        {
            *("Conv2D", "Conv3D", "DepthwiseConv2D"),
            *("MatMul", "MaxPool", "MaxPoolGrad", "AvgPool", "AvgPoolGrad", "Softmax", "Swish"),
            *("BatchMatMul", "Einsum", "Transpose"),
        }
    )
)
"""What the layout pass rewrites for oneDNN: made anew, so behind all others (mkl_layout_pass.cc)."""

_UNARY = frozenset(
    {
        *(
            "Relu",
            "Relu6",
            "LeakyRelu",
            "Elu",
            "Selu",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softsign",
            "Exp",
            "Log",
            "Neg",
        ),
        *(
            "Square",
            "Sqrt",
            "Rsqrt",
            "Abs",
            "Erf",
            "Erfc",
            "Expm1",
            "Log1p",
            "BiasAdd",
            "Softmax",
            "LogSoftmax",
        ),
        *(
            "Reciprocal",
            "HardSwish",
            "Mish",
            "Half",
            "Scale",
            "Shift",
            "MaximumConstant",
            "MinimumConstant",
            "Sign",
            "Sin",
            "Cos",
            "Floor",
            "Round",
        ),
        *("DivideConstant", "OneMinus", "LogShifted", "Power", "Hinge"),
    }
)
_BINARY = frozenset(
    {
        *(
            "Mul",
            "AddV2",
            "Sub",
            "RealDiv",
            "Maximum",
            "Minimum",
            "SquaredDifference",
            "Pow",
            "Cube",
            "SwishProduct",
        ),
        *("ReluGrad", "Relu6Grad", "EluGrad", "SeluGrad", "SigmoidGrad", "TanhGrad"),
        *("SoftsignGrad", "LeakyReluGrad", "RsqrtGrad", "SqrtGrad", "ReciprocalGrad"),
    }
)


NOTHING = slice(0)
OVERWRITES: dict[str, slice] = {
    **dict.fromkeys(_UNARY, slice(1)),
    **dict.fromkeys(_BINARY, slice(2)),
    "AddN": slice(None),
    "SelectV2": slice(1, None),  # not over the mask
    "SoftmaxCrossEntropy": slice(1),
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2D", "MatMul"), slice(3, 4)),  # the operand added
}
"""The inputs over which an operation may write its output where it is their last reader.

Element-wise kernels forward an input of the output's size: ``forward_input_or_allocate_output`` in
cwise_ops_common.h (``{0, 1}`` for two operands), relu_op.h, bias_op.cc, aggregate_ops.cc (any
input of an AddN), xent_op.cc; oneDNN's convolutions and products, over what they add.
"""


class Variable:
    """A weight or an optimizer's slot: its bytes, and whose it is. ``name``: a weight's name in its layer."""

    __slots__ = ("bytes", "item", "name", "owner", "role", "shape", "trainable")

    def __init__(
        self, owner: str, role: str, shape: Shape, item: int, trainable: bool, name: str = ""
    ) -> None:
        self.owner = owner
        self.name = name
        self.role = role
        self.shape = shape
        self.item = item
        self.bytes = item * prod(shape)
        self.trainable = trainable


class Value:
    """A tensor, its shape with the batch. ``op`` makes it; None where it is fed or ``constant``.

    ``trained``: whether it depends on a variable that is trained, so that it has a gradient. ``reads``: how
    many inputs of operations it is, of those that are left.
    """

    __slots__ = ("bytes", "constant", "item", "op", "reads", "shape", "trained", "variable")

    def __init__(self, shape: Shape, item: int, op: Op | None, trained: bool = False) -> None:
        self.shape = shape
        self.item = item
        self.bytes = item * prod(shape)
        self.op = op
        self.trained = trained
        self.constant = False
        self.variable: Variable | None = None
        self.reads = 0


class Op:
    """One operation. ``after``: operations that must have run before, beside those of its inputs.

    ``bytes``: the size of the largest tensor that it makes, writes or is a view of; ``variable``: the one
    that it reads or updates;
    ``extra``: bytes that it allocates beside its outputs and frees at its end;
    ``equation``: of an ``Einsum``. ``number`` is its place in the list that is put in order; ``needed``:
    whether anything that counts depends on it.
    """

    __slots__ = (
        "after",
        "attributes",
        "bytes",
        "equation",
        "extra",
        "inputs",
        "kind",
        "needed",
        "number",
        "outputs",
        "owner",
        "phase",
        "variable",
    )
    equation: str
    number: int

    def __init__(self, kind: str, owner: str, phase: str, inputs: tuple[Value, ...]) -> None:
        self.kind = kind
        self.owner = owner
        self.phase = phase
        self.inputs = inputs
        self.outputs: tuple[Value, ...] = ()
        self.bytes = 0
        self.after: tuple[Op, ...] = ()
        self.variable: Variable | None = None
        self.extra = 0
        self.attributes: tuple[int, ...] = ()
        self.needed = False
