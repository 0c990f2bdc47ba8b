"""Every layer kind by name: ``cnncalc.layers.Conv2D`` and its siblings.

The catalogue is the one list of what cnncalc knows. A family's module is imported when the
first of its kinds is asked for, so that a small model loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.errors import CnncalcError, nearest

if TYPE_CHECKING:  # what an editor completes by; a test holds it equal to the catalogue
    from cnncalc.layers.activation import ELU as ELU
    from cnncalc.layers.activation import Activation as Activation
    from cnncalc.layers.activation import LeakyReLU as LeakyReLU
    from cnncalc.layers.activation import PReLU as PReLU
    from cnncalc.layers.activation import ReLU as ReLU
    from cnncalc.layers.activation import Softmax as Softmax
    from cnncalc.layers.adaptive import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
    from cnncalc.layers.adaptive import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
    from cnncalc.layers.adaptive import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
    from cnncalc.layers.adaptive import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
    from cnncalc.layers.adaptive import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
    from cnncalc.layers.adaptive import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
    from cnncalc.layers.applications import CustomScaleLayer as CustomScaleLayer
    from cnncalc.layers.applications import LayerScale as LayerScale
    from cnncalc.layers.applications import StochasticDepth as StochasticDepth
    from cnncalc.layers.attention import AdditiveAttention as AdditiveAttention
    from cnncalc.layers.attention import Attention as Attention
    from cnncalc.layers.augmentation import CutMix as CutMix
    from cnncalc.layers.augmentation import MixUp as MixUp
    from cnncalc.layers.augmentation import RandomElasticTransform as RandomElasticTransform
    from cnncalc.layers.augmentation import RandomErasing as RandomErasing
    from cnncalc.layers.augmentation import RandomFlip as RandomFlip
    from cnncalc.layers.augmentation import RandomGaussianBlur as RandomGaussianBlur
    from cnncalc.layers.augmentation import RandomPerspective as RandomPerspective
    from cnncalc.layers.augmentation import RandomRotation as RandomRotation
    from cnncalc.layers.augmentation import RandomShear as RandomShear
    from cnncalc.layers.augmentation import RandomTranslation as RandomTranslation
    from cnncalc.layers.augmentation import RandomZoom as RandomZoom
    from cnncalc.layers.base import Layer as Layer
    from cnncalc.layers.coloring import AugMix as AugMix
    from cnncalc.layers.coloring import AutoContrast as AutoContrast
    from cnncalc.layers.coloring import (
        ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
    )
    from cnncalc.layers.coloring import Equalization as Equalization
    from cnncalc.layers.coloring import RandAugment as RandAugment
    from cnncalc.layers.coloring import RandomBrightness as RandomBrightness
    from cnncalc.layers.coloring import RandomColorDegeneration as RandomColorDegeneration
    from cnncalc.layers.coloring import RandomColorJitter as RandomColorJitter
    from cnncalc.layers.coloring import RandomContrast as RandomContrast
    from cnncalc.layers.coloring import RandomGrayscale as RandomGrayscale
    from cnncalc.layers.coloring import RandomHue as RandomHue
    from cnncalc.layers.coloring import RandomInvert as RandomInvert
    from cnncalc.layers.coloring import RandomPosterization as RandomPosterization
    from cnncalc.layers.coloring import RandomSaturation as RandomSaturation
    from cnncalc.layers.coloring import RandomSharpness as RandomSharpness
    from cnncalc.layers.coloring import Solarization as Solarization
    from cnncalc.layers.convolution import Conv1D as Conv1D
    from cnncalc.layers.convolution import Conv2D as Conv2D
    from cnncalc.layers.convolution import Conv3D as Conv3D
    from cnncalc.layers.convolutional_recurrent import ConvLSTM1D as ConvLSTM1D
    from cnncalc.layers.convolutional_recurrent import ConvLSTM2D as ConvLSTM2D
    from cnncalc.layers.convolutional_recurrent import ConvLSTM3D as ConvLSTM3D
    from cnncalc.layers.dense import Dense as Dense
    from cnncalc.layers.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from cnncalc.layers.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from cnncalc.layers.depthwise import SeparableConv1D as SeparableConv1D
    from cnncalc.layers.depthwise import SeparableConv2D as SeparableConv2D
    from cnncalc.layers.einsum import EinsumDense as EinsumDense
    from cnncalc.layers.embedding import Embedding as Embedding
    from cnncalc.layers.facts import Facts as Facts
    from cnncalc.layers.facts import Kept as Kept
    from cnncalc.layers.facts import Made as Made
    from cnncalc.layers.facts import Window as Window
    from cnncalc.layers.images import CenterCrop as CenterCrop
    from cnncalc.layers.images import RandomCrop as RandomCrop
    from cnncalc.layers.images import Resizing as Resizing
    from cnncalc.layers.merging import Add as Add
    from cnncalc.layers.merging import Average as Average
    from cnncalc.layers.merging import Concatenate as Concatenate
    from cnncalc.layers.merging import Dot as Dot
    from cnncalc.layers.merging import Maximum as Maximum
    from cnncalc.layers.merging import Minimum as Minimum
    from cnncalc.layers.merging import Multiply as Multiply
    from cnncalc.layers.merging import Subtract as Subtract
    from cnncalc.layers.multihead import GroupQueryAttention as GroupQueryAttention
    from cnncalc.layers.multihead import MultiHeadAttention as MultiHeadAttention
    from cnncalc.layers.normalization import BatchNormalization as BatchNormalization
    from cnncalc.layers.normalization import GroupNormalization as GroupNormalization
    from cnncalc.layers.normalization import LayerNormalization as LayerNormalization
    from cnncalc.layers.normalization import LocalResponseNormalization as LocalResponseNormalization
    from cnncalc.layers.norms import RMSNormalization as RMSNormalization
    from cnncalc.layers.norms import UnitNormalization as UnitNormalization
    from cnncalc.layers.passing import ActivityRegularization as ActivityRegularization
    from cnncalc.layers.passing import Masking as Masking
    from cnncalc.layers.pooling import AveragePooling1D as AveragePooling1D
    from cnncalc.layers.pooling import AveragePooling2D as AveragePooling2D
    from cnncalc.layers.pooling import AveragePooling3D as AveragePooling3D
    from cnncalc.layers.pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
    from cnncalc.layers.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
    from cnncalc.layers.pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
    from cnncalc.layers.pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
    from cnncalc.layers.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
    from cnncalc.layers.pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
    from cnncalc.layers.pooling import MaxPooling1D as MaxPooling1D
    from cnncalc.layers.pooling import MaxPooling2D as MaxPooling2D
    from cnncalc.layers.pooling import MaxPooling3D as MaxPooling3D
    from cnncalc.layers.preprocessing import Normalization as Normalization
    from cnncalc.layers.preprocessing import Rescaling as Rescaling
    from cnncalc.layers.recurrent import GRU as GRU
    from cnncalc.layers.recurrent import LSTM as LSTM
    from cnncalc.layers.recurrent import Bidirectional as Bidirectional
    from cnncalc.layers.recurrent import SimpleRNN as SimpleRNN
    from cnncalc.layers.regularization import AlphaDropout as AlphaDropout
    from cnncalc.layers.regularization import Dropout as Dropout
    from cnncalc.layers.regularization import GaussianDropout as GaussianDropout
    from cnncalc.layers.regularization import GaussianNoise as GaussianNoise
    from cnncalc.layers.regularization import SpatialDropout1D as SpatialDropout1D
    from cnncalc.layers.regularization import SpatialDropout2D as SpatialDropout2D
    from cnncalc.layers.regularization import SpatialDropout3D as SpatialDropout3D
    from cnncalc.layers.reshaping import Flatten as Flatten
    from cnncalc.layers.reshaping import Identity as Identity
    from cnncalc.layers.reshaping import Permute as Permute
    from cnncalc.layers.reshaping import RepeatVector as RepeatVector
    from cnncalc.layers.reshaping import Reshape as Reshape
    from cnncalc.layers.resizing import Cropping1D as Cropping1D
    from cnncalc.layers.resizing import Cropping2D as Cropping2D
    from cnncalc.layers.resizing import Cropping3D as Cropping3D
    from cnncalc.layers.resizing import ZeroPadding1D as ZeroPadding1D
    from cnncalc.layers.resizing import ZeroPadding2D as ZeroPadding2D
    from cnncalc.layers.resizing import ZeroPadding3D as ZeroPadding3D
    from cnncalc.layers.transposed import Conv1DTranspose as Conv1DTranspose
    from cnncalc.layers.transposed import Conv2DTranspose as Conv2DTranspose
    from cnncalc.layers.transposed import Conv3DTranspose as Conv3DTranspose
    from cnncalc.layers.upsampling import UpSampling1D as UpSampling1D
    from cnncalc.layers.upsampling import UpSampling2D as UpSampling2D
    from cnncalc.layers.upsampling import UpSampling3D as UpSampling3D
    from cnncalc.layers.wrappers import SpectralNormalization as SpectralNormalization
    from cnncalc.layers.wrappers import TimeDistributed as TimeDistributed
    from cnncalc.tensors import Weight as Weight

CATALOGUE = {
    "Conv1D": "convolution",
    "Conv2D": "convolution",
    "Conv3D": "convolution",
    "Conv1DTranspose": "transposed",
    "Conv2DTranspose": "transposed",
    "Conv3DTranspose": "transposed",
    "DepthwiseConv1D": "depthwise",
    "DepthwiseConv2D": "depthwise",
    "SeparableConv1D": "depthwise",
    "SeparableConv2D": "depthwise",
    "Dense": "dense",
    "MaxPooling1D": "pooling",
    "MaxPooling2D": "pooling",
    "MaxPooling3D": "pooling",
    "AveragePooling1D": "pooling",
    "AveragePooling2D": "pooling",
    "AveragePooling3D": "pooling",
    "GlobalMaxPooling1D": "pooling",
    "GlobalMaxPooling2D": "pooling",
    "GlobalMaxPooling3D": "pooling",
    "GlobalAveragePooling1D": "pooling",
    "GlobalAveragePooling2D": "pooling",
    "GlobalAveragePooling3D": "pooling",
    "BatchNormalization": "normalization",
    "LayerNormalization": "normalization",
    "GroupNormalization": "normalization",
    "LocalResponseNormalization": "normalization",
    "Normalization": "preprocessing",
    "Rescaling": "preprocessing",
    "Activation": "activation",
    "ReLU": "activation",
    "LeakyReLU": "activation",
    "PReLU": "activation",
    "ELU": "activation",
    "Softmax": "activation",
    "Dropout": "regularization",
    "SpatialDropout1D": "regularization",
    "SpatialDropout2D": "regularization",
    "SpatialDropout3D": "regularization",
    "AlphaDropout": "regularization",
    "GaussianDropout": "regularization",
    "GaussianNoise": "regularization",
    "Add": "merging",
    "Subtract": "merging",
    "Multiply": "merging",
    "Average": "merging",
    "Maximum": "merging",
    "Minimum": "merging",
    "Concatenate": "merging",
    "Dot": "merging",
    "Flatten": "reshaping",
    "Reshape": "reshaping",
    "Permute": "reshaping",
    "RepeatVector": "reshaping",
    "Identity": "reshaping",
    "ZeroPadding1D": "resizing",
    "ZeroPadding2D": "resizing",
    "ZeroPadding3D": "resizing",
    "Cropping1D": "resizing",
    "Cropping2D": "resizing",
    "Cropping3D": "resizing",
    "UpSampling1D": "upsampling",
    "UpSampling2D": "upsampling",
    "UpSampling3D": "upsampling",
    "AdaptiveAveragePooling1D": "adaptive",
    "AdaptiveAveragePooling2D": "adaptive",
    "AdaptiveAveragePooling3D": "adaptive",
    "AdaptiveMaxPooling1D": "adaptive",
    "AdaptiveMaxPooling2D": "adaptive",
    "AdaptiveMaxPooling3D": "adaptive",
    "LayerScale": "applications",
    "StochasticDepth": "applications",
    "CustomScaleLayer": "applications",
    "Attention": "attention",
    "AdditiveAttention": "attention",
    "RandomFlip": "augmentation",
    "RandomRotation": "augmentation",
    "RandomZoom": "augmentation",
    "RandomTranslation": "augmentation",
    "RandomShear": "augmentation",
    "RandomPerspective": "augmentation",
    "RandomElasticTransform": "augmentation",
    "RandomErasing": "augmentation",
    "RandomGaussianBlur": "augmentation",
    "CutMix": "augmentation",
    "MixUp": "augmentation",
    "RandomBrightness": "coloring",
    "RandomContrast": "coloring",
    "RandomSaturation": "coloring",
    "RandomHue": "coloring",
    "RandomSharpness": "coloring",
    "RandomColorDegeneration": "coloring",
    "RandomColorJitter": "coloring",
    "RandomGrayscale": "coloring",
    "RandomInvert": "coloring",
    "RandomPosterization": "coloring",
    "Solarization": "coloring",
    "RandAugment": "coloring",
    "AugMix": "coloring",
    "Equalization": "coloring",
    "AutoContrast": "coloring",
    "ContrastLimitedAdaptiveHistogramEqualization": "coloring",
    "ConvLSTM1D": "convolutional_recurrent",
    "ConvLSTM2D": "convolutional_recurrent",
    "ConvLSTM3D": "convolutional_recurrent",
    "EinsumDense": "einsum",
    "Embedding": "embedding",
    "Resizing": "images",
    "CenterCrop": "images",
    "RandomCrop": "images",
    "MultiHeadAttention": "multihead",
    "GroupQueryAttention": "multihead",
    "UnitNormalization": "norms",
    "RMSNormalization": "norms",
    "ActivityRegularization": "passing",
    "Masking": "passing",
    "SimpleRNN": "recurrent",
    "LSTM": "recurrent",
    "GRU": "recurrent",
    "Bidirectional": "recurrent",
    "TimeDistributed": "wrappers",
    "SpectralNormalization": "wrappers",
    "ops.Relu": "operations_activating",
    "ops.Relu6": "operations_activating",
    "ops.LeakyRelu": "operations_activating",
    "ops.Elu": "operations_activating",
    "ops.Selu": "operations_activating",
    "ops.Celu": "operations_activating",
    "ops.Gelu": "operations_activating",
    "ops.Silu": "operations_activating",
    "ops.Sigmoid": "operations_activating",
    "ops.Tanh": "operations_activating",
    "ops.LogSigmoid": "operations_activating",
    "ops.Softplus": "operations_activating",
    "ops.Softsign": "operations_activating",
    "ops.HardSigmoid": "operations_activating",
    "ops.HardSilu": "operations_activating",
    "ops.HardTanh": "operations_activating",
    "ops.Softmax": "operations_activating",
    "ops.LogSoftmax": "operations_activating",
    "ops.Add": "operations_arithmetic",
    "ops.Subtract": "operations_arithmetic",
    "ops.Multiply": "operations_arithmetic",
    "ops.Divide": "operations_arithmetic",
    "ops.TrueDivide": "operations_arithmetic",
    "ops.Maximum": "operations_arithmetic",
    "ops.Minimum": "operations_arithmetic",
    "ops.Power": "operations_arithmetic",
    "ops.Matmul": "operations_arithmetic",
    "ops.Negative": "operations_functions",
    "ops.Absolute": "operations_functions",
    "ops.Square": "operations_functions",
    "ops.Sqrt": "operations_functions",
    "ops.Rsqrt": "operations_functions",
    "ops.Exp": "operations_functions",
    "ops.Log": "operations_functions",
    "ops.Clip": "operations_functions",
    "ops.Mean": "operations_reducing",
    "ops.Max": "operations_reducing",
    "ops.Min": "operations_reducing",
    "ops.Sum": "operations_reducing",
    "ops.Prod": "operations_reducing",
    "ops.Var": "operations_reducing",
    "ops.Std": "operations_reducing",
    "ops.Concatenate": "operations_shaping",
    "ops.Stack": "operations_shaping",
    "ops.Reshape": "operations_shaping",
    "ops.Transpose": "operations_shaping",
    "ops.Squeeze": "operations_shaping",
    "ops.ExpandDims": "operations_shaping",
    "ops.Pad": "operations_shaping",
    "ops.GetItem": "operations_shaping",
}
"""Each layer kind, and the module of this folder that holds its class."""


TO_WRITE_ONE = {
    "Layer": "cnncalc.layers.base",
    "Facts": "cnncalc.layers.facts",
    "Kept": "cnncalc.layers.facts",
    "Made": "cnncalc.layers.facts",
    "Window": "cnncalc.layers.facts",
    "Weight": "cnncalc.tensors",
}
"""What a user needs to write a layer kind of their own, and where it is."""

Kind = TypeVar("Kind")

REGISTERED: dict[str, type[Layer]] = {}
"""The kinds that users have added, by name."""

KERAS_CLASSES: dict[str, Callable[[], Any]] = {}
"""For kinds that users have added: what gives the Keras class."""


def register(cls: Kind, *, keras: Callable[[], Any] | None = None) -> Kind:
    """Add a layer kind of your own, under the name of its class; also as a decorator.

    It can then be used in model files, in Python, and is found in Keras models by that name.
    ``keras`` gives the Keras class, for ``to_keras`` and ``check``. Raises CnncalcError for a name
    that is taken and for a class that is no layer.

    >>> from cnncalc.layers import Facts, Layer
    >>> @register
    ... class Doubled(Layer):
    ...     def facts(self, *shapes):
    ...         return Facts((*shapes[0][:-1], 2 * shapes[0][-1]))
    >>> layer_class("Doubled")().facts((8, 8, 3)).output
    (8, 8, 6)
    """
    from cnncalc.layers.base import Layer

    if not (isinstance(cls, type) and issubclass(cls, Layer)):
        raise CnncalcError(f"{cls!r:.60} is not a layer: write a class that inherits cnncalc.layers.Layer.")
    name = cls.__name__
    if name in CATALOGUE or REGISTERED.get(name, cls).__qualname__ != cls.__qualname__:
        raise CnncalcError(f'there is a layer kind "{name}" already.')
    REGISTERED[name] = cls
    if keras is not None:
        KERAS_CLASSES[name] = keras
    return cls


def known_kinds() -> tuple[str, ...]:
    """Every kind that there is a rule for: the catalogue's, and those that users have added."""
    return (*CATALOGUE, *REGISTERED)


def layer_class(kind: str) -> type[Layer]:
    """The class of a layer kind.

    Raises CnncalcError, with the nearest known name, for a kind that is not known.
    """
    if kind in REGISTERED:
        return REGISTERED[kind]
    if kind not in CATALOGUE:
        raise CnncalcError(_refusal(kind))
    found: type[Layer] = getattr(import_module(f"cnncalc.layers.{CATALOGUE[kind]}"), class_name(kind))
    return found


def _refusal(kind: str) -> str:
    from cnncalc.layers.refused import REFUSED

    if kind in REFUSED:
        return f"{kind} is refused: {REFUSED[kind]}."
    return f'no layer kind "{kind}".{nearest(kind, known_kinds())}'


def class_name(kind: str) -> str:
    """The Python name of a kind's class: an operation, ``ops.Add``, is the class ``OpAdd``."""
    return f"Op{kind[4:]}" if kind.startswith("ops.") else kind


def __getattr__(name: str) -> Any:
    if name in TO_WRITE_ONE:
        return getattr(import_module(TO_WRITE_ONE[name]), name)
    if name in CATALOGUE:
        return layer_class(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*CATALOGUE, *TO_WRITE_ONE])
