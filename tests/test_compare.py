"""Models side by side, and a model beside what it could have been."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import cnncalc
from cnncalc import layers as cl
from cnncalc.analysis.depth import depth
from cnncalc.cli.compare import compare as command
from cnncalc.comparing.comparison import Candidate, compare
from cnncalc.comparing.dense import with_dense
from cnncalc.comparing.max_pooling import with_max_pooling
from cnncalc.comparing.pruned import Storage, pruned
from cnncalc.report.comparison import to_table

EXERCISE = str(Path(__file__).parent.parent / "examples" / "geron_exercise.yaml")
RESIDUAL = str(Path(__file__).parent.parent / "examples" / "residual.yaml")


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def strided() -> cnncalc.Model:
    """A stem with stride, a convolution that reads it, a classifier."""
    stem = cl.Conv2D(filters=8, kernel_size=3, strides=2, padding="same", activation="relu")
    body = cl.Conv2D(filters=4, kernel_size=3, padding="same", use_bias=False)
    head = [cl.Flatten(), cl.Dense(units=10, activation="softmax")]
    return cnncalc.Sequential([stem, body, *head], input=(8, 8, 3), name="small")


def typed(*words: str) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, words, catch_exceptions=False)


def only(model: cnncalc.Model, variant: str) -> Candidate:
    return compare(model, with_=variant).candidates[1]


def test_the_figures_of_the_exercise() -> None:
    (found,) = compare(EXERCISE).candidates
    assert found.parameters == 2_800 + 180_200 + 720_400
    assert found.macs == 40_500_000 + 675_000_000 + 684_000_000
    assert found.depth == 3
    assert found.memory.inference.total_bytes == 6_000_000 + 3_000_000 + 4 * 903_400
    assert found.memory.training is not None
    images, outputs = 4 * 200 * 300 * 3, 6_000_000 + 3_000_000 + 1_520_000
    assert found.memory.training.total_bytes == 50 * (images + outputs) + 4 * 903_400
    assert found.receptive_field is not None
    assert found.receptive_field.layer == "conv2d_2"
    assert found.receptive_field.field.size == (15, 15)  # 1 + 2 * (1 + 2 + 4)


def test_models_come_in_the_order_given_and_settings_hold_for_all() -> None:
    found = compare([RESIDUAL, EXERCISE, strided()], batch_size=2, dtype="float16")
    assert [item.name for item in found.candidates] == ["residual", "geron_exercise", "small"]
    assert {item.estimate.settings.batch_size for item in found.candidates} == {2}
    assert found.candidates[1].memory.inference.total_bytes == 12_613_600 // 2


def test_nothing_to_compare() -> None:
    with pytest.raises(cnncalc.CnncalcError, match="one model or more"):
        compare([])


def test_depth_is_that_of_the_longest_path() -> None:
    short = cl.Conv2D(name="short", inputs="input", filters=4, kernel_size=1)
    long = [
        cl.Conv2D(name="a", inputs="input", filters=4, kernel_size=1),
        cl.BatchNormalization(name="norm"),  # scales and shifts: not counted
        cl.ReLU(name="relu"),
        cl.Conv2D(name="b", filters=4, kernel_size=1),
    ]
    model = cnncalc.Model(
        input=(4, 4, 3), layers=[short, *long, cl.Add(inputs=["short", "b"]), cl.Dense(units=2)]
    )
    assert depth(model.graph) == 3  # a, b, dense


def test_depth_counts_every_call_both_parts_of_a_separable_convolution_and_side_outputs() -> None:
    shared = cl.Conv2D(name="shared", filters=3, kernel_size=1)
    called = cnncalc.Model(input=(4, 4, 3), layers=[shared, cnncalc.Call(layer="shared")])
    assert depth(called.graph) == 2
    separable = cnncalc.Sequential([cl.SeparableConv2D(filters=3, kernel_size=1)], input=(4, 4, 3))
    assert depth(separable.graph) == 2  # depthwise, then 1 x 1
    side = [shared, cl.Dense(name="deep", units=2), cl.Flatten(name="end", inputs="input")]
    assert depth(cnncalc.Model(input=(4, 4, 3), layers=side, outputs=["end", "deep"]).graph) == 2
    assert depth(cnncalc.Sequential([cl.Flatten()], input=(4, 4)).graph) == 0


def test_dense_in_place_of_the_exercise() -> None:
    found = compare(EXERCISE, with_="dense").candidates[1]
    inputs = (200 * 300 * 3, 100 * 150 * 100, 50 * 75 * 200)
    outputs = (100 * 150 * 100, 50 * 75 * 200, 25 * 38 * 400)
    expected = [(size + 1) * made for size, made in zip(inputs, outputs, strict=True)]
    assert [change.after.parameters for change in found.changes] == expected
    assert found.parameters == sum(expected) == 1_680_002_630_000
    assert found.macs == sum(size * made for size, made in zip(inputs, outputs, strict=True))
    assert found.depth == 3
    assert found.receptive_field is None
    kept = 4 * found.parameters + 6_000_000 + 3_000_000  # flattening and reshaping take no memory
    assert found.memory.inference.total_bytes == kept


def test_dense_keeps_shapes_names_links_and_what_a_convolution_has_no_bias_for() -> None:
    before, after = strided(), with_dense(strided())
    assert [row.name for row in after.graph.rows] == [row.name for row in before.graph.rows]
    assert after.graph.output_shapes == before.graph.output_shapes
    rows = {layer.name: layer for layer in cnncalc.estimate(after).layers}
    assert rows["conv2d"].parameters == (8 * 8 * 3 + 1) * (4 * 4 * 8)
    assert rows["conv2d_1"].parameters == (4 * 4 * 8) * (4 * 4 * 4)
    assert rows["dense"].parameters == (4 * 4 * 4 + 1) * 10
    assert [node.name for node in after.graph.nodes if node.name.startswith("conv2d/")][-1].endswith(
        "activation"
    )


def test_dense_reaches_nested_models_calls_and_residual_links() -> None:
    block = cnncalc.Model(
        name="block", input=(4, 4, 2), layers=[cl.Conv2D(name="inner", filters=2, kernel_size=1)]
    )
    model = cnncalc.Model(
        input=(4, 4, 2),
        layers=[block, cnncalc.Call(name="again", layer="block"), cl.Add(inputs=["block", "again"])],
    )
    found = only(model, "dense")
    assert [change.name for change in found.changes] == ["block/inner"]
    assert found.parameters == (32 + 1) * 32  # once, though it is called twice
    assert found.macs == 2 * 32 * 32
    assert compare(RESIDUAL, with_="dense").candidates[1].parameters > 0


def test_max_pooling_in_place_of_the_strided_convolution_only() -> None:
    found = only(strided(), "max-pooling")
    assert [change.name for change in found.changes] == ["conv2d"]
    layers = {layer.name: layer for layer in found.estimate.layers}
    assert (layers["conv2d"].kind, layers["conv2d"].output_shape) == ("MaxPooling2D", (4, 4, 3))
    assert layers["conv2d_1"].parameters == 3 * 3 * 3 * 4  # it reads 3 channels now, not 8
    assert found.parameters == 3 * 3 * 3 * 4 + (4 * 4 * 4 + 1) * 10
    assert found.depth == 2
    written = cnncalc.Sequential(
        [cl.MaxPooling2D(pool_size=3, strides=2, padding="same"), *strided().layers[1:]], input=(8, 8, 3)
    )
    by_hand = cnncalc.estimate(written)
    assert (found.parameters, found.macs) == (by_hand.parameters, by_hand.macs)
    inference = by_hand.memory["textbook"].inference.total_bytes
    assert found.memory.inference.total_bytes == inference


def test_max_pooling_keeps_the_layout_the_rank_and_the_dtype() -> None:
    layer = cl.Conv1D(filters=5, kernel_size=4, strides=2, data_format="channels_first", dtype="float16")
    (found,) = with_max_pooling(cnncalc.Sequential([layer], input=(3, 10))).layers
    assert found == cl.MaxPooling1D(
        name="conv1d", pool_size=4, strides=2, data_format="channels_first", dtype="float16"
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([cl.Conv2D(filters=2, kernel_size=3)], "no strided convolution to replace"),
        ([cl.Conv2DTranspose(filters=2, kernel_size=3, strides=2)], "no strided convolution to replace"),
        (
            [
                cl.Conv2D(name="way", inputs="input", filters=2, kernel_size=1, strides=2),
                cl.MaxPooling2D(name="pool", inputs="input"),
                cl.Conv2D(name="other", inputs="pool", filters=2, kernel_size=1),
                cl.Add(name="sum", inputs=["way", "other"]),
            ],
            'cannot be: Add "sum": inputs of 4 x 4 x 3 and of 4 x 4 x 2 do not fit',
        ),
        (
            [cl.DepthwiseConv2D(name="wide", kernel_size=2, strides=2, dilation_rate=2)],
            'DepthwiseConv2D "wide": max pooling has no dilation',
        ),
    ],
)
def test_where_max_pooling_cannot_be(layers: list[Any], message: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=message):
        compare(cnncalc.Model(input=(8, 8, 3), layers=layers), with_="max-pooling")


def test_causal_padding_has_no_pooling() -> None:
    causal = cl.Conv1D(name="causal", filters=2, kernel_size=3, strides=2, padding="causal")
    with pytest.raises(cnncalc.CnncalcError, match='Conv1D "causal": max pooling has no causal padding'):
        compare(cnncalc.Sequential([causal], input=(8, 3)), with_="max-pooling")


def test_pruned_bytes_of_the_exercise() -> None:
    ((name, weights),) = compare(EXERCISE, with_="pruned=0.9", dtype="float16").pruned
    kept = 270 + 18_000 + 72_000  # a tenth of 2,700, of 180,000 and of 720,000
    assert (name, weights.values, weights.kept) == ("geron_exercise", 902_700, kept)
    single, half = weights.storages
    biases, rows = 100 + 200 + 400, (100 + 1) + (200 + 1) + (400 + 1)
    bits = 338 + 22_500 + 90_000  # 2,700 bits are 337.5 bytes
    assert (single.dtype, half.dtype) == ("float32", "float16")
    assert single.dense_bytes == 4 * 903_400
    assert single.csr_bytes == (4 + 4) * kept + 4 * rows + 4 * biases
    assert single.bitmap_bytes == 4 * kept + bits + 4 * biases
    assert half.csr_bytes == (2 + 4) * kept + 4 * rows + 2 * biases
    assert half.bitmap_bytes == 2 * kept + bits + 2 * biases
    # the values that may be kept: dense bytes less the fixed ones, over the bytes of each
    assert single.csr_break_even == 1 - Fraction(4 * 902_700 - 4 * rows, 8 * 902_700)
    assert half.csr_break_even == 1 - Fraction(2 * 902_700 - 4 * rows, 6 * 902_700)
    assert single.bitmap_break_even == Fraction(bits, 4 * 902_700)


def stored(kernel: Any) -> tuple[int, int, int]:
    """Dense, CSR and bitmap of real zeros, byte for byte, as numpy makes them."""
    matrix = kernel.reshape(-1, kernel.shape[-1]).T
    columns = [np.flatnonzero(row).astype(np.int32) for row in matrix]
    starts = np.cumsum([0, *map(len, columns)], dtype=np.int32)
    values = matrix[matrix != 0]
    csr = sum(column.nbytes for column in columns) + starts.nbytes + values.nbytes
    return kernel.nbytes, csr, np.packbits(matrix != 0).nbytes + values.nbytes


@pytest.mark.parametrize("share", ["0", "0.3", "0.5", "0.97", "1"])
def test_pruned_bytes_are_those_of_real_arrays(share: str) -> None:
    model = cnncalc.Sequential([cl.Conv2D(filters=7, kernel_size=3, use_bias=False)], input=(5, 5, 2))
    kernel = np.ones((3, 3, 2, 7), np.float32)
    zeros = int(Fraction(share) * 126)  # 3 * 3 * 2 * 7
    kernel.ravel()[np.random.default_rng(0).permutation(126)[:zeros]] = 0
    (found,) = pruned(model.graph, "float32", Fraction(share)).storages
    assert found[1:4] == stored(kernel)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_a_form_takes_no_more_than_dense_from_its_break_even_on(dtype: str) -> None:
    graph = cnncalc.Sequential([cl.Dense(units=50)], input=(2000,)).graph

    def at(share: Fraction) -> Storage:
        return pruned(graph, dtype, share).storages[-1]

    even, step = at(Fraction(0)), Fraction(1, 1000)
    assert even.csr_break_even is not None
    assert even.bitmap_break_even is not None
    assert (
        at(even.csr_break_even + step).csr_bytes < even.dense_bytes < at(even.csr_break_even - step).csr_bytes
    )
    above, below = at(even.bitmap_break_even + step), at(even.bitmap_break_even - step)
    assert above.bitmap_bytes < even.dense_bytes < below.bitmap_bytes


def test_short_rows_never_pay_as_csr() -> None:
    graph = cnncalc.Sequential([cl.Dense(units=10, use_bias=False)], input=(1,)).graph
    (found,) = pruned(graph, "float32", Fraction(1)).storages
    assert found.csr_bytes == 4 * (10 + 1) > found.dense_bytes == 4 * 10
    assert found.csr_break_even is None


def test_mixed_precision_keeps_its_weights_in_float32() -> None:
    weights = compare(strided(), with_="pruned=0.5", dtype="mixed_float16").pruned[0].weights
    assert [item.dtype for item in weights.storages] == ["float32"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dence", "Did you mean dense?"),
        ("inception", "compared by name: cnncalc compare alexnet googlenet"),
        ("pruned", "say which share"),
        ("pruned=most", "say which share"),
        ("pruned=nan", "say which share"),
        ("pruned=inf", "say which share"),
        ("pruned=1.5", "from 0 to 1"),
        ("pruned=-0.1", "from 0 to 1"),
    ],
)
def test_what_there_is_not(name: str, message: str) -> None:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        compare(strided(), with_=name)
    assert message in str(caught.value)


def test_nothing_to_prune() -> None:
    with pytest.raises(cnncalc.CnncalcError, match="no kernel to prune"):
        compare(cnncalc.Sequential([cl.Flatten()], input=(4, 4)), with_="pruned=0.9")


def test_the_table() -> None:
    answer = typed(EXERCISE, RESIDUAL, "--with", "dense")
    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()
    assert lines[0].split("  ")[0] == " model"
    figures = "geron_exercise 903,400 1.40 G 3 12.0 MiB 539.4 MiB 15 x 15"
    assert " ".join(lines[1].split()) == figures
    assert lines[2].split()[:3] == ["with", "dense", "1,680,002,630,000"]
    assert "(1,500,000 + 1) x 750,000 = 1,125,000,750,000" in answer.stdout
    assert "training at batch 50 (geron_exercise) and 128 (residual)" in answer.stdout


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_every_figure_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    words = ["--with", "dense", "--with", "max-pooling", "--with", "pruned=0.9"]
    answer = typed(EXERCISE, EXERCISE, *words)
    assert max(map(len, answer.stdout.splitlines())) <= int(columns)
    for figure in ("903,400", "1,680,002,630,000", "539.4 MiB", "15 x 15", "710.7 KiB", "465.5 KiB"):
        assert answer.stdout.count(figure) >= 2


def test_a_name_that_is_too_long_is_cut_and_no_figure() -> None:
    model = strided().model_copy(update={"name": "n" * 100})
    first = to_table(compare(model), 60).split("\n\n", maxsplit=1)[0]
    assert max(map(len, first.splitlines())) <= 60
    assert "nn…" in first
    assert "7 x 7" in first  # 3 + 2 * (3 - 1)


def test_markdown() -> None:
    answer = typed(EXERCISE, "--with", "pruned=0.9", "--format", "markdown")
    assert "| geron_exercise | 903,400 | 1.40 G | 3 | 12.0 MiB | 539.4 MiB | 15 x 15 |" in answer.stdout
    assert (
        "| geron_exercise | float32 | 90 % | 3.4 MiB | 710.7 KiB | 50 % | 465.5 KiB | 3.1 % |"
        in answer.stdout
    )


def test_json_is_exact() -> None:
    answer = typed(EXERCISE, "--with", "max-pooling", "--with", "pruned=0.9", "--format", "json")
    data = json.loads(answer.stdout)
    plain, variant = data["models"]
    assert (plain["model"], plain["variant"], plain["parameters"]) == ("geron_exercise", None, 903_400)
    assert plain["memory"]["textbook"]["training"]["total_bytes"] == 565_613_600
    assert plain["receptive_field"] == {"layer": "conv2d_2", "size": [15, 15]}
    assert (variant["variant"], variant["parameters"], variant["depth"]) == ("max-pooling", 0, 0)
    assert [change["after"]["parameters"] for change in variant["replaced"]] == [0, 0, 0]
    assert data["pruned"][0]["storages"][0]["csr_bytes"] == 8 * 90_270 + 4 * 703 + 4 * 700


def test_training_that_cannot_be_is_left_open_and_said() -> None:
    answer = typed(EXERCISE, "--dtype", "int8")
    assert answer.stdout.splitlines()[1].split()[-4:] == ["-", "15", "x", "15"]
    assert "Not included: textbook training" in answer.stdout
