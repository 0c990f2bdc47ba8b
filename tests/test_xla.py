"""XLA's plans without XLA: a recorded dump is read, answers are kept, and what is missing is said."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

import cnncalc
from benchmarks.xla.ledger import Entry, entries, score
from benchmarks.xla.render import groups
from cnncalc.advice.budget import GPU_RATIOS
from cnncalc.cli import app
from cnncalc.devices import Device, load_device
from cnncalc.errors import CnncalcError, MissingExtraError, NoRuleError
from cnncalc.measuring.job import Mode
from cnncalc.measuring.xla import asking, cache, installed
from cnncalc.measuring.xla.dump import alive_at_peak, read_dump
from cnncalc.measuring.xla.job import NOT_INCLUDED, XlaBuffer, XlaJob, XlaPlan, plan_from
from cnncalc.measuring.xla.rule import with_xla
from cnncalc.measuring.xla.target import target_text
from cnncalc.report import xla as report

ROOT = Path(__file__).parents[1]
EXERCISE = ROOT / "examples" / "geron_exercise.yaml"
DUMP = Path(__file__).parent / "xla_dump"
"""What XLA wrote of the exercise's training step, batch 50, SGD, for an H100 (jax 0.10.2)."""

LAYERS = {"conv2d", "conv2d_1", "conv2d_2"}
ARGUMENTS = {"trainable[4]": "conv2d_2/kernel", "inputs[0]": "images (input)"}
VERSIONS = {"jax": "0.10.2", "keras": "3.15.1"}
PARAMETERS = 4 * (2_800 + 180_200 + 720_400)
IMAGES, TARGETS = 4 * 50 * 200 * 300 * 3, 4 * 50 * 25 * 38 * 400

PLAN = XlaPlan(
    argument_bytes=PARAMETERS + 8 + IMAGES + TARGETS,  # 8: iteration and learning rate
    output_bytes=PARAMETERS + 8 + 76,  # 76: the loss, and a table of pointers
    alias_bytes=PARAMETERS + 8,
    temporary_bytes=805_015_056,
    variables_bytes=PARAMETERS + 8,
    io_bytes=IMAGES + TARGETS,
    buffers=alive_at_peak(read_dump(DUMP, "exercise"), LAYERS, ARGUMENTS),
)


def temporaries() -> list[XlaBuffer]:
    return [item for item in PLAN.buffers if item.kind == "temporary"]


def test_the_temporaries_at_the_peak_fill_their_block() -> None:
    """When conv2d_1's output has been padded, for forward and for backward, it is there three times."""
    padded = 4 * 50 * 101 * 151 * 100 + 4 * 50 * 51 * 77 * 200 + 4 * 50 * 51 * 75 * 200
    output = 4 * 50 * 50 * 75 * 200
    images = 4 * 50 * 201 * 301 * 3
    kernels = 4 * (3 * 3 * 3 * 100 + 3 * 3 * 100 * 200 + 3 * 3 * 200 * 400)
    alive = sum(item.bytes for item in temporaries())
    assert alive == padded + output + images + kernels
    assert 0 <= PLAN.temporary_bytes - alive < 8192  # each buffer starts at a multiple of 256 bytes


def test_buffers_are_named_by_layer_and_operation() -> None:
    found = {(item.layer, item.operation, item.kind) for item in PLAN.buffers}
    assert ("conv2d_1", "loop_pad_fusion of conv2d_1/add", "temporary") in found
    assert ("conv2d_2", "conv2d_2/kernel", "argument") in found
    assert ("conv2d_2", "conv2d_2/kernel", "temporary") in found  # transposed, for cuDNN
    assert ("", "images (input)", "argument") in found


def test_all_arguments_are_there() -> None:
    sizes = sum(item.bytes for item in PLAN.buffers if item.kind == "argument")
    assert sizes == PLAN.argument_bytes


def test_totals() -> None:
    """Arguments, temporaries, and the 76 bytes that lie in no argument's memory."""
    assert PLAN.total_bytes == PLAN.argument_bytes + 76 + 805_015_056
    assert PLAN.step_bytes == 76 + 805_015_056


def test_a_dump_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError, match="XLA has not written its plan"):
        read_dump(tmp_path, "exercise")


def test_a_plan_goes_through_json() -> None:
    assert plan_from(json.loads(json.dumps(PLAN._asdict()))) == PLAN


def test_a_target_is_what_xla_reads() -> None:
    """Every figure of the file stands in it, under XLA's name."""
    text = target_text(load_device("t4"))
    assert "device_memory_size: 15642329088" in text
    assert "core_count: 40" in text
    assert text.count("{") == text.count("}") == 3
    assert re.search(r"dnn_version_info \{ major: \d+ minor: \d+ patch: \d+ \}", text)


