"""The gradients that TensorFlow registers for its operations, as operations.

Sources, by kind of operation: tensorflow/python/ops/math_grad.py, nn_grad.py, array_grad.py,
image_grad.py, with
what Grappler leaves of them (divisions by constants are products, equal expressions are one).
Only what a trained variable needs is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnncalc.runtimes.tensorflow.ops import Op, Value
from cnncalc.runtimes.tensorflow.tape import BACKWARD, Tape
from cnncalc.tensors import Shape

Grads = tuple["Value | None", ...]
Rule = Callable[[Tape, Op, Value], Grads]


class MissingGradient(Exception):  # noqa: N818  (caught by the planner, which names the layer)
    """An operation without a rule for its gradient."""


def backward(tape: Tape, seeds: Mapping[Value, Value]) -> dict[int, Value]:
    """Append the gradients of all operations so far; the gradient of each read of a trained variable, by id.

    ``seeds``: the gradients of the loss by the model's outputs.
    """
    tape.phase = BACKWARD
    found: dict[Value, list[Value]] = {value: [seed] for value, seed in seeds.items()}
    reads: dict[int, Value] = {}
    for op in reversed(tuple(tape.ops)):
        outputs = [value for value in op.outputs if value in found]
        if not outputs:
            continue
        tape.owner = op.owner
        gradient = _joined(tape, found.pop(outputs[0]))
        if op.kind == "Read":
            reads[id(op)] = gradient
            continue
        for value, part in zip(op.inputs, _gradients(tape, op, gradient), strict=True):
            if part is not None:
                found.setdefault(value, []).append(part)
    return reads


def _joined(tape: Tape, parts: list[Value]) -> Value:
    """Gradients of one value that come from several readers are added up (backprop aggregation)."""
    return parts[0] if len(parts) == 1 else tape.op("AddN", parts, parts[0].shape)


def _gradients(tape: Tape, op: Op, dy: Value) -> Grads:
    rule = GRADIENTS.get(op.kind)
    if rule is None:
        raise MissingGradient(op.kind)
    return rule(tape, op, dy)


def _reduced(tape: Tape, gradient: Value, shape: Shape) -> Value:
    """The gradient summed over the axes along which a smaller operand was repeated."""
    if gradient.shape == shape:
        return gradient
    missing = len(gradient.shape) - len(shape)
    padded = (1,) * missing + shape
    axes = [index for index, size in enumerate(padded) if size == 1 and gradient.shape[index] != 1]
    axes = [*range(missing), *(axis for axis in axes if axis >= missing)]
    return tape.view(tape.reduce("Sum", gradient, axes), shape)


def _through(tape: Tape, op: Op, dy: Value) -> Grads:
    """Addition: the gradient goes through to each operand."""
    return tuple(_reduced(tape, dy, x.shape) if x.trained else None for x in op.inputs)


def _sub(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    one = _reduced(tape, dy, x.shape) if x.trained else None
    return one, tape.unary("Neg", _reduced(tape, dy, y.shape)) if y.trained else None


def _mul(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    other = tape.binary("Mul", dy, x) if y.trained and _is_half(x) else None
    one = tape.binary("Mul", tape.unary("Scale", dy) if _is_half(x) else dy, y) if x.trained else None
    if y.trained and other is None:
        other = tape.binary("Mul", dy, x)
    return one and _reduced(tape, one, x.shape), other and _reduced(tape, other, y.shape)


def _is_half(operand: Value) -> bool:
    """Whether a constant made the operand, by which its gradient is multiplied first.

    Grappler pushes constants down a product (arithmetic_optimizer.cc), as in gelu's.
    """
    return operand.op is not None and operand.op.kind == "Half"


def _div(tape: Tape, op: Op, dy: Value) -> Grads:
    x, y = op.inputs
    one = _reduced(tape, tape.binary("RealDiv", dy, y), x.shape) if x.trained else None
    if not y.trained:
        return one, None
    quotient = tape.binary("RealDiv", tape.binary("RealDiv", tape.unary("Neg", x), y), y)
    return one, _reduced(tape, tape.binary("Mul", dy, quotient), y.shape)


def _squared_difference(tape: Tape, op: Op, dy: Value) -> Grads:
    """2 (x - mean) dy; nothing for the mean, whose gradient ``tf.nn.moments`` stops."""
    mean, x = op.inputs
    scaled = tape.unary("Scale", dy)
    difference = _delayed(tape.binary("Sub", x, mean), dy)
    return None, tape.binary("Mul", scaled, difference)


def _delayed(made: Value, dy: Value) -> Value:
    """Made only when the gradient is there: the gradient functions say so by a control dependency."""
    if made.op and dy.op:
        made.op.after = (dy.op,)
    return made


def _square(tape: Tape, op: Op, dy: Value) -> Grads:
    twice = _delayed(tape.unary("Scale", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, twice),)


def _mean(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.unary("Scale", _spread(tape, op, dy)),)


def _sum(tape: Tape, op: Op, dy: Value) -> Grads:
    return (_spread(tape, op, dy),)


def _spread(tape: Tape, op: Op, dy: Value) -> Value:
    """A reduction's gradient, repeated over the axes that were reduced (Tile)."""
    (x,) = op.inputs
    kept = tuple(1 if axis in op.attributes else size for axis, size in enumerate(x.shape))
    small = tape.view(dy, kept)
    return small if kept == x.shape else tape.op("Tile", (small,), x.shape)


