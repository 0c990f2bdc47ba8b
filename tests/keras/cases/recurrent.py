"""Cases of the recurrent layers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, images
from tests.keras.cases.pooling import positive, usually

sizes = st.integers(1, 5)
flags = st.booleans()
ACTIVATIONS = st.sampled_from(["tanh", "relu", None, "sigmoid"] * 4 + ["rellu"])
COMMON: dict[str, SearchStrategy[Any]] = {
    "activation": ACTIVATIONS,
    "use_bias": flags,
    "dropout": st.sampled_from([0.0, 0.5]),
    "recurrent_dropout": st.sampled_from([0.0, 0.5]),
    "return_sequences": flags,
    "go_backwards": flags,
    "recurrent_initializer": st.just("zeros"),
    "stateful": st.sampled_from([False] * 9 + [True]),
    "seed": st.just(3),
}


def vectors(**more: SearchStrategy[Any]) -> SearchStrategy[Case]:
    units = usually(sizes, st.sampled_from([0, -1]))
    shapes = st.integers(0, 9).flatmap(lambda odd: st.tuples(*[sizes] * {7: 1, 8: 3}.get(odd, 2)))
    return st.tuples(st.fixed_dictionaries({"units": units}, optional=COMMON | more), st.tuples(shapes))


KINDS: dict[str, SearchStrategy[Case]] = {
    "SimpleRNN": vectors(),
    "LSTM": vectors(recurrent_activation=ACTIVATIONS, unit_forget_bias=flags, unroll=flags),
    "GRU": vectors(recurrent_activation=ACTIVATIONS, reset_after=flags, unroll=flags),
}


def both_ways(kind: str) -> SearchStrategy[Case]:
    modes = st.sampled_from(["concat", "sum", "mul", "ave"] * 3 + ["cat"])
    return st.tuples(KINDS[kind], st.fixed_dictionaries({}, optional={"merge_mode": modes})).map(
        lambda drawn: (drawn[1] | {"layer": {kind: drawn[0][0]}}, drawn[0][1])
    )


def two_ways() -> SearchStrategy[Case]:
    """With a backward layer, which has other settings."""
    units = st.tuples(sizes, sizes).map(lambda two: two[:1] * 2 if two[1] > 1 else two)
    kinds, ways, kept = (
        st.tuples(*[st.sampled_from(sorted(KINDS))] * 2),
        usually(st.just(True), st.just(False)),
        flags,
    )
    return st.builds(
        lambda units, kinds, back, kept, shape: (
            {
                "layer": {kinds[0]: {"units": units[0], "return_sequences": kept}},
                "backward_layer": {
                    kinds[1]: {"units": units[1], "return_sequences": kept, "go_backwards": back}
                },
            },
            (shape,),
        ),
        *(units, kinds, ways, kept, st.tuples(sizes, sizes)),
    )


@st.composite
def convolutional(draw: st.DrawFn, rank: int) -> Case:
    settings = draw(
        st.fixed_dictionaries(
            {"filters": usually(sizes, st.sampled_from([2, 3])), "kernel_size": positive(rank, 3)},
            optional=COMMON
            | {
                "padding": st.sampled_from(["valid", "same"] * 3 + ["SAME", "causal"]),
                "data_format": data_formats,
                "recurrent_activation": ACTIVATIONS,
            },
        )
    )
    settings |= draw(
        st.sampled_from([{}, {}, {"strides": 2}, {"dilation_rate": 2}, {"strides": 2, "dilation_rate": 2}])
    )
    step = draw(usually(st.tuples(*[st.integers(3, 7)] * (rank + 1)), images(rank)))
    return settings, ((draw(sizes), *step),)


CASES: dict[str, SearchStrategy[Case]] = {
    **KINDS,
    "Bidirectional": st.one_of(*map(both_ways, KINDS), two_ways()),
    **{f"ConvLSTM{rank}D": convolutional(rank) for rank in (1, 2, 3)},
}

STRICTER = (
    # Keras states the forward layer's shape, and fails when it runs.
    "cannot be merged",
)