def test_a_device_without_figures_cannot_be_asked() -> None:
    board = load_device("t4").model_copy(update={"xla": None, "id": "board"})
    with pytest.raises(CnncalcError, match='XLA cannot be asked about "board"'):
        target_text(board)


class Asked:
    """Stands for the process that compiles."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.jobs: list[XlaJob] = []
        monkeypatch.setattr(asking, "_compiled", self)
        monkeypatch.setattr(asking, "installed_versions", lambda: VERSIONS)
        monkeypatch.setattr(cache, "folder", lambda: folder)

    def __call__(self, job: XlaJob, timeout_s: float, progress: asking.Progress) -> XlaPlan:
        self.jobs.append(job)
        return PLAN


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    return Asked(monkeypatch, tmp_path / "cache")


def asked(gpu: Device | str = "h100", mode: Mode = "training", **settings: object) -> asking.XlaMeasurement:
    return asking.ask_xla(cnncalc.estimate(EXERCISE, **{"batch_size": 50, **settings}), gpu, mode)  # type: ignore[arg-type]


def test_the_second_time_the_answer_is_kept(compiler: Asked) -> None:
    assert asked().plan == asked().plan == PLAN
    assert len(compiler.jobs) == 1


def test_fit_asks_the_compiler(compiler: Asked) -> None:
    """Every plan is the same here, so no change saves anything."""
    found = cnncalc.fit("geron_exercise", device="h100", batch_size=50, rule="xla")
    assert found.needed_bytes == PLAN.variables_bytes + PLAN.io_bytes + PLAN.step_bytes
    assert found.budget.ratios is None
    assert found.fits
    assert [job.mode for job in compiler.jobs] == ["training"]
    assert found.remedies == ()
    assert len({job.model for job in compiler.jobs}) > 1  # each changed model was asked about


def test_fit_needs_a_gpu_to_ask_about(compiler: Asked) -> None:
    with pytest.raises(CnncalcError, match="say which GPU with --device"):
        cnncalc.fit("geron_exercise", budget_bytes=2**30, rule="xla")


def test_another_question_is_asked(compiler: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    asked(gpu="t4")
    asked(batch_size=49)
    asked(optimizer="adam")
    asked(dtype="mixed_bfloat16")
    asked(mode="inference")
    monkeypatch.setattr(asking, "installed_versions", lambda: VERSIONS | {"jax": "0.10.3"})
    asked()
    assert len(compiler.jobs) == 1 + 5 + 1


def test_an_answer_that_cannot_be_read_is_asked_again(compiler: Asked, tmp_path: Path) -> None:
    asked()
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text("{")
    asked()
    assert len(compiler.jobs) == 2


def test_a_cache_that_cannot_be_written_does_no_harm(compiler: Asked, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert asked().plan == PLAN


def test_the_rule_is_empty_until_it_is_measured(compiler: Asked) -> None:
    estimate = cnncalc.estimate(EXERCISE, batch_size=50)
    with pytest.raises(NoRuleError, match="--gpu h100 --ask-xla"):
        estimate.memory["xla"]
    assert "xla" not in estimate.memory
    assert "xla" not in estimate.answers
    answer = with_xla(estimate, "h100").memory["xla"]
    assert answer.training is not None
    assert answer.training.total_bytes == PLAN.total_bytes
    assert answer.training.step_bytes == PLAN.step_bytes
    assert answer.training.variables_bytes == PLAN.variables_bytes


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(
    "arguments",
    [
        ["measure", str(EXERCISE), "--compiler", "xla", "--gpu", "h100", "-b", "50"],
        ["measure", str(EXERCISE), "--compiler", "xla", "--gpu", "h100", "-b", "50", "--format", "json"],
        ["estimate", str(EXERCISE), "--gpu", "h100", "--ask-xla", "-b", "50"],
        ["estimate", str(EXERCISE), "--gpu", "h100", "--ask-xla", "-b", "50", "--format", "json"],
        ["estimate", str(EXERCISE), "--gpu", "h100", "--ask-xla", "-b", "50", "--time"],
    ],
)
def test_what_is_not_in_the_plan_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    app()(arguments, standalone_mode=False)
    printed = " ".join(capsys.readouterr().out.split())
    assert all(item in printed for item in NOT_INCLUDED)


@pytest.mark.usefixtures("compiler")
def test_the_table_has_every_sum() -> None:
    table = report.to_table(asked(), 100)
    for size in (805_015_056, PLAN.alias_bytes, PLAN.total_bytes, 678_000_000):
        assert f"{size:,}" in table
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["measure", str(EXERCISE), "--compiler", "xla"], "XLA plans for a GPU: --gpu, one of a100-40gb"),
        (["measure", str(EXERCISE), "--gpu", "t4"], "--gpu and --timeout go with --compiler xla"),
        (["estimate", str(EXERCISE), "--gpu", "t4"], "--gpu goes with --time or --ask-xla"),
        (["measure", str(EXERCISE), "--compiler", "xla", "--timeline"], "--timeline goes with TensorFlow"),
        (["estimate", str(EXERCISE), "--timeout", "9"], "--timeout goes with --ask-xla"),
        (["estimate", str(EXERCISE), "--ask-xla"], "XLA plans for a GPU: --gpu"),
        (["estimate", str(EXERCISE), "--ask-xla", "--gpu", "h10"], "Did you mean"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], message: str) -> None:
    with pytest.raises(CnncalcError, match=message):
        app()(arguments, standalone_mode=False)


GOOD = {
    "jax": "0.10.2",
    "jaxlib": "0.10.2",
    "keras": "3.15.1",
    "jax-cuda12-pjrt": "0.10.2",
    "nvidia-cuda-nvcc-cu12": "12.9.86",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jax-cuda12-pjrt": ""}, "this needs jax-cuda12-pjrt, not installed here"),
        ({"nvidia-cuda-nvcc-cu12": "", "jax": ""}, "this needs jax and nvidia-cuda-nvcc-cu12"),
        ({"jax-cuda12-pjrt": "0.9.2"}, "jax-cuda12-pjrt 0.9.2 is older than jax 0.10.2"),
        ({"jax-cuda12-pjrt": "0.12.0.1"}, "jax-cuda12-pjrt 0.12.0.1 is newer than jax 0.10.2"),
        ({"jax-cuda12-pjrt": "0.9.2", "jax": "0.9.2"}, "jax 0.9.2 is too old"),
        ({"jax-cuda12-pjrt": "0.12.0", "jax": "0.12.0"}, "jax 0.12.0 is too new; 0.10 and 0.11 are known"),
        ({"keras": "3.8.0"}, "keras 3.8.0 is too old"),
    ],
)
def test_versions_that_do_not_fit(
    change: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with the command that mends it."""
    found = GOOD | change
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(installed, "_version", lambda name: found.get(name, ""))
    with pytest.raises(MissingExtraError, match=re.escape(message)) as caught:
        installed.installed_versions()
    assert installed.INSTALL in str(caught.value)


