"""What a model can be compared with: the variants of it by name."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from cnncalc.comparing.dense import with_dense
from cnncalc.comparing.max_pooling import with_max_pooling
from cnncalc.errors import CnncalcError, nearest
from cnncalc.model import Model

PRUNED = "pruned"


class Variant(NamedTuple):
    """A model made into another one; ``replaces`` is what must be in it for that."""

    replaces: str
    apply: Callable[[Model], Model]


VARIANTS = {
    "dense": Variant("convolution", with_dense),
    "max-pooling": Variant("strided convolution", with_max_pooling),
}


def split(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Fraction, ...]]:
    """Variants that are models, and shares of zeros; each once. Raises CnncalcError for anything else.

    >>> split(("dense", "pruned=0.9"))
    (('dense',), (Fraction(9, 10),))
    """
    pruned = tuple(sparsity(name) for name in names if name.partition("=")[0] == PRUNED)
    models = tuple(name for name in names if name.partition("=")[0] != PRUNED)
    for name in models:
        _check(name)
    return tuple(dict.fromkeys(models)), tuple(dict.fromkeys(pruned))


def sparsity(text: str) -> Fraction:
    """The share of zeros in ``pruned=0.9``, as written: nine tenths."""
    value = text.partition("=")[2]
    try:
        return Fraction(str(float(value)))
    except (ValueError, OverflowError):
        raise CnncalcError(
            f'"{text[:60]}": say which share of the weights is zero, as in pruned=0.9.'
        ) from None


def _check(name: str) -> None:
    if name in VARIANTS:
        return
    known = ", ".join([*VARIANTS, f"{PRUNED}=0.9"])
    hint = nearest(name, [*VARIANTS, f"{PRUNED}=0.9"])
    raise CnncalcError(
        f'nothing to compare with is called "{name[:60]}".{hint} There are {known}; '
        "two architectures are compared by name: cnncalc compare alexnet googlenet."
    )
