"""Cases of the activations, of dropout and of noise."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, some
from tests.keras.cases.normalization import axes_of, shapes

slopes = st.sampled_from([0, 0.0, 0.1, 0.3, 0.3, 1, 2.5, 6, float("inf"), None, -0.5])

# Every name that keras.activations.get takes, written out, and some that it does not.
NAMES = [
    *(
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
    ),
    *(
        "leaky_relu",
        "linear",
        "log_sigmoid",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
    ),
    *(
        "soft_shrink",
        "softmax",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparse_sigmoid",
        "sparsemax",
        "squareplus",
    ),
    *("swish", "tanh", "tanh_shrink", "glu", "threshold", None),
]
WRONG_NAMES = ["ReLU", "Relu", "rellu", "hard-swish", "soft max", "", 3]


def on_any_shape(settings: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Case]:
    return st.tuples(settings, st.tuples(shapes))


def needs(
    name: str, value: SearchStrategy[Any], **optional: SearchStrategy[Any]
) -> SearchStrategy[dict[str, Any]]:
    """Settings with a needed one, which is left out at times."""
    whole = st.fixed_dictionaries({name: value}, optional=optional)
    return st.integers(0, 19).flatmap(lambda odd: some(**optional) if odd == 7 else whole)


def about_axes(setting: str) -> SearchStrategy[Case]:
    """An axis or several, and the shape whose axes they are, most of them."""
    return shapes.flatmap(
        lambda shape: st.tuples(st.fixed_dictionaries({setting: axes_of(shape)}), st.just((shape,)))
    )


rates = st.sampled_from(
    [0.5, 0, 0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.75, 0.8, 0.9, 1, 1.0, 0.99, 0.01, -0.1, 1.5, None]
)
seeds = st.sampled_from([None, 0, 7, -1, 2**33])


def dropout(**optional: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    return needs("rate", rates, seed=seeds, **optional)


def masked(shape: tuple[int, ...]) -> SearchStrategy[Case]:
    """Dropout with a mask that fits the shape, most of the time."""
    fitting = st.tuples(st.none(), *[st.sampled_from([None, 1, size]) for size in shape])
    wrong = st.lists(st.sampled_from([None, 1, 1, 2, 0, -1]), max_size=4)
    masks = st.one_of(
        st.none(), fitting, fitting, fitting.map(list), fitting.map(lambda mask: mask[1:]), wrong
    )
    return st.tuples(dropout(noise_shape=masks), st.just((shape,)))


def spatial(rank: int) -> SearchStrategy[Case]:
    optional = {"data_format": data_formats} if rank > 1 else {}
    # Hypothesis draws 0 and 1 more often than their share
    axes = st.integers(0, 19).map(lambda odd: rank + {7: 0, 8: 2}.get(odd, 1))
    inputs = axes.flatmap(lambda count: st.tuples(*[st.integers(1, 4)] * count))
    return st.tuples(dropout(**optional), st.tuples(inputs))


CASES: dict[str, SearchStrategy[Case]] = {
    "Activation": on_any_shape(needs("activation", st.sampled_from(NAMES * 4 + WRONG_NAMES))),
    "ReLU": on_any_shape(some(max_value=slopes, negative_slope=slopes, threshold=slopes)),
    "LeakyReLU": on_any_shape(st.one_of(some(negative_slope=slopes), some(alpha=slopes))),
    "PReLU": st.one_of(about_axes("shared_axes"), on_any_shape(some(shared_axes=st.none()))),
    "ELU": on_any_shape(some(alpha=st.sampled_from([-1, 0, 0.5, 1.0]))),
    "Softmax": st.one_of(about_axes("axis"), on_any_shape(st.just({}))),
    "Dropout": shapes.flatmap(masked),
    "AlphaDropout": shapes.flatmap(masked),
    "GaussianDropout": on_any_shape(dropout()),
    "GaussianNoise": on_any_shape(needs("stddev", rates, seed=seeds)),
    **{f"SpatialDropout{rank}D": spatial(rank) for rank in (1, 2, 3)},
}

STRICTER = (
    # Keras states the input's shape for these two, and fails or halves an axis when they run.
    "glu halves its last axis",
    "threshold needs two",
    # An axis that is not there makes Keras fail when it runs, the batch axis mixes the samples.
    "Softmax finds no axis",
    "of Softmax is the batch axis",
    "softmax acts along the last axis, and its input has the batch axis only",
    "sparsemax acts along the last axis, and its input has the batch axis only",
    "axis names no axis",
    "of Softmax name an axis",
    # A mask that cannot be spread over the input makes Keras fail when it trains.
    "cannot be spread over its input of",
    "AlphaDropout: noise_shape must be at least 1",
    # tf.keras.layers.AlphaDropout is an older class without checks; that of keras.layers checks the rate.
    "AlphaDropout: rate must be",
)
