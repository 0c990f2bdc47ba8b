"""What a comparison says, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from cnncalc.comparing.comparison import Candidate, Change, Comparison
from cnncalc.units import count_text


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """How far apart the models are, what each variant is, and what stands behind the figures."""
    candidates = comparison.candidates
    plain = [item for item in candidates if not item.variant]
    variants = dict.fromkeys(item.variant for item in candidates if item.variant)
    return (
        *_spread("parameters", plain, lambda item: item.parameters),
        *_spread("MACs", plain, lambda item: item.macs),
        *_differences(candidates),
        *(_VARIANTS[variant](_changes(candidates, variant)) for variant in variants),
        *([PRUNED] if comparison.pruned else []),
        *_conditions(candidates),
    )


def share_text(share: Fraction) -> str:
    """
    >>> share_text(Fraction("0.9")), share_text(Fraction(1, 32))
    ('90 %', '3.1 %')
    """
    return f"{float(100 * share):.1f}".removesuffix(".0") + " %"


PRUNED = (
    "Pruned: every kernel with that share of zeros; biases and the weights of normalisation stay as they "
    "are. CSR keeps each other value with its column (int32), and where each row begins; the bitmap keeps "
    "one bit for each value, and the values that are not zero. Each pays from the share of zeros at which "
    "it takes no more than dense."
)


def _spread(what: str, candidates: Sequence[Candidate], figure: Callable[[Candidate], int]) -> Iterator[str]:
    """The most and the least, and how many times the one is the other; nothing where all are equal."""
    most, least = max(candidates, key=figure), min(candidates, key=figure)
    if figure(most) == figure(least):
        return
    top, low = count_text(figure(most)), count_text(figure(least))
    if not figure(least):
        yield f"{most.name} has {top} {what}, {least.name} none."
        return
    times = _times(figure(most) / figure(least))
    yield f"{most.name} has the most {what}, {top}: {times} the {low} of {least.name}."


def _differences(candidates: Iterable[Candidate]) -> Iterator[str]:
    """Each variant beside the model before it that it is made from."""
    base = None
    for item in candidates:
        if not item.variant:
            base = item
        elif base:
            yield f"{item.name} has {_instead('parameters', base.parameters, item.parameters)}."


def _instead(what: str, before: int, after: int) -> str:
    """
    >>> _instead("parameters", 20, 468)
    '468 parameters instead of 20, 23.4 times as many'
    """
    text = f"{count_text(after)} {what} instead of {count_text(before)}"
    return f"{text}, {_times(after / before)} as many" if before and after > before else text


def _times(ratio: float) -> str:
    """
    >>> _times(8.73), _times(1.02), _times(299_789.2)
    ('8.7 times', '1.02 times', '299,789 times')
    """
    return f"{ratio:,.{2 if ratio < 2 else 1 if ratio < 100 else 0}f} times"


def _changes(candidates: Iterable[Candidate], variant: str) -> list[Change]:
    return [change for item in candidates if item.variant == variant for change in item.changes]


def _dense(changes: Sequence[Change]) -> str:
    """The rule, and the sum of the largest of its layers."""
    largest = max(changes, key=lambda change: change.after.parameters)
    return (
        "With dense: each convolution becomes a fully connected layer of the same output size, in which no "
        "two positions share a weight: (inputs + 1) x outputs parameters, "
        f"for {largest.name} {_dense_sum(largest)}."
    )


def _dense_sum(change: Change) -> str:
    kernel, *bias = change.after.weights
    inputs, outputs = kernel.shape
    taken = f"({inputs:,} + 1)" if bias else f"{inputs:,}"
    without = "" if bias else " (it has no bias)"
    return f"{taken} x {outputs:,} = {change.after.parameters:,}{without}"


def _max_pooling(changes: Sequence[Change]) -> str:
    return (
        "With max-pooling: max pooling of the same window and stride stands in for each strided convolution. "
        "It has no parameters and leaves the channels as they are: the layers behind read as many as came in."
    )


_VARIANTS = {"dense": _dense, "max-pooling": _max_pooling}


def _conditions(candidates: Sequence[Candidate]) -> Iterator[str]:
    """For what the memory is told; by name where the models differ."""
    images = _told(candidates, lambda item: str(item.estimate.settings.inference_batch_size))
    batch = _told(candidates, lambda item: str(item.estimate.settings.batch_size))
    dtype = _told(candidates, lambda item: item.estimate.settings.dtype)
    yield f"Memory by the book's rule: prediction at batch {images}, training at batch {batch}, in {dtype}."
    yield "Depth: layers that multiply by weights on the longest path."
    yield f"Receptive field: of the last layer that has one, {', '.join(map(_field, candidates))}."
    yield from dict.fromkeys(
        f"Not included: {what}." for item in candidates for what in item.estimate.not_included
    )
    zoo = dict.fromkeys(item.estimate.name for item in candidates if item.estimate.model.origin == "zoo")
    if zoo:
        yield f"From the zoo: {', '.join(zoo)}."


def _field(item: Candidate) -> str:
    return f"{item.receptive_field.layer if item.receptive_field else 'none'} ({item.name})"


def _told(candidates: Iterable[Candidate], setting: Callable[[Candidate], str]) -> str:
    found: dict[str, dict[str, None]] = {}
    for item in candidates:
        found.setdefault(setting(item), {})[item.estimate.name] = None
    if len(found) == 1:
        return next(iter(found))
    return " and ".join(f"{value} ({', '.join(names)})" for value, names in found.items())
