"""The command, as a user types it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.commands import Run

EXERCISE = str(Path(__file__).parent.parent / "examples" / "geron_exercise.yaml")


def test_the_table(run: Run) -> None:
    answer = run("estimate", EXERCISE)
    assert answer.status == 0
    assert answer.lines[0] == "geron_exercise   input 200 x 300 x 3   float32"
    assert "conv2d_1  Conv2D    50 x 75 x 200     180,200  675.0 M          2.9 MiB  ██████" in answer.out
    assert "total                                 903,400   1.40 G         10.0 MiB" in answer.out
    assert (
        "predicting one image takes 12.0 MiB: conv2d and conv2d_1 are alive together (8.6 MiB)" in answer.out
    )
    assert "Training at batch 50 takes 539.4 MiB" in answer.out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_fits_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    answer = run("estimate", EXERCISE)
    assert max(map(len, answer.lines)) <= columns
    for figure in ("903,400", "12.0 MiB", "539.4 MiB", "100 x 150 x 100"):
        assert figure in answer.out


def test_flags_override_the_file(run: Run) -> None:
    answer = run(
        "estimate", EXERCISE, "--batch-size", "8", "--dtype", "float16", "--inference-batch-size", "4"
    )
    assert "float16" in answer.lines[0]
    assert "training, batch 8, SGD" in answer.out
    assert "prediction, 4 images" in answer.out


def test_an_optimizer_with_options(run: Run) -> None:
    answer = run("estimate", EXERCISE, "--optimizer", "{name: SGD, momentum: 0.9}", "--format", "json")
    assert json.loads(answer.out)["settings"]["optimizer"]["config"] == {"momentum": 0.9}


def test_json(run: Run) -> None:
    data = json.loads(run("estimate", EXERCISE, "--format", "json").out)
    keys = (
        "model",
        "settings",
        "layers",
        "parameters",
        "trainable_parameters",
        "non_trainable_parameters",
        "macs",
    )
    assert set(keys) <= set(data)
    assert data["model"] == "geron_exercise"
    assert data["parameters"] == 903_400  # 2,800 + 180,200 + 720,400
    assert data["memory"]["textbook"]["inference"]["total_bytes"] == 12_613_600
    assert data["memory"]["textbook"]["training"]["total_bytes"] == 565_613_600
    assert data["layers"][2] == {
        "name": "conv2d_2",
        "kind": "Conv2D",
        "output_shape": [25, 38, 400],
        "parameters": 720_400,  # (3*3*200 + 1) * 400
        "trainable_parameters": 720_400,
        "macs": 684_000_000,  # 25*38 * 3*3*200 * 400
        "output_bytes": 1_520_000,  # 4 * 25*38*400
        "receptive_field": {"size": [15, 15], "stride": [8, 8], "offset": [0, -4]},
        "calls": 1,
        "parts": [],
    }


def test_json_of_int8_has_no_training(run: Run) -> None:
    data = json.loads(run("estimate", EXERCISE, "--format", "json", "--dtype", "int8").out)
    assert set(data["memory"]["textbook"]) == {"inference"}
    assert data["not_included"][0]["what"] == "textbook training"


def test_the_best_order_and_what_enforces_it(run: Run) -> None:
    text = run("estimate", "xception", "--order", "best").out
    assert "ideal       no waste, best order" in text
    assert "needs 111.2 MiB (116,573,248 B), in the model's 113.8 MiB (119,301,440 B)" in text
    assert "No order needs less." in text
    assert "  block2_sepconv1/depthwise waits for block2_shortcut_bn" in text
    data = json.loads(run("estimate", "xception", "--order", "best", "--format", "json").out)
    assert data["memory"]["ideal"]["inference"]["total_bytes"] == data["order"]["peak_bytes"] == 116_573_248
    wait = {"step": "block2_sepconv1/depthwise", "after": "block2_shortcut_bn"}
    assert data["order"]["control_dependencies"] == [wait]


def test_the_worst_order(run: Run) -> None:
    text = run("estimate", "unet", "--order", "worst", "--format", "markdown").out
    assert "In the worst order found the ideal prediction needs 305.1 MiB" in text
    assert "waits for" not in text


def test_the_order_of_the_model_needs_no_words(run: Run) -> None:
    text = run("estimate", EXERCISE, "--order", "as-written").out
    assert "order" not in text.replace("by order", "")
    data = json.loads(run("estimate", EXERCISE, "--format", "json").out)
    assert (data["order"]["name"], data["order"]["peak_bytes"]) == ("as-written", 12_613_600)


def test_where_all_orders_are_as_good_nothing_waits(run: Run) -> None:
    text = run("estimate", EXERCISE, "--order", "best").out
    assert "No order needs more than that, so no control dependency is needed." in text


def test_csv(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("estimate", EXERCISE, "--format", "csv").out)))
    assert [row["parameters"] for row in rows] == ["2800", "180200", "720400", "903400"]
    assert rows[0]["output_shape"] == "100 x 150 x 100"


def test_markdown(run: Run) -> None:
    answer = run("estimate", EXERCISE, "--format", "markdown")
    assert "| conv2d | Conv2D | 100 x 150 x 100 | 2,800 | 40.5 M | 5.7 MiB |" in answer.lines
    widths = {line.count("|") for line in answer.lines if line.startswith("| ")}
    assert widths == {7, 6}  # six columns of layers, five of memory


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["estimate", "missing.yaml"],
            "missing.yaml: there is no such file. `cnncalc new missing.yaml` writes one",
        ),
        (["estimate", "."], "this is a folder"),
        (["estimate", EXERCISE, "--batch-size", "0"], "batch_size must be at least 1, found 0"),
        (["estimate", EXERCISE, "--batch-size", "99999999999999999999"], "batch_size must be at most"),
        (["estimate", EXERCISE, "--dtype", "float31"], 'no dtype "float31". Did you mean float32?'),
        (["estimate", EXERCISE, "--optimizer", "adan"], "Did you mean adam?"),
        (["estimate", EXERCISE, "--optimizer", "{name: SGD, momentun: 0.9}"], "Did you mean momentum?"),
        (["estimate", EXERCISE, "--optimizer", "{"], "command line:"),
        (["estimate", EXERCISE, "--loss", "msee"], "Did you mean mse?"),
    ],
)
def test_mistakes_are_a_line_or_two(run: Run, words: list[str], message: str) -> None:
    answer = run(*words)
    assert answer.status == 2
    assert message in answer.err
    assert answer.out == ""
    assert len(answer.err.splitlines()) <= 2
    assert "Traceback" not in answer.err


def test_a_starter_file(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "model.yaml")
    assert run("new", file).status == 0
    assert "903,400" in run("estimate", file).out
    again = run("new", file)
    assert (again.status, "there is such a file already" in again.err) == (2, True)
    assert run("new", file, "--force").status == 0


def test_a_starter_file_has_a_sensible_name(run: Run, tmp_path: Path) -> None:
    assert run("new", str(tmp_path / "model.txt")).status == 2
    assert run("new", str(tmp_path / "nowhere" / "model.yaml")).status == 2


def test_the_schema_knows_every_kind(run: Run) -> None:
    from cnncalc.layers import CATALOGUE

    schema = json.loads(run("schema").out)
    assert set(CATALOGUE) <= set(schema["$defs"])
    assert set(schema["$defs"]["Conv2D"]["required"]) == {"filters", "kernel_size"}
    assert schema["$defs"]["Conv2D"]["additionalProperties"] is False


def test_version_and_help(run: Run) -> None:
    from cnncalc import __version__

    assert run("--version").out == f"cnncalc {__version__}\n"
    text = run("--help").out
    assert all(command in text for command in ("estimate", "explain", "check", "new", "schema"))


def test_explain(run: Run) -> None:
    text = run("explain", EXERCISE).out
    for line in (
        "conv2d: 100 filters of 3 x 3 over 3 channels, stride 2, SAME padding",
        "(3 · 3 · 3 + 1) · 100 = 2,800   27 weights and 1 bias for each of 100 filters",
        "⌈200 / 2⌉ x ⌈300 / 2⌉ x 100 = 100 x 150 x 100",
        "conv2d 6,000,000 + conv2d_1 3,000,000 = 9,000,000 B",
        "50 · (6,000,000 + 3,000,000 + 1,520,000) = 526,000,000 B",
        "565,613,600 B   539.4 MiB",
        "(10.0 · 50 = 500.0)",
        "500.0 + 34.3 + 3.4 = 537.7 MB",
    ):
        assert line in " ".join(text.split()) or line in text


def test_explain_fits_a_narrow_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, run("explain", EXERCISE).lines)) <= 60


def test_explain_as_markdown_and_latex(run: Run) -> None:
    assert (
        "| parameters | (3 · 3 · 3 + 1) · 100 = **2,800** |"
        in run("explain", EXERCISE, "--format", "markdown").out
    )
    latex = run("explain", EXERCISE, "--format", "latex").out
    assert r"\lceil 200 / 2 \rceil \times \lceil 300 / 2 \rceil \times 100" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") > 4


def test_the_zoo_is_listed(run: Run) -> None:
    rows = json.loads(run("zoo", "--format", "json").out)
    assert {"name", "parameters", "macs", "source"} == set(rows[0])
    found = {row["name"]: row for row in rows}
    assert found["lenet5"]["parameters"] == 61_706  # 156 + 2,416 + 48,120 + 10,164 + 850
    assert found["resnet50"]["macs"] == 3_857_973_248
    assert "He" in found["resnet50"]["source"]
    assert run("zoo").lines[0].split() == ["name", "parameters", "MACs", "source"]


@pytest.mark.parametrize("name", ["resnet50", "ResNet50", "ResNet-50", "res_net.50"])
def test_names_of_the_zoo_are_taken_as_people_type_them(run: Run, name: str) -> None:
    answer = run("estimate", name)
    assert answer.lines[0] == "resnet50   input 224 x 224 x 3   float32   from the zoo"
    assert "25,636,712" in answer.out


def test_a_file_wins_over_a_name(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vgg16.json").write_text('{"input": [4], "layers": ["ReLU"]}')
    assert "zoo" not in run("estimate", "vgg16.json").lines[0]
    assert "zoo" in run("estimate", "vgg16").lines[0]
    assert json.loads(run("estimate", "vgg16.json", "--format", "json").out)["origin"] == "vgg16.json"


def test_an_architecture_is_shown_as_its_file(run: Run) -> None:
    assert run("zoo", "show", "LeNet-5").lines[0] == "name: lenet5"
    answer = run("zoo", "show", "lenet6")
    assert (answer.status, "Did you mean lenet5?" in answer.err) == (2, True)
    assert "Did you mean resnet50?" in run("estimate", "resnet51").err


def test_convert(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    assert run("convert", EXERCISE, str(file)).out == f"{file} is written.\n"
    assert "903,400" in run("estimate", str(file)).out
    assert run("convert", EXERCISE, str(tmp_path / "net.txt")).status == 2


def test_open_sizes_are_filled_in(run: Run, tmp_path: Path) -> None:
    config = {"name": "input", "batch_shape": [None, None, None, 3]}
    layers = [
        {"class_name": "InputLayer", "config": config},
        {"class_name": "Flatten", "config": {"name": "f"}},
    ]
    file = tmp_path / "net.json"
    file.write_text(json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}}))
    assert "input_shape" in run("estimate", str(file)).err
    assert "8 x 9 x 3" in run("estimate", str(file), "--input-shape", "8x9x3").lines[0]
    assert run("estimate", str(file), "--input-shape", "8y9").status == 2
