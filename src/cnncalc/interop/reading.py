"""How a Keras config is read where it leaves something open."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.tensors import Shape


class Reading(NamedTuple):
    """``input_shape`` gives the sizes that a config leaves open (None) in the shape of its input;
    ``allow_unknown`` lets a layer without a rule pass, not counted, where its output shape is known.
    """

    input_shape: Shape | None = None
    allow_unknown: bool = False


STRICT = Reading()
