"""The names that every layer with an ``activation`` takes.

Source: keras/src/activations/__init__.py (Keras 3.15).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from cnncalc.errors import nearest
from cnncalc.layers.base import Part
from cnncalc.layers.facts import INPUT, NOTHING, OUTPUT, Kept

# fmt: off
VALUE_BY_VALUE = frozenset(
    {
        "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu",
        "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6",
        "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus",
        "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink",
    }
)
# fmt: on
"""Activations whose output value depends on one input value."""

ALONG_LAST_AXIS = frozenset({"softmax", "log_softmax", "sparsemax"})
"""Activations whose output value depends on all input values along the last axis."""

ACTIVATIONS = VALUE_BY_VALUE | ALONG_LAST_AXIS

INPUT_NEEDED = frozenset({"gelu", "hard_silu", "hard_swish", "mish", "silu", "swish", "tanh_shrink"})
"""Activations whose output does not tell their derivative; all but one rise and fall.

Of the others it does: ``1 - exp(-y)`` is that of softplus, ``(1 - |y|)**2`` that of softsign.
"""

REFUSED = {
    # keras.layers.Activation("glu") states its input's shape, and halves the last axis when it runs
    "glu": "must keep the shape of the input (glu halves its last axis)",
    "threshold": "must be an activation without arguments (threshold needs two)",
}
"""Names that Keras takes and cnncalc does not, with the reason."""


def _activation_name(name: str) -> str:
    if name in REFUSED:
        raise ValueError(REFUSED[name])
    if name not in ACTIVATIONS:
        hint = nearest(name, sorted(ACTIVATIONS)).strip()
        raise ValueError("must be the name of an activation" + (f" ({hint})" if hint else ""))
    return name


ActivationName = Annotated[str, AfterValidator(_activation_name)]
"""The name of an activation, spelt as ``keras.activations.get`` takes it."""


def kept_by(activation: ActivationName | None) -> Kept:
    """What backward keeps of an activation.

    >>> kept_by("relu") == OUTPUT, kept_by("gelu") == INPUT, kept_by("linear") == NOTHING
    (True, True, True)
    """
    if activation in (None, "linear"):
        return NOTHING
    return INPUT if activation in INPUT_NEEDED else OUTPUT


def activation_part(activation: ActivationName | None) -> tuple[Part, ...]:
    """An activation as the last step of a composition; nothing where there is none to compute."""
    if activation in (None, "linear"):
        return ()
    from cnncalc.layers.activation import Activation  # the whole family, so only where it is needed

    return (Part(str(activation), Activation(activation=activation)),)