def _extreme(tape: Tape, op: Op, dy: Value) -> Grads:
    """Max, Min over axes: where the input equals the result, shared among equals (_MinOrMaxGrad)."""
    (x,) = op.inputs
    kept = tuple(1 if axis in op.attributes else size for axis, size in enumerate(x.shape))
    result, small = tape.view(op.outputs[0], kept), tape.view(dy, kept)
    same = tape.op("Equal", (result, x), x.shape, 1)
    indicators = tape.op("Cast", (same,), x.shape, x.item)
    count = tape.view(tape.reduce("Sum", indicators, op.attributes), kept)
    return (tape.binary("Mul", tape.binary("RealDiv", indicators, count), small),)


def _conv(tape: Tape, op: Op, dy: Value) -> Grads:
    """Conv2DBackpropInput and Conv2DBackpropFilter; the bias's gradient comes with the filter's."""
    x, kernel, *bias = op.inputs
    name = op.kind.replace("2D", "").replace("3D", "") if op.kind.startswith("Depthwise") else op.kind
    name = "Depthwise" if name.startswith("Depthwise") else op.kind
    one = tape.op(f"{name}BackpropInput", (kernel, dy), x.shape) if x.trained else None
    other = tape.op(f"{name}BackpropFilter", (x, dy), kernel.shape) if kernel.trained else None
    if not bias or not bias[0].trained:
        return (one, other, *([None] * len(bias)))
    if other and name == "Conv2D" and len(x.shape) == 4:  # else something stands between kernel and bias
        return one, other, tape.more(other, bias[0].shape, bias[0].item)
    return one, other, tape.op("BiasAddGrad", (dy,), bias[0].shape)


def _grouped(tape: Tape, op: Op, dy: Value) -> Grads:
    """One compiled function gives both gradients.

    XLA plans its temporaries as one buffer: a copy of the input, and twice the kernels of all groups as one
    dense kernel, of which the copy of the input and one kernel are not alive at once.
    """
    x, kernel = op.inputs
    (each,) = op.attributes
    dense = kernel.item * prod(kernel.shape[:-2]) * each * kernel.shape[-1]
    one = tape.op("GroupedConvGrad", (op.outputs[1], kernel, dy), x.shape)
    tape.ops[-1].extra = max(x.bytes, dense) + dense
    return one, tape.more(one, kernel.shape, kernel.item)


