"""What holds for any graph: sums over rows and parts, and how outputs of nested models are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings

import cnncalc
from cnncalc import layers as cl
from cnncalc.errors import GraphError
from cnncalc.estimation import LayerEstimate
from cnncalc.layers import CATALOGUE
from tests.graphs import MERGES, models
from tests.layer_settings import NOT_DRAWN, kinds_for

steady = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

RECURRENT = ("SimpleRNN", "LSTM", "GRU")
COUNTED = ("Conv", "DepthwiseConv", "SeparableConv", "Dense", "EinsumDense", *RECURRENT)
"""What the kinds begin with that have multiply-accumulates."""
UNCOUNTED = ("ContrastLimitedAdaptiveHistogramEqualization",)
"""No convolution, although its name begins like one."""


@steady
@given(models())
def test_totals_are_over_rows(model: cnncalc.Model) -> None:
    found = cnncalc.estimate(model)
    assert found.parameters == sum(layer.parameters for layer in found.layers)
    assert found.trainable_parameters == sum(layer.trainable_parameters for layer in found.layers)
    assert found.macs == sum(layer.macs for layer in found.layers)
    assert found.output_bytes == sum(layer.output_bytes for layer in found.layers)


@steady
@given(models())
def test_a_row_is_the_sum_of_its_parts(model: cnncalc.Model) -> None:
    for row in every(cnncalc.estimate(model).layers):
        if row.parts:
            assert row.parameters == sum(part.parameters for part in row.parts)
            assert row.macs == sum(part.macs for part in row.parts)


def test_every_kind_is_drawn_or_has_a_reason() -> None:
    drawn = {kind for axes in range(1, 5) for kind in kinds_for(axes)} | set(MERGES)
    assert drawn | set(NOT_DRAWN) == set(CATALOGUE)
    assert not drawn & set(NOT_DRAWN)


@steady
@given(models())
def test_nothing_but_convolutions_dense_and_recurrent_layers_is_counted(model: cnncalc.Model) -> None:
    for row in every(cnncalc.estimate(model).layers):
        counted = row.kind.startswith(COUNTED) and row.kind not in UNCOUNTED
        assert (row.macs > 0) == counted or row.kind == "Model"


def every(rows: tuple[LayerEstimate, ...]) -> Iterator[LayerEstimate]:
    """Rows and the rows of nested models."""
    for row in rows:
        yield row
        if row.kind == "Model":
            yield from every(row.parts)


def reads_a_later_layer(model: cnncalc.Model) -> bool:
    names = [layer.name for layer in model.layers]
    return any(read in names[at:] for at, layer in enumerate(model.layers) for read in layer.inputs)


def calls_a_model(model: cnncalc.Model) -> bool:
    called = {layer.layer for layer in model.layers if isinstance(layer, cnncalc.Call)}
    return any(isinstance(layer, cnncalc.Nested) and layer.name in called for layer in model.layers)


def nested(model: cnncalc.Model) -> list[cnncalc.Nested]:
    return [layer for layer in model.layers if isinstance(layer, cnncalc.Nested)]


WAYS: dict[str, Callable[[cnncalc.Model], bool]] = {
    "several inputs": lambda model: len(model.inputs) > 1,
    "several outputs": lambda model: len(model.outputs) > 1,
    "the last layer as the output": lambda model: not model.outputs,
    "the layer before as the input": lambda model: any(not layer.inputs for layer in model.layers),
    "a name left out": lambda model: any(layer.name is None for layer in model.layers),
    "a frozen layer": lambda model: any(not layer.trainable for layer in model.layers),
    "a dtype of its own": lambda model: any(layer.dtype for layer in model.layers),
    "another order": reads_a_later_layer,
    "a layer called again": lambda model: any(isinstance(layer, cnncalc.Call) for layer in model.layers),
    "a model in a model": lambda model: bool(nested(model)),
    "a model in a model in a model": lambda model: any(nested(layer.model) for layer in nested(model)),
    "a frozen model": lambda model: any(not layer.trainable for layer in nested(model)),
    "a model called again": calls_a_model,
}


def test_the_strategy_draws_every_way_to_write_a_graph() -> None:
    seen: set[str] = set()

    @settings(steady, max_examples=800)
    @given(models())
    def note(model: cnncalc.Model) -> None:
        seen.update(name for name, is_there in WAYS.items() if is_there(model))

    note()
    assert seen == set(WAYS)


TWO_ENDS = cnncalc.Model(
    name="two",
    input=(4,),
    layers=[cl.Dense(name="x", units=2, inputs="input"), cl.Dense(name="y", units=3, inputs="input")],
    outputs=["x", "y"],
)


@pytest.mark.parametrize("outputs", [(), "two"])
def test_of_several_ends_the_output_must_be_said(outputs: tuple[str, ...] | str) -> None:
    with pytest.raises(GraphError, match=r'output "two": say which of its outputs: two\.x, two\.y\.'):
        cnncalc.Model(input=(4,), layers=[TWO_ENDS], outputs=outputs)
    assert cnncalc.Model(input=(4,), layers=[TWO_ENDS], outputs="two.y").graph.output_shapes == ((3,),)


def test_an_output_keeps_its_name_from_model_to_model() -> None:
    outer = cnncalc.Model(name="outer", input=(4,), layers=[TWO_ENDS], outputs=["two.x", "two.y"])
    last = cl.Dense(units=1, inputs="outer.two.y")
    model = cnncalc.Model(input=(4,), layers=[outer, last])
    assert cnncalc.estimate(model).layers[-1].parameters == (3 + 1) * 1
