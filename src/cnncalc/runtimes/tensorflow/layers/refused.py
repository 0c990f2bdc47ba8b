"""Layer kinds of the catalogue that have no rule for this runtime, each with the reason."""

from __future__ import annotations

_LOOP = "its steps run in a tf.while_loop, whose stacks of tensors are not modelled"
_CHANGES = "it works on the values of images by histograms or masks, when predicting too"

REFUSED: dict[str, str] = {
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU", "Bidirectional"), _LOOP),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _LOOP),
    **dict.fromkeys(("Equalization", "AutoContrast"), _CHANGES),
    "ContrastLimitedAdaptiveHistogramEqualization": _CHANGES,
    "RandomPosterization": "its call raises a TypeError on TensorFlow in Keras 3.15",
    "RandomCrop": "when predicting it hands images on uncropped, against the shape that it states",
}
