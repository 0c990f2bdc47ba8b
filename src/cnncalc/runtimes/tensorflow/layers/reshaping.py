"""Shapes: views, padding, cropping, upsampling, permuting; scaling of values."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _view(call: Call) -> Value:
    return call.tape.view(call.inputs[0], call.shape)


def _made(kind: str) -> Rule:
    """A new tensor of the output's shape."""
    return lambda call: call.tape.op(kind, call.inputs, call.shape)


def _upsample(call: Call) -> Value:
    """Nearest: each axis repeated by itself (keras/src/backend/tensorflow/numpy.py, repeat); else one
    resize."""
    (x,), tape = call.inputs, call.tape
    if call.layer.interpolation != "nearest":
        return tape.op("Resize", (x,), call.shape)
    axis = 1 if call.layer.data_format == "channels_last" else 2
    half = (*x.shape[:axis], call.shape[axis], *x.shape[axis + 1 :])
    return tape.op("Tile", (tape.op("Tile", (x,), half),), call.shape)


def _rescaling(call: Call) -> Value:
    x = call.tape.cast(call.inputs[0], call.item)
    y = call.tape.unary("Scale", x)
    return call.tape.unary("Shift", y)


def _layer_scale(call: Call) -> Value:
    """keras/src/applications/convnext.py."""
    return call.tape.binary("Mul", call.inputs[0], call.weight("gamma"))


def _custom_scale(call: Call) -> Value:
    """keras/src/applications/inception_resnet_v2.py: the first input plus the second, scaled."""
    one, other = call.inputs
    return call.tape.binary("AddV2", one, call.tape.unary("Scale", other))


def _resizing(call: Call) -> Value:
    kind = "ResizeNearest" if call.layer.interpolation == "nearest" else "Resize"
    return call.tape.op(kind, call.inputs, call.shape)


RULES: dict[str, Rule] = {
    "Flatten": _view,
    "Reshape": _view,
    "Permute": _made("Transpose"),
    **{f"ZeroPadding{rank}D": _made("Pad") for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": _made("StridedSlice") for rank in (1, 2, 3)},
    "UpSampling2D": _upsample,
    "Rescaling": _rescaling,
    "Resizing": _resizing,
    "RepeatVector": _made("Tile"),
    "LayerScale": _layer_scale,
    "CustomScaleLayer": _custom_scale,
}