def _conv_transpose(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of Conv2DBackpropInput is a convolution (_Conv2DBackpropInputGrad)."""
    kernel, x = op.inputs
    one = tape.op("Conv2D", (dy, kernel), x.shape) if x.trained else None
    return tape.op("Conv2DBackpropFilter", (dy, x), kernel.shape) if kernel.trained else None, one


def _matmul(tape: Tape, op: Op, dy: Value) -> Grads:
    x, kernel, *bias = op.inputs
    one = tape.op("MatMulInput", (kernel, dy), x.shape) if x.trained else None
    other = tape.op("MatMulFilter", (x, dy), kernel.shape) if kernel.trained else None
    rest = [tape.op("BiasAddGrad", (dy,), item.shape) if item.trained else None for item in bias]
    return (one, other, *rest)


def _bias_add(tape: Tape, op: Op, dy: Value) -> Grads:
    x, bias = op.inputs
    return dy if x.trained else None, tape.op("BiasAddGrad", (dy,), bias.shape) if bias.trained else None


def _max_pool(tape: Tape, op: Op, dy: Value) -> Grads:
    """MaxPoolGrad reads the input, the output and the workspace of the oneDNN kernel."""
    (x,) = op.inputs
    return (tape.op("MaxPoolGrad", (x, op.outputs[0], dy, *op.outputs[1:]), x.shape),)


def _shape_only(kind: str) -> Rule:
    """A gradient that reads nothing but the gradient of the output."""
    return lambda tape, op, dy: (tape.op(kind, (dy,), op.inputs[0].shape),)


def _by_output(kind: str) -> Rule:
    """Gradient kernels that read the output: relu, sigmoid, tanh, elu, selu."""
    return lambda tape, op, dy: (tape.binary(kind, dy, op.outputs[0]),)


def _by_input(kind: str) -> Rule:
    """Gradient kernels that read the input: leaky_relu, softplus, softsign."""
    return lambda tape, op, dy: (tape.binary(kind, dy, op.inputs[0]),)


def _softmax(tape: Tape, op: Op, dy: Value) -> Grads:
    """(dy - sum(dy y)) y (_SoftmaxGrad)."""
    y = op.outputs[0]
    total = tape.reduce("Sum", tape.binary("Mul", dy, y), [-1], keep=True)
    return (tape.binary("Mul", tape.binary("Sub", dy, total), y),)


def _log_softmax(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy - sum(dy) exp(y) (_LogSoftmaxGrad)."""
    softmax = tape.unary("Exp", op.outputs[0])
    total = tape.reduce("Sum", dy, [-1], keep=True)
    return (tape.binary("Sub", dy, tape.binary("Mul", total, softmax)),)


def _view(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.view(dy, op.inputs[0].shape),)


def _cast(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.cast(dy, op.inputs[0].item),)


def _scaled(tape: Tape, op: Op, dy: Value) -> Grads:
    return (_reduced(tape, tape.unary("Scale", dy), op.inputs[0].shape),)


def _same(tape: Tape, op: Op, dy: Value) -> Grads:
    return (_reduced(tape, dy, op.inputs[0].shape),)


def _times(factor: str) -> Rule:
    """dy times a function of the input, made when the gradient is there."""

    def rule(tape: Tape, op: Op, dy: Value) -> Grads:
        return (tape.binary("Mul", dy, _delayed(tape.unary(factor, op.inputs[0]), dy)),)

    return rule


def _exp(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.binary("Mul", dy, op.outputs[0]),)


def _log(tape: Tape, op: Op, dy: Value) -> Grads:
    made = _delayed(tape.unary("Reciprocal", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, made),)


def _rsqrt(tape: Tape, op: Op, dy: Value) -> Grads:
    return (tape.binary("RsqrtGrad", op.outputs[0], dy),)


def _erf(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy times exp(-x^2) and a constant (_ErfGrad, _ErfcGrad); the square is made as soon as x is there."""
    bell = tape.unary("Exp", tape.unary("Square", op.inputs[0]))
    return (tape.binary("Mul", bell, dy),)


def _swish(tape: Tape, op: Op, dy: Value) -> Grads:
    """sigmoid(x) (1 + x (1 - sigmoid(x))) dy, made when dy is there (nn_impl.py, swish)."""
    (x,) = op.inputs
    sigmoid = _delayed(tape.unary("Sigmoid", x), dy)
    rest = tape.unary("Shift", sigmoid)
    slope = tape.unary("Shift", tape.binary("Mul", x, rest))
    return (tape.binary("Mul", dy, tape.binary("Mul", sigmoid, slope)),)


def _larger(tape: Tape, op: Op, dy: Value) -> Grads:
    """Maximum, Minimum: a mask, and SelectV2 for each operand that is trained (_MaximumMinimumGrad)."""
    x, *rest = op.inputs
    mask = tape.op("Compare", op.inputs, op.outputs[0].shape, 1)
    parts = [
        _reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), item.shape)
        if item.trained
        else None
        for item in (x, *rest)
    ]
    return tuple(parts)


def _select(tape: Tape, op: Op, dy: Value) -> Grads:
    mask, *branches = op.inputs
    parts = [
        _reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), item.shape)
        if item.trained
        else None
        for item in branches
    ]
    return (None, *parts)


def _clipped(tape: Tape, op: Op, dy: Value) -> Grads:
    """Maximum or minimum with a constant: a mask, and SelectV2."""
    (x,) = op.inputs
    mask = tape.op("Compare", (x,), dy.shape, 1)
    return (_reduced(tape, tape.op("SelectV2", (mask, dy), dy.shape, dy.item), x.shape),)


def _nothing(tape: Tape, op: Op, dy: Value) -> Grads:
    return (None,)


def _concat(tape: Tape, op: Op, dy: Value) -> Grads:
    """One slice per input (_ConcatGradHelper); the gradient stays until the last of them."""
    return tuple(tape.op("Slice", (dy,), x.shape) if x.trained else None for x in op.inputs)


def _upsample(tape: Tape, op: Op, dy: Value) -> Grads:
    """Tile's gradient: a sum over the copies (_TileGrad)."""
    (x,) = op.inputs
    return (tape.op("Sum", (dy,), x.shape),)


def _resize(tape: Tape, op: Op, dy: Value) -> Grads:
    """ResizeBilinearGrad reads the original image for its shape and type (image_grad.py)."""
    (x,) = op.inputs
    return (tape.op("ResizeGrad", (dy, x), x.shape),)


def _batch_matmul(tape: Tape, op: Op, dy: Value) -> Grads:
    """A product for each operand, summed over the batch where the operand has none (_BatchMatMulV2)."""
    x, y = op.inputs
    one = _of_operand(tape, op, dy, 0) if x.trained else None
    return one, _of_operand(tape, op, dy, 1) if y.trained else None


def _of_operand(tape: Tape, op: Op, dy: Value, number: int) -> Value:
    """The gradient of one of two matrices, transposed where the operand is read with its axes exchanged."""
    operand, other = op.inputs[number], op.inputs[1 - number]
    swapped = number in op.attributes
    matrix = operand.shape[:-3:-1] if swapped else operand.shape[-2:]
    given = (other, dy) if number else (dy, other)
    made = _reduced(
        tape, tape.op("BatchMatMul", given, (*dy.shape[:-2], *matrix)), (*operand.shape[:-2], *matrix)
    )
    return tape.op("Transpose", (made,), operand.shape) if swapped else made


def _lrn(tape: Tape, op: Op, dy: Value) -> Grads:
    (x,) = op.inputs
    return (tape.op("LRNGrad", (dy, x, op.outputs[0]), x.shape),)


def _mirror_pad(tape: Tape, op: Op, dy: Value) -> Grads:
    """The kernel folds the gradient in a copy of it (mirror_pad_op.cc)."""
    found = tape.op("MirrorPadGrad", (dy,), op.inputs[0].shape)
    tape.ops[-1].extra = dy.bytes
    return (found,)


def _log1p(tape: Tape, op: Op, dy: Value) -> Grads:
    shifted = _delayed(tape.unary("Shift", op.inputs[0]), dy)
    return (tape.binary("Mul", dy, tape.unary("Reciprocal", shifted)),)


def _pack(tape: Tape, op: Op, dy: Value) -> Grads:
    """Unpack: all parts at once (_PackGrad)."""
    first = tape.op("Unpack", (dy,), op.inputs[0].shape)
    return (first, *(tape.more(first, x.shape, x.item) for x in op.inputs[1:]))


def _pow(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy y x^(y - 1) and dy z log(x), the latter over the x above 0 (_PowGrad)."""
    x, y = op.inputs
    one = other = None
    if x.trained:
        rest = tape.binary("Pow", x, tape.unary("Shift", y))
        one = _reduced(tape, tape.binary("Mul", tape.binary("Mul", dy, y), rest), x.shape)
    if y.trained:
        mask = tape.op("Greater", (x,), x.shape, 1)
        log = tape.unary("Log", tape.op("SelectV2", (mask, x), x.shape, x.item))
        kept = tape.op("SelectV2", (mask, log), x.shape, x.item)
        product = tape.binary("Mul", tape.binary("Mul", dy, op.outputs[0]), kept)
        other = _reduced(tape, product, y.shape)
    return one, other


def _cube(tape: Tape, op: Op, dy: Value) -> Grads:
    """3 x^2 dy by the square that is there: x^3 is made as a product with it (ConvertPowStage)."""
    square, x = op.inputs
    if square.op and square.op.kind == "Scale":
        (square,) = square.op.inputs
    return None, tape.binary("Mul", square, tape.unary("Scale", dy)) if x.trained else None


def _divided_constant(tape: Tape, op: Op, dy: Value) -> Grads:
    """dy (-c / y) / y (_RealDivGrad)."""
    (y,) = op.inputs
    quotient = tape.binary("RealDiv", tape.unary("DivideConstant", y), y)
    return (_reduced(tape, tape.binary("Mul", dy, quotient), y.shape),)


def _product(tape: Tape, op: Op, dy: Value) -> Grads:
    """The product of all the others, by two cumulative products along the axes in front (_ProdGrad)."""
    (x,) = op.inputs
    spread = _spread(tape, op, dy)
    order = [*op.attributes, *(axis for axis in range(len(x.shape)) if axis not in op.attributes)]
    moved = tape.op("Transpose", (x,), tuple(x.shape[axis] for axis in order))
    left, right = tape.op("Cumprod", (moved,), moved.shape), tape.op("Cumprod", (moved,), moved.shape)
    back = tape.op("Transpose", (tape.binary("Mul", left, right),), x.shape)
    return (tape.binary("Mul", spread, back),)


def _gather(tape: Tape, op: Op, dy: Value) -> Grads:
    """A sum over segments, with the gathered axis brought to the front and back again (_GatherV2Grad)."""
    (x,), (axis,) = op.inputs, op.attributes
    order = [axis, *(index for index in range(len(x.shape)) if index != axis)]
    front = tape.op("Transpose", (dy,), tuple(dy.shape[index] for index in order))
    total = tape.op("UnsortedSegmentSum", (front,), tuple(x.shape[index] for index in order))
    return (tape.op("Transpose", (total,), x.shape),)


def _row(tape: Tape, op: Op, dy: Value) -> Grads:
    """The gradient of a part is one of the whole, zero elsewhere."""
    return (tape.op("StridedSliceGrad", (dy,), op.inputs[0].shape),)


def _einsum(tape: Tape, op: Op, dy: Value) -> Grads:
    """An Einsum of the gradient and the other operand for each (linalg_grad.py, _EinsumGrad)."""
    x, y = op.inputs
    given, output = op.equation.split("->")
    one, other = given.split(",")
    first = tape.einsum(f"{output},{other}->{one}", dy, y) if x.trained else None
    if not y.trained:
        return first, None
    if op.attributes:
        return first, _summed_over_front(tape, op, dy)
    return first, tape.einsum(f"{output},{one}->{other}", dy, x)


def _summed_over_front(tape: Tape, op: Op, dy: Value) -> Value:
    """A kernel's gradient beside axes ``...``: a matrix for every position, transposed, then summed."""
    x, kernel = op.inputs
    (count,) = op.attributes
    each = tape.op("Einsum", (dy, x), (*x.shape[:count], *kernel.shape))
    tape.ops[-1].extra = each.bytes
    return tape.reduce("Sum", each, range(count))


GRADIENTS: dict[str, Rule] = {
    "AddV2": _through,
    "Sub": _sub,
    "Mul": _mul,
    "RealDiv": _div,
    "SquaredDifference": _squared_difference,
    "Square": _square,
    "Mean": _mean,
    "Sum": _sum,
    "Max": _extreme,
    "Min": _extreme,
    "Conv2D": _conv,
    "Conv3D": _conv,
    "DepthwiseConv2D": _conv,
    "GroupedConv": _grouped,
    "SpaceToBatch": _shape_only("BatchToSpace"),
    "BatchToSpace": _shape_only("SpaceToBatch"),
    "Conv2DBackpropInput": _conv_transpose,
    "MatMul": _matmul,
    "BatchMatMul": _batch_matmul,
    "BiasAdd": _bias_add,
    "MaxPool": _max_pool,
    "AvgPool": _shape_only("AvgPoolGrad"),
    "Pad": _shape_only("Slice"),
    "Gather": _gather,
    "Row": _row,
    "Einsum": _einsum,
    "MirrorPad": _mirror_pad,
    "Pack": _pack,
    "Pow": _pow,
    "Cube": _cube,
    "PowConstant": _times("PowConstant"),
    "DivideConstant": _divided_constant,
    "Reciprocal": _by_output("ReciprocalGrad"),
    "Prod": _product,
    "Slice": _shape_only("Pad"),
    "StridedSlice": _shape_only("StridedSliceGrad"),
    "Transpose": _shape_only("Transpose"),
    "Concat": _concat,
    "Tile": _upsample,
    "Resize": _resize,
    "ResizeNearest": _shape_only("ResizeGrad"),
    "LRN": _lrn,
    "Relu": _by_output("ReluGrad"),
    "Relu6": _by_output("Relu6Grad"),
    "Elu": _by_output("EluGrad"),
    "Selu": _by_output("SeluGrad"),
    "Sigmoid": _by_output("SigmoidGrad"),
    "Tanh": _by_output("TanhGrad"),
    "LeakyRelu": _by_input("LeakyReluGrad"),
    "Softplus": _by_input("SoftplusGrad"),
    "Softsign": _by_input("SoftsignGrad"),
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    "Swish": _swish,
    "Exp": _exp,
    "Expm1": _times("Exp"),
    "Log": _log,
    "Log1p": _log1p,
    "Sqrt": _by_output("SqrtGrad"),
    "Rsqrt": _rsqrt,
    "Erf": _erf,
    "Erfc": _erf,
    "Abs": _times("Sign"),
    "Neg": _scaled,
    "Maximum": _larger,
    "Minimum": _larger,
    "SelectV2": _select,
    "MaximumConstant": _clipped,
    "MinimumConstant": _clipped,
    "Floor": _nothing,
    "Half": _same,
    "Scale": _scaled,
    "Shift": _same,
    "Cast": _cast,
    "Reshape": _view,
    "Identity": _view,
}
"""The rule of each kind; ``Scale`` is a product with a constant, ``Shift`` a sum with one."""
