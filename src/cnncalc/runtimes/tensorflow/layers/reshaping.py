"""Shapes: views, padding, cropping, upsampling, permuting; scaling of values."""

from __future__ import annotations

from itertools import chain

from cnncalc.runtimes.tensorflow.layers.arranging import transposed
from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value


def _view(call: Call) -> Value:
    return call.tape.view(call.inputs[0], call.shape)


def _made(kind: str) -> Rule:
    """A new tensor of the output's shape."""
    return lambda call: call.tape.op(kind, call.inputs, call.shape)


def _zero_padding(call: Call) -> Value:
    """Zeros around: how many tells two paddings of one tensor apart."""
    y = call.tape.op("Pad", call.inputs, call.shape)
    padding = call.layer.padding
    call.tape.ops[-1].attributes = padding if len(call.shape) == 3 else tuple(chain.from_iterable(padding))
    return y


def _upsample(call: Call) -> Value:
    """Nearest: each axis repeated by itself (keras/src/backend/tensorflow/numpy.py, repeat); else one
    resize."""
    (x,), tape = call.inputs, call.tape
    if call.layer.kind == "UpSampling2D" and call.layer.interpolation != "nearest":
        return _resized(call)
    for axis, size in enumerate(call.shape):
        if x.shape[axis] != size:
            x = tape.op("Tile", (x,), (*x.shape[:axis], size, *x.shape[axis + 1 :]))
    return x


def _resized(call: Call) -> Value:
    if call.layer.data_format == "channels_first":
        raise NotImplementedError("a resize of images with the channels first")
    nearest = call.layer.interpolation == "nearest"
    return call.tape.op("ResizeNearest" if nearest else "Resize", call.inputs, call.shape)


def _center_crop(call: Call) -> Value:
    """center_crop.py; an image that is too small is cut to the proportions and resized (image_utils.py)."""
    (x,), tape, layer = call.inputs, call.tape, call.layer
    last = layer.data_format == "channels_last"
    height, width = x.shape[1:3] if last else x.shape[2:]
    if x.shape == call.shape:
        return x
    if height >= layer.height and width >= layer.width:
        return tape.op("StridedSlice", (x,), call.shape)
    if not last:
        raise NotImplementedError("a resize of images with the channels first")
    rows = max(min(height, int(width * layer.height / layer.width)), 1)
    columns = max(min(width, int(height * layer.width / layer.height)), 1)
    if (rows, columns) != (height, width):
        x = tape.op("StridedSlice", (x,), (x.shape[0], rows, columns, x.shape[3]))
    return tape.op("Resize", (x,), call.shape)


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
    layer = call.layer
    if layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio or layer.antialias:
        raise NotImplementedError("a resize that keeps proportions or smooths")
    return _resized(call)


def _permute(call: Call) -> Value:
    return transposed(call.tape, call.inputs[0], (0, *call.layer.dims))


RULES: dict[str, Rule] = {
    "Flatten": _view,
    "Reshape": _view,
    "Permute": _permute,
    **{f"ZeroPadding{rank}D": _zero_padding for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": _made("StridedSlice") for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": _upsample for rank in (1, 2, 3)},
    "CenterCrop": _center_crop,
    "Rescaling": _rescaling,
    "Resizing": _resizing,
    "RepeatVector": _made("Tile"),
    "LayerScale": _layer_scale,
    "CustomScaleLayer": _custom_scale,
}
