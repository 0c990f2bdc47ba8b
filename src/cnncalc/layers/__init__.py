"""Every layer kind by name: ``cnncalc.layers.Conv2D`` and its siblings.

The catalogue is the one list of what cnncalc knows. A family's module is imported when the
first of its kinds is asked for, so that a small model loads only what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cnncalc.errors import CnncalcError, nearest

if TYPE_CHECKING:  # what an editor completes by; a test holds it equal to the catalogue
    from cnncalc.layers.activation import ELU as ELU
    from cnncalc.layers.activation import Activation as Activation
    from cnncalc.layers.activation import LeakyReLU as LeakyReLU
    from cnncalc.layers.activation import PReLU as PReLU
    from cnncalc.layers.activation import ReLU as ReLU
    from cnncalc.layers.activation import Softmax as Softmax
    from cnncalc.layers.base import Layer
    from cnncalc.layers.convolution import Conv1D as Conv1D
    from cnncalc.layers.convolution import Conv2D as Conv2D
    from cnncalc.layers.convolution import Conv3D as Conv3D
    from cnncalc.layers.dense import Dense as Dense
    from cnncalc.layers.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from cnncalc.layers.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from cnncalc.layers.depthwise import SeparableConv1D as SeparableConv1D
    from cnncalc.layers.depthwise import SeparableConv2D as SeparableConv2D
    from cnncalc.layers.merging import Add as Add
    from cnncalc.layers.merging import Average as Average
    from cnncalc.layers.merging import Concatenate as Concatenate
    from cnncalc.layers.merging import Dot as Dot
    from cnncalc.layers.merging import Maximum as Maximum
    from cnncalc.layers.merging import Minimum as Minimum
    from cnncalc.layers.merging import Multiply as Multiply
    from cnncalc.layers.merging import Subtract as Subtract
    from cnncalc.layers.normalization import BatchNormalization as BatchNormalization
    from cnncalc.layers.normalization import GroupNormalization as GroupNormalization
    from cnncalc.layers.normalization import LayerNormalization as LayerNormalization
    from cnncalc.layers.normalization import LocalResponseNormalization as LocalResponseNormalization
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
}
"""Each layer kind, and the module of this folder that holds its class."""


def layer_class(kind: str) -> type[Layer]:
    """The class of a layer kind.

    Raises CnncalcError, with the nearest known name, for a kind that is not in the catalogue.
    """
    if kind not in CATALOGUE:
        raise CnncalcError(f'no layer kind "{kind}".{nearest(kind, CATALOGUE)}')
    found: type[Layer] = getattr(import_module(f"cnncalc.layers.{CATALOGUE[kind]}"), kind)
    return found


def __getattr__(name: str) -> type[Layer]:
    if name in CATALOGUE:
        return layer_class(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(CATALOGUE)
