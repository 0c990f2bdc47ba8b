"""A check against Keras as a table."""

from __future__ import annotations

from cnncalc.interop.checking import Answer, Check, Comparison
from cnncalc.report.table import Grid, fitted
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
