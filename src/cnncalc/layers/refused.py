"""The names of ``keras.layers`` (Keras 3.15) that are no kinds of the catalogue.

With the catalogue they are all of ``keras.layers``: tests/keras/test_all_of_keras_layers.py holds that.
"""

from __future__ import annotations

_TABLE = "looks its values up in a table that is learned from data or read from a file"
_CODE = "runs code; what it computes cannot be known from the file"
_CELL = "is one step of a recurrent layer; use the layer that holds it"
_BASE = "is a base for classes of one's own and computes nothing; register such a class"
_NO_LAYER = "is no layer but a helper of Keras"
_FUNCTION = "is a function that makes a layer; use the layer"

REFUSED = {
    "Lambda": _CODE,
    "FlaxLayer": _CODE,
    "JaxLayer": _CODE,
    "TorchModuleWrapper": _CODE,
    "TFSMLayer": "runs a TensorFlow program from another folder",
    "Layer": _BASE,
    "Wrapper": _BASE,
    "RNN": "runs a cell of any kind step by step; LSTM, GRU, SimpleRNN and ConvLSTM2D have rules",
    "GRUCell": _CELL,
    "LSTMCell": _CELL,
    "SimpleRNNCell": _CELL,
    "StackedRNNCells": _CELL,
    "ReversibleEmbedding": "reads its table forwards or backwards, as each call says",
    "CategoryEncoding": "turns whole numbers into categories, before a network",
    "Discretization": "sorts numbers into bins that are learned from data, before a network",
    "HashedCrossing": "hashes values, before a network",
    "Hashing": "hashes values, before a network",
    "IntegerLookup": _TABLE,
    "StringLookup": _TABLE,
    "TextVectorization": "splits texts into words, whose number no shape tells",
    "MelSpectrogram": "transforms sound; its Fourier transforms have no rule",
    "STFTSpectrogram": "transforms sound; its Fourier transforms have no rule",
    "MaxNumBoundingBoxes": "works on bounding boxes, not on images",
    "Pipeline": "holds a list of layers; write them one after another",
    "Input": "is the input of a model: write it under inputs",
    "InputLayer": "is the input of a model: write it under inputs",
    "InputSpec": _NO_LAYER,
    "deserialize": _NO_LAYER,
    "serialize": _NO_LAYER,
    **dict.fromkeys(
        ("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"), _FUNCTION
    ),
}
"""Each name that has no rule, and why."""

ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "GroupedQueryAttention": "GroupQueryAttention",  # its class's own name, which stands in configs
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}
"""Other names that Keras has for kinds of the catalogue."""