@pytest.mark.parametrize("jax", ["0.10.2", "0.11.2"])
def test_versions_that_fit(jax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = GOOD | {"jax": jax, "jaxlib": jax, "jax-cuda12-pjrt": jax}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(installed, "_version", lambda name: found.get(name, ""))
    assert installed.installed_versions() == found


@pytest.fixture(scope="module")
def ledger() -> list[Entry]:
    return [item for item in entries() if item.estimate]


def test_the_ledger_has_both_gpus_types_and_modes(ledger: list[Entry]) -> None:
    assert len(ledger) >= 30
    assert {item.row.gpu for item in ledger} == {"h100", "t4"}
    assert {item.row.row.dtype for item in ledger} >= {"float32", "mixed_float16"}
    assert {item.row.row.mode for item in ledger} == {"inference", "training"}


def test_what_is_there_before_the_step_is_what_is_estimated(ledger: list[Entry]) -> None:
    """Keras counts in 32 bits on JAX, in 64 on TensorFlow: at most three counters; a generator has 8."""
    for item in ledger:
        assert item.estimate is not None
        assert -12 <= item.plan["variables_bytes"] - item.estimate.variables_bytes <= 8 * 100, item.row.id
        assert item.plan["io_bytes"] == item.estimate.io_bytes, item.row.id
        unread = item.plan["variables_bytes"] + item.plan["io_bytes"] - item.plan["argument_bytes"]
        assert 0 <= unread <= 8 * 100, item.row.id  # and in prediction nothing reads those states


def test_most_predictions_for_an_h100_are_near_the_cpu(ledger: list[Entry]) -> None:
    """What docs/memory.md says of the ratios."""
    predictions = score(groups(ledger)["h100, float32, prediction"])
    assert 0.95 < predictions.median < 1.05
    training = score(groups(ledger)["h100, float32, training"])
    assert training.lowest < 0.6
    assert training.highest > 2


@pytest.mark.parametrize(("name", "mode"), [("prediction", "inference"), ("training", "training")])
def test_fit_takes_the_ratios_of_the_float32_plans(ledger: list[Entry], name: str, mode: Mode) -> None:
    """The lowest and the highest of both GPUs, in two figures as they are published."""
    both = [score(groups(ledger)[f"{gpu}, float32, {name}"]) for gpu in ("h100", "t4")]
    low, high, source = GPU_RATIOS[mode]
    assert low == round(min(of.lowest for of in both), 2)
    assert high == round(max(of.highest for of in both), 2)
    assert source.startswith(f"{sum(of.rows for of in both)} float32 plans")
