"""Hypothesis strategies for right settings of every layer kind with one input; imports no framework."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cnncalc.layers import CATALOGUE
from cnncalc.tensors import Shape

Drawn = SearchStrategy[dict[str, Any]]

ACTIVATIONS = st.sampled_from([None, None, "linear", "relu", "swish", "softmax", "sparsemax"])
LAYOUTS = st.sampled_from(["channels_last"] * 3 + ["channels_first"])
FLAGS = st.booleans()
RATES = st.sampled_from([0.0, 0.1, 0.5])


def some(**optional: SearchStrategy[Any]) -> Drawn:
    return st.fixed_dictionaries({}, optional=optional)


def needs(**needed: SearchStrategy[Any]) -> Drawn:
    return st.fixed_dictionaries(needed)


def joined(*drawn: Drawn) -> Drawn:
    return st.tuples(*drawn).map(
        lambda parts: {name: value for part in parts for name, value in part.items()}
    )


def number(most: int, least: int = 1) -> SearchStrategy[int]:
    return st.integers(least, most)


def sizes(rank: int, most: int) -> SearchStrategy[Any]:
    """One number, or one for each axis."""
    return st.one_of(number(most), st.tuples(*[number(most)] * rank))


def ends(rank: int) -> SearchStrategy[Any]:
    """Positions in front and behind, for each axis."""
    pair = st.tuples(number(2, 0), number(2, 0))
    return pair if rank == 1 else st.one_of(number(2, 0), st.tuples(*[pair] * rank))


def sliding(rank: int, *paddings: str) -> Drawn:
    jumps = [some(), needs(strides=sizes(rank, 2)), needs(dilation_rate=sizes(rank, 2))]
    ways = st.sampled_from(["valid", "same", "same", *paddings])
    rest = some(padding=ways, data_format=LAYOUTS, use_bias=FLAGS, activation=ACTIVATIONS)
    return joined(needs(kernel_size=sizes(rank, 3)), st.one_of(jumps), rest)


def convolution(rank: int) -> Drawn:
    grouped = st.tuples(number(2), number(3)).map(lambda two: {"groups": two[0], "filters": two[0] * two[1]})
    return joined(sliding(rank, *["causal"] * (rank == 1)), st.one_of(needs(filters=number(4)), grouped))


def pooling(rank: int) -> Drawn:
    rest = some(strides=sizes(rank, 3), padding=st.sampled_from(["valid", "same"]), data_format=LAYOUTS)
    return joined(needs(pool_size=sizes(rank, 3)), rest)


def layout(rank: int) -> Drawn:
    """Of the kinds for which the channels of a sequence always come last."""
    return some(data_format=LAYOUTS) if rank > 1 else some()


FILTERS = needs(filters=number(4))
MULTIPLIED = some(depth_multiplier=number(2))
KEPT = some(keepdims=FLAGS, data_format=LAYOUTS)


def adaptive(rank: int) -> Drawn:
    return joined(needs(output_size=sizes(rank, 3)), some(data_format=LAYOUTS))


OF_RANK: dict[str, Callable[[int], Drawn]] = {
    "Conv{}D": convolution,
    "Conv{}DTranspose": lambda rank: joined(sliding(rank), FILTERS),
    "DepthwiseConv{}D": lambda rank: joined(sliding(rank), MULTIPLIED),
    "SeparableConv{}D": lambda rank: joined(sliding(rank), MULTIPLIED, FILTERS),
    "MaxPooling{}D": pooling,
    "AveragePooling{}D": pooling,
    "GlobalMaxPooling{}D": lambda rank: KEPT,
    "GlobalAveragePooling{}D": lambda rank: KEPT,
    "ZeroPadding{}D": lambda rank: joined(needs(padding=ends(rank)), some(data_format=LAYOUTS)),
    "SpatialDropout{}D": lambda rank: joined(needs(rate=RATES), layout(rank)),
    "Cropping{}D": lambda rank: joined(needs(cropping=ends(rank)), layout(rank)),
    "UpSampling{}D": lambda rank: joined(
        needs(size=number(2) if rank == 1 else sizes(rank, 2)), layout(rank)
    ),
    "AdaptiveAveragePooling{}D": adaptive,
    "AdaptiveMaxPooling{}D": adaptive,
}
"""Settings of the kinds that come in several ranks, from the number of spatial axes."""


def axis(shape: Shape) -> SearchStrategy[Any]:
    return st.sampled_from([*range(1, len(shape) + 1), -1, -len(shape)])


def axes(shape: Shape) -> SearchStrategy[Any]:
    return st.one_of(axis(shape), st.lists(number(len(shape)), min_size=1, unique=True))


SCALED = some(center=FLAGS, scale=FLAGS)
RATE = needs(rate=RATES)
HALF = needs(factor=st.just(0.5))
TO_SIZE = joined(needs(height=number(6), width=number(6)), some(data_format=LAYOUTS))
RECURRENT = joined(
    needs(units=number(4)),
    some(use_bias=FLAGS, return_sequences=FLAGS, go_backwards=FLAGS, dropout=st.just(0.5)),
)
AUGMENTING = (
    *("RandomFlip", "RandomShear", "RandomPerspective", "RandomElasticTransform", "RandomErasing"),
    *("RandomGaussianBlur", "CutMix", "MixUp", "RandomColorJitter", "RandomGrayscale", "RandomInvert"),
    *("Solarization", "AugMix", "AutoContrast"),
    "ContrastLimitedAdaptiveHistogramEqualization",
)
BY_A_FACTOR = (
    *("RandomRotation", "RandomBrightness", "RandomContrast", "RandomSaturation", "RandomHue"),
    "RandomSharpness",
)
IMAGES = (
    *("Resizing", "CenterCrop", "RandomCrop", "RandomZoom", "RandomTranslation", "RandomPosterization"),
    *AUGMENTING,
    *BY_A_FACTOR,
)
"""Kinds that take an image with its channels."""

OF_SHAPE: dict[str, Callable[[Shape], Drawn]] = {
    "Dense": lambda shape: joined(needs(units=number(5)), some(use_bias=FLAGS, activation=ACTIVATIONS)),
    "Activation": lambda shape: needs(activation=ACTIVATIONS),
    "ReLU": lambda shape: some(max_value=st.just(6.0)),
    "LeakyReLU": lambda shape: some(negative_slope=st.just(0.1)),
    "PReLU": lambda shape: some(shared_axes=st.lists(number(len(shape)), unique=True)),
    "ELU": lambda shape: some(),
    "Softmax": lambda shape: some(axis=axis(shape)),
    "BatchNormalization": lambda shape: joined(some(axis=axis(shape)), SCALED),
    "LayerNormalization": lambda shape: joined(some(axis=axes(shape)), SCALED),
    "GroupNormalization": lambda shape: joined(
        needs(groups=st.sampled_from([-1, 1])), some(axis=axis(shape)), SCALED
    ),
    "LocalResponseNormalization": lambda shape: some(depth_radius=number(2, 0)),
    "Normalization": lambda shape: some(axis=st.none() | axes(shape)),
    "Rescaling": lambda shape: joined(needs(scale=st.just(0.5)), some(offset=st.just(-1.0))),
    "Dropout": lambda shape: RATE,
    "AlphaDropout": lambda shape: RATE,
    "GaussianDropout": lambda shape: RATE,
    "GaussianNoise": lambda shape: needs(stddev=RATES),
    "Flatten": lambda shape: some(data_format=LAYOUTS),
    "Reshape": lambda shape: needs(target_shape=st.sampled_from(reshaped(shape))),
    "Permute": lambda shape: needs(dims=st.permutations(range(1, len(shape) + 1)).map(tuple)),
    "RepeatVector": lambda shape: needs(n=number(4)),
    "Identity": lambda shape: some(),
    "UnitNormalization": lambda shape: some(axis=axes(shape)),
    "RMSNormalization": lambda shape: some(axis=axes(shape)),
    "ActivityRegularization": lambda shape: some(),
    "Masking": lambda shape: some(),
    "LayerScale": lambda shape: needs(init_values=st.just(0.5), projection_dim=st.just(shape[-1])),
    "StochasticDepth": lambda shape: needs(drop_path_rate=st.just(0.1)),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), lambda shape: TO_SIZE),
    **dict.fromkeys(AUGMENTING, lambda shape: some(data_format=LAYOUTS)),
    **dict.fromkeys(BY_A_FACTOR, lambda shape: joined(HALF, some(data_format=LAYOUTS))),
    "RandomZoom": lambda shape: needs(height_factor=st.just(0.5)),
    "RandomTranslation": lambda shape: needs(height_factor=st.just(0.5), width_factor=st.just(0.5)),
    "RandomPosterization": lambda shape: needs(factor=st.just(4)),
    "SimpleRNN": lambda shape: RECURRENT,
    "LSTM": lambda shape: RECURRENT,
    "GRU": lambda shape: joined(RECURRENT, some(reset_after=FLAGS)),
    "ConvLSTM1D": lambda shape: convolutional_recurrent(1),
    "ConvLSTM2D": lambda shape: convolutional_recurrent(2),
    "EinsumDense": lambda shape: st.sampled_from(einsums(shape)),
}
"""Settings of the other kinds with one input, from its shape."""


def convolutional_recurrent(rank: int) -> Drawn:
    rest = some(
        padding=st.sampled_from(["valid", "same", "same"]),
        data_format=LAYOUTS,
        use_bias=FLAGS,
        return_sequences=FLAGS,
    )
    return joined(needs(filters=number(3), kernel_size=sizes(rank, 2)), rest)


def einsums(shape: Shape) -> list[dict[str, Any]]:
    """The last axis summed over, or all but the first."""
    letters = "bcde"[: len(shape)]
    last = {"equation": f"a{letters},{letters[-1]}z->a{letters[:-1]}z", "bias_axes": "z"}
    found = [{**last, "output_shape": (*shape[:-1], 3)}]
    if len(shape) > 1:
        rest = letters[1:]
        several = {"equation": f"a{letters},{rest}yz->a{letters[0]}yz", "output_shape": (shape[0], 2, 3)}
        found.append({**several, "bias_axes": "yz"})
    return found


def reshaped(shape: Shape) -> list[Shape]:
    """Shapes of as many values: axes joined, split by two or three, one of size 1 added."""
    values = prod(shape)
    splits = [(part, -1) for part in (2, 3) if values % part == 0]
    images = [(2, 2, values // 4), (2, 2, -1, 1)] if values % 4 == 0 else []
    return [(values,), (-1, shape[-1]), (*shape, 1) if len(shape) < 4 else shape, *splits, *images]


ONLY = {
    "RepeatVector": 1,
    "LocalResponseNormalization": 3,
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), 2),
    "ConvLSTM1D": 3,
    "ConvLSTM2D": 4,
    **dict.fromkeys(IMAGES, 3),
}
"""Kinds that take an input of so many axes."""


NOT_IN_3D = ("DepthwiseConv{}D", "SeparableConv{}D")


def kinds_for(axes: int) -> list[str]:
    """The kinds that take an input of so many axes."""
    rank = axes - 1
    found = [kind.format(rank) for kind in OF_RANK if rank in (1, 2) or (rank == 3 and kind not in NOT_IN_3D)]
    return found + [kind for kind in OF_SHAPE if ONLY.get(kind, axes) == axes]


SEVERAL_INPUTS = ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention")
HOLDING_A_LAYER = ("TimeDistributed", "SpectralNormalization", "Bidirectional")
NOT_DRAWN = {
    **dict.fromkeys(SEVERAL_INPUTS, "takes a query and values, whose shapes differ from those of a merge"),
    **dict.fromkeys(HOLDING_A_LAYER, "holds a layer, whose kinds tests/keras/cases/wrappers.py draws"),
    **dict.fromkeys(
        (kind for kind in CATALOGUE if kind.startswith("ops.")), "is an operation: to_keras is tested by kind"
    ),
    "ConvLSTM3D": "takes an input of 5 axes, and no drawn value has more than 4",
    "Equalization": "makes Keras 3.15 find a cycle in the model, seen with images of 5 x 5 x 1",
    "RandAugment": "makes Keras 3.15 find a cycle in the model, seen with images of 5 x 5 x 1",
    "RandomColorDegeneration": "takes images of 3 channels only, which are seldom drawn",
    "Embedding": "takes whole numbers, which no drawn layer gives",
}
"""Kinds that no random graph has, and why."""


def settings_of(kind: str, shape: Shape) -> Drawn:
    if kind in OF_SHAPE:
        return OF_SHAPE[kind](shape)
    rank = len(shape) - 1
    return OF_RANK[kind.replace(str(rank), "{}")](rank)


FROZEN = st.sampled_from([{}, {}, {}, {}, {"trainable": False}])
OWN_DTYPES = [{"dtype": name} for name in ("float16", "float64", "bfloat16", "mixed_bfloat16")]
COMMON = joined(FROZEN, st.sampled_from([{}] * 20 + OWN_DTYPES))
"""What every layer may have beside its own settings."""
