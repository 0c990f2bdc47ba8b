"""Random networks that branch and merge more than real ones do, of tensors of many sizes."""

from __future__ import annotations

from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import Add, Concatenate, Conv2D, ReLU
from cnncalc.layers.base import Layer


@st.composite
def networks(draw: st.DrawFn) -> cnncalc.Model:
    """Convolutions of many widths, activations and merges, each of any values before them."""
    widths = {"input": draw(st.integers(1, 9))}
    layers: list[Layer] = []
    for number in range(draw(st.integers(2, 7))):
        name = f"x{number}"
        one, other = draw(st.sampled_from([*widths])), draw(st.sampled_from([*widths]))
        kinds = ["conv"] * 3 + ["relu", "join"] + ["add"] * (2 * (widths[one] == widths[other]))
        kind = draw(st.sampled_from(kinds))
        if kind == "conv":
            widths[name] = draw(st.integers(1, 9))
            layers.append(Conv2D(filters=widths[name], kernel_size=1, name=name, inputs=one))
        elif kind == "relu":
            widths[name] = widths[one]
            layers.append(ReLU(name=name, inputs=one))
        else:
            merge = Concatenate if kind == "join" else Add
            widths[name] = widths[one] + widths[other] if kind == "join" else widths[one]
            layers.append(merge(name=name, inputs=(one, other)))
    read = {name for layer in layers for name in layer.inputs}
    loose = [name for name in widths if name not in read and name != "input"]
    if "input" not in read:
        layers.append(ReLU(name="last", inputs="input"))
        loose.append("last")
    return cnncalc.Model(input=(2, 2, widths["input"]), layers=layers, outputs=loose)
