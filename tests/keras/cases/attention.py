"""Cases of attention."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.pooling import usually

sizes = st.integers(1, 4)
flags = st.booleans()
rates = st.sampled_from([0.0, 0.1, 0.5])
shares = st.sampled_from([0.0, 0.1, 0.5, 0.2, 1.5])


@st.composite
def inputs(draw: st.DrawFn, same_features: bool, most: int = 2) -> tuple[tuple[int, ...], ...]:
    """Query, value and at times key, which fit each other most of the time."""
    front = draw(st.lists(sizes, max_size=draw(st.sampled_from([0, 0, most - 1]))))
    queries, keys, features = draw(sizes), draw(sizes), draw(sizes)
    query, value = (*front, queries, features), (*front, keys, draw(sizes) if not same_features else features)
    found = [query, value]
    if draw(flags):
        found.append((*front, keys, features))
    if draw(st.integers(0, 9)) == 7:
        index = draw(st.integers(0, len(found) - 1))
        found[index] = draw(
            st.sampled_from([(*found[index], 2), found[index][1:], tuple(n + 1 for n in found[index])])
        )
    return tuple(found) if draw(st.integers(0, 19)) != 7 else tuple(found[:1])


def plain(**settings: SearchStrategy[Any]) -> SearchStrategy[Case]:
    common: dict[str, SearchStrategy[Any]] = {"use_scale": flags, "dropout": rates, "seed": st.just(1)}
    return st.tuples(st.fixed_dictionaries({}, optional=common | settings), inputs(same_features=True))


number = usually(sizes, st.sampled_from([0, -1, 2.5]))
HEADS: dict[str, SearchStrategy[Any]] = {
    "dropout": shares,
    "use_bias": flags,
    "use_gate": flags,
    "flash_attention": st.sampled_from([None, None, False, True]),
    "sliding_window": st.sampled_from([None, None, 2, 0]),
    "seed": st.just(1),
}
multi = st.fixed_dictionaries(
    {"num_heads": number, "key_dim": number},
    optional={
        **HEADS,
        "value_dim": st.one_of(st.none(), number),
        "output_shape": st.one_of(st.none(), sizes, st.lists(sizes, max_size=2), st.tuples(sizes)),
    },
)
along_one = st.tuples(
    st.fixed_dictionaries(
        {
            "num_heads": sizes,
            "key_dim": sizes,
            "attention_axes": st.sampled_from([1, 2, (1, 2), [2], -2, 3, 0]),
        },
    ),
    st.tuples(sizes, sizes, sizes).map(lambda shape: (shape, shape)),
)
grouped = st.fixed_dictionaries(
    {
        "head_dim": sizes,
        "num_query_heads": st.sampled_from([2, 4, 6, 6, 3]),
        "num_key_value_heads": st.sampled_from([1, 2, 1, 2, 3]),
    },
    optional=HEADS,
)

CASES: dict[str, SearchStrategy[Case]] = {
    "Attention": plain(score_mode=st.sampled_from(["dot", "concat", "dot", "concat", "sum"])),
    "AdditiveAttention": plain(),
    "MultiHeadAttention": st.one_of(st.tuples(multi, inputs(same_features=False)), along_one),
    "GroupQueryAttention": st.tuples(grouped, inputs(same_features=True, most=1)),
}

KINDS = ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention")
STRICTER = (
    # Keras states the query's shape for inputs that do not fit each other, and fails when it runs.
    *(f"{kind} takes inputs of as many axes" for kind in KINDS),
    *(f"{kind} takes query, value and at times key" for kind in KINDS),
    "value and key must be as long",
    "query and key do not fit each other",
    "query and value differ elsewhere than along the attention axes",
    "are not positions of a value of",
    "GroupQueryAttention takes an input of 2 axes",
)
