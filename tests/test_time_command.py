"""``cnncalc estimate --time``: the bounds, and the measured steps beside them, as they are shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.interop.converting import convert
from tests.commands import Run
from tests.test_devices import OWN

EXERCISE = str(Path(__file__).parents[1] / "examples" / "geron_exercise.yaml")


BOARD = f"""{OWN}
peak:
  sources: [https://example.org/board]
  operations_per_s: {{int8: 2_000_000_000}}
  bytes_per_s: 1_000_000_000
"""


def test_the_table(run: Run) -> None:
    """1.3995 G MACs at 247.35 T a second; 3,613,600 B of weights, 720,000 of image, 1,520,000 of output."""
    printed = run("estimate", EXERCISE, "--time", "--gpu", "h200").out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "NVIDIA H200 SXM 141 GB prediction, 1 image training, batch 50, SGD" in lines
    assert any(line.startswith("bytes moved 5.6 MiB ") for line in lines)  # 5,853,600 / 2^20
    assert any(line.startswith("MACs per byte 239.1 ") for line in lines)  # 1,399.5 / 5.8536
    assert any(line.startswith("a step takes at least 5.66 µs, MACs ") for line in lines)  # 1399.5 / 247.35
    assert any(line.startswith("images a second at most 176.7 k ") for line in lines)  # 1 / 5.658e-6
    words = " ".join(lines)
    assert re.search(r"Measured: \d+ predictions and \d+ training steps of like size", words)
    assert "on NVIDIA H200 SXM 141 GB with Keras on JAX and PyTorch" in words
    assert "at these shares" in words
    assert "The peak for float32 is that of TensorFloat-32." in words


def test_another_device_s_measurements_are_named_and_give_no_time(run: Run) -> None:
    words = run("estimate", EXERCISE, "--time", "--device", "t4").words
    assert "on NVIDIA H200 SXM 141 GB with Keras" in words
    assert "None was measured on NVIDIA T4 16 GB, so no time is derived" in words
    assert "at these shares" not in words
    assert "float32 is TensorFloat-32 there, plain float32 here." in words
    assert "share of its own bound" in words
    assert "measured on h200, Keras on JAX" in words


def test_steps_of_other_sizes_give_no_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No prediction as large as 1024 images through VGG-16 was measured; a training step of like size was."""
    monkeypatch.setenv("COLUMNS", "100")
    options = ("--inference-batch-size", "1024", "--time", "--gpu", "h200")
    printed = run("estimate", "vgg16", *options).out
    words = " ".join(printed.split())
    assert "predictions of other sizes, on" in words
    assert "None is of like size, so no time is derived" in words
    times = [line.split() for line in printed.splitlines() if line.startswith("   at these shares")]
    assert [row[3] for row in times] == ["-", "-"]
    assert all(row[-1] == "ms" for row in times)


def test_without_training_there_is_one_column(run: Run, tmp_path: Path) -> None:
    board = tmp_path / "board.yaml"
    board.write_text(BOARD)
    options = ("--time", "--device", str(board), "--dtype", "int8")
    lines = run("estimate", EXERCISE, *options).out.splitlines()
    assert " A board                         prediction, 1 image" in lines
    assert " time for the MACs at the peak                1.40 s" in lines  # 1.3995 G at 1 G a second
    found = json.loads(run("estimate", EXERCISE, *options, "--format", "json").out)["time"]
    assert found["training"] is None


def test_a_type_without_measurements(run: Run) -> None:
    words = run("estimate", EXERCISE, "--time", "--gpu", "t4", "--dtype", "mixed_float16").out
    assert "In mixed_float16 no prediction and no training step was measured." in words
    assert "measured, Keras" not in words


@pytest.mark.parametrize("width", [40, 60])
def test_no_row_is_cut_in_a_narrow_terminal(width: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table = run("estimate", "vgg16", "--time", "--gpu", "t4").out.split(" NVIDIA T4 16 GB\n")[1]
    lines = table.split("The device's")[0].splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in table
    assert sum(line.startswith(" time for the bytes at the peak") for line in lines) == 2
    assert sum(line.startswith(" measured on h200, Keras on JAX") for line in lines) == 2


def test_segments_are_named_and_give_no_time(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "again.yaml"
    found = cnncalc.checkpoint("resnet18", segments=1)
    convert(found.model, str(path))
    printed = run("estimate", str(path), "--time", "--gpu", "h200").out
    assert printed.count("1 segment run again") == 2  # as over the memory
    words = " ".join(printed.split())
    assert "No step with segments that run again was measured, so no time is derived." in words


def test_a_pure_type_says_that_the_steps_were_mixed(run: Run) -> None:
    words = run("estimate", EXERCISE, "--time", "--gpu", "h200", "--dtype", "bfloat16").words
    assert "They ran in mixed_bfloat16" in words


def test_a_tpu_has_no_kernels_or_multiprocessors(run: Run) -> None:
    options = ("--time", "--gpu", "tpu-v4", "--dtype", "mixed_bfloat16")
    words = run("estimate", EXERCISE, *options).out
    assert "kernel" not in words
    assert "multiprocessors" not in words


def test_json_has_every_figure(run: Run) -> None:
    printed = run("estimate", EXERCISE, "--time", "--gpu", "h200", "--format", "json").out
    found = json.loads(printed)["time"]
    assert found["device"] == "h200"
    prediction = found["inference"]
    assert prediction["macs_by_dtype"] == {"float32": 1_399_500_000}
    assert prediction["moved_bytes"] == 3_613_600 + 720_000 + 1_520_000
    assert prediction["bound_s"] == pytest.approx(2 * 1_399_500_000 / 494.7e12)
    step = prediction["measured"][0]
    assert step["share"] == step["bound_s"] / step["seconds"]
    assert found["training"]["batch_size"] == 50


def test_markdown_has_a_second_table(run: Run) -> None:
    printed = run("estimate", EXERCISE, "--time", "--gpu", "h200", "--format", "markdown").out
    assert (
        "| NVIDIA H200 SXM 141 GB | prediction, 1 image | training, batch 50, SGD |\n| --- | ---: | ---: |"
        in printed
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--time"], "--time needs a device: --gpu with one of a100-40gb, .* tpu-v4"),
        (["--time", "--gpu", "h200", "--format", "csv"], "--format csv has one line per layer"),
        (["--time", "--gpu", "rp2040"], "no peak rates are stated for rp2040"),
        (["--time", "--ask-xla", "--gpu", "tpu-v4"], 'XLA cannot be asked about "tpu-v4"'),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], message: str, run: Run) -> None:
    answer = run("estimate", EXERCISE, *arguments)
    assert answer.status == 2
    assert re.match(message, answer.err)


def test_an_estimate_without_time_reads_no_measurements() -> None:
    program = "import sys; from cnncalc.cli import app; app()(sys.argv[1:], standalone_mode=False); "
    ask = program + "print('cnncalc.achieved' in sys.modules, 'numpy' in sys.modules)"
    for options, loaded in (([], "False False"), (["--time", "--gpu", "t4"], "True False")):
        run = subprocess.run(
            [sys.executable, "-c", ask, "estimate", EXERCISE, *options],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert run.stdout.splitlines()[-1] == loaded
