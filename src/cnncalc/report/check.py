"""A check against Keras as a table, and what was measured beside the estimate."""

from __future__ import annotations

from cnncalc.interop.checking import Answer, Check, Comparison
from cnncalc.measuring.measurement import Measurement
from cnncalc.report.table import Grid, fitted, wrapped
from cnncalc.units import shape_text


def to_table(check: Check, width: int | None = None) -> str:
    """One row per layer: what Keras built, and whether cnncalc says the same."""
    header = ("layer", "kind", "Keras: output shape", "parameters", "cnncalc")
    rows = tuple(map(_row, check.layers))
    table = fitted(Grid(header, rows, frozenset({0, 1, 4}), optional=(1,)), width)
    differences = [line for layer in check.layers if not layer.agrees for line in _difference(layer)]
    return "\n".join([table, "", *differences, _verdict(check)]) + "\n"


def _row(layer: Comparison) -> tuple[str, ...]:
    shapes = ", ".join(map(shape_text, layer.built.output_shapes))
    verdict = "the same" if layer.agrees else "DIFFERS"
    return layer.name, layer.kind, shapes, f"{_parameters(layer.built):,}", verdict


def _parameters(answer: Answer) -> int:
    from math import prod

    return sum(prod(shape) for _, shape, _ in answer.weights)


def _difference(layer: Comparison) -> list[str]:
    return [f"{layer.name}:", f"  Keras    {_answer(layer.built)}", f"  cnncalc  {_answer(layer.estimated)}"]


def _answer(answer: Answer) -> str:
    weights = ", ".join(
        f"{name} {shape_text(shape)}{'' if trainable else ' (not trained)'}"
        for name, shape, trainable in answer.weights
    )
    return f"output {', '.join(map(shape_text, answer.output_shapes))}; weights {weights or 'none'}"


def _verdict(check: Check) -> str:
    count = len(check.layers)
    built, estimated = check.built_parameters, check.estimate.parameters
    if check.agrees:
        return (
            f"Keras {check.keras_version} builds the same: {count} layers, every output shape, "
            f"every weight's shape, {built:,} parameters."
        )
    wrong = sum(not layer.agrees for layer in check.layers)
    totals = f"{built:,} parameters, cnncalc {estimated:,}"
    return f"Keras {check.keras_version} differs in {wrong} of {count} layers: {totals}."


ROWS = (
    "bytes of a step",
    *(f"estimated, {word}" for word in ("lowest", "typical", "highest")),
    *(f"measured, {word}" for word in ("lowest", "median", "highest")),
    "error",
)


def memory_table(prediction: Measurement, training: Measurement, width: int | None = None) -> str:
    """What a step of each allocates above variables and images: estimated, measured, and the error."""
    header, *rows = zip(ROWS, _column(prediction), _column(training), strict=True)
    words = _how(training) if width is None else wrapped(_how(training), width)
    return f"{fitted(Grid(header, tuple(rows), frozenset({0})), width)}\n\n{words}\n"


def _column(found: Measurement) -> tuple[str, ...]:
    guess = found.estimated
    estimated = (guess.step_low_bytes, guess.step_bytes, guess.step_high_bytes) if guess else (None,) * 3
    measured = (found.low_bytes, found.median_bytes, found.high_bytes)
    sizes = ("-" if size is None else f"{size:,}" for size in (*estimated, *measured))
    return _title(found), *sizes, _error(found)


def _title(found: Measurement) -> str:
    if found.mode == "training":
        return f"training, batch {found.batch_size}, {found.estimate.settings.optimizer.name}"
    return f"prediction, {found.batch_size} image{'s' * (found.batch_size > 1)}"


def _error(found: Measurement) -> str:
    """Of the typical estimate against the median measured."""
    if found.estimated is None:
        return "no rule"
    error = found.estimated.step_bytes - found.median_bytes
    if not error:
        return "none"
    return f"{error / found.median_bytes:+.1%}" if found.median_bytes else f"{error:+,} B"


def _how(found: Measurement) -> str:
    count = len(found.runs)
    versions = " and ".join(f"{name} {version}" for name, version in found.facts.versions.items())
    return (
        f"Measured in {count} compilation{'s' * (count > 1)} each, {versions}, {found.facts.device}; above "
        "variables and images. The estimate is of the CPU, where buffers of 256 KiB and more count. The "
        "error is that of the typical estimate against the median. Why compilations differ: docs/memory.md."
    )
