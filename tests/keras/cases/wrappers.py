"""Cases of the layers around a layer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.pooling import usually

sizes = st.integers(1, 5)
flags = st.booleans()

dense = st.fixed_dictionaries(
    {"units": sizes},
    optional={
        "use_bias": flags,
        "activation": st.sampled_from(["relu", "softmax", None]),
        "trainable": flags,
    },
).map(lambda settings: ({"Dense": settings}, 1))
convolution = st.fixed_dictionaries(
    {"filters": sizes, "kernel_size": st.integers(1, 4)},
    optional={
        "padding": st.sampled_from(["same", "valid"]),
        "use_bias": flags,
        "activation": st.sampled_from(["relu", None]),
    },
)
images = convolution.map(lambda settings: ({"Conv2D": settings}, 3))
sequences = convolution.map(lambda settings: ({"Conv1D": settings}, 2))
deep = st.fixed_dictionaries({"kernel_size": st.integers(1, 3)}, optional={"depth_multiplier": sizes}).map(
    lambda settings: ({"DepthwiseConv2D": settings}, 3)
)
separable = convolution.map(lambda settings: ({"SeparableConv2D": settings}, 3))
others = st.sampled_from(
    [
        ({"BatchNormalization": {}}, 3),
        ({"MaxPooling2D": {}}, 3),
        ({"GlobalAveragePooling2D": {}}, 3),
        ({"Flatten": {}}, 2),
        ({"Dropout": {"rate": 0.5}}, 2),
        ({"Dense": {"units": 0}}, 1),
        ({"Embedding": {"input_dim": 7, "output_dim": 3}}, 1),
        ({"Conv2DTranspose": {"filters": 2, "kernel_size": 3, "strides": 2}}, 3),
        ({"TimeDistributed": {"layer": {"Dense": {"units": 3}}}}, 2),
        ({"LSTM": {"units": 3, "return_sequences": True}}, 2),
    ]
)
any_layer: SearchStrategy[Any] = st.one_of(dense, images, sequences, deep, separable, others)
with_kernel: SearchStrategy[Any] = usually(st.one_of(dense, images, sequences, deep), any_layer)


@st.composite
def wrapped(
    draw: st.DrawFn, /, inner: SearchStrategy[Any], more: int, **optional: SearchStrategy[Any]
) -> Case:
    layer, rank = draw(inner)
    settings = draw(st.fixed_dictionaries({}, optional=optional)) | {"layer": layer}
    rank += more + (draw(st.sampled_from([-1, 1])) if draw(st.integers(0, 9)) == 7 else 0)
    return settings, (tuple(draw(st.lists(st.integers(2, 6), min_size=rank, max_size=rank))),)


CASES: dict[str, SearchStrategy[Case]] = {
    "TimeDistributed": wrapped(any_layer, 1),
    "SpectralNormalization": wrapped(with_kernel, 0, power_iterations=st.sampled_from([1, 3, 0])),
}

STRICTER_OF = {
    # Keras does not ask whether the inner layer takes a step: it states a shape, and fails when it
    # runs, or gives one of another shape.
    "TimeDistributed": (
        *(f"{kind} takes an input of 3 axes" for kind in ("MaxPooling2D", "GlobalAveragePooling2D")),
        "Conv2DTranspose takes an input of 3 axes",
        "LSTM takes an input of 2 axes",
    )
}
