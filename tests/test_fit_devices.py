"""What of a device can be used, and how TensorFlow shares a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.advice.budget import GPU_RATIOS
from cnncalc.advice.room import CONTEXT, reserve
from cnncalc.devices import device_names, load_device
from tests.commands import Run

MIB, GIB = 2**20, 2**30
KINDS = ("gpu", "tpu", "unified", "board", "microcontroller")


def test_there_are_devices_of_every_kind() -> None:
    assert {load_device(name).kind for name in device_names()} == set(KINDS)


@pytest.mark.parametrize("name", device_names())
def test_every_device_can_be_asked(name: str) -> None:
    found = cnncalc.fit("lenet5", device=name, batch_size=1)
    assert found.device
    assert found.reserve
    assert found.budget_bytes + found.reserve.high == found.device.memory_bytes
    assert bool(found.budget.ratios) == (found.device.kind == "gpu")
    small = found.device.kind == "microcontroller"
    assert (found.mode, found.rule) == (("inference", "ideal") if small else ("training", "tensorflow"))


def test_the_context_is_what_published_start_lines_leave_open() -> None:
    """The driver's figure, less what TensorFlow keeps back (1,536 MiB), less what it said it has."""
    for name, pool, context in (("rtx-3090", 22_446, CONTEXT.low), ("rtx-3060", 9_491, CONTEXT.high)):
        rest = load_device(name).memory_bytes / MIB - 1536 - pool
        assert abs(rest - context / MIB) < 1


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("rtx-3050-laptop-4gb", 1653),
        ("rtx-3050-laptop-4gb", 2156),
        ("gtx-1650-4gb", 2652),
        ("rtx-3060", 9599),
    ],
)
def test_what_tensorflow_said_elsewhere_is_in_the_range(name: str, pool: int) -> None:
    """Lines of four other machines: "Created device ... with 2652 MB memory"."""
    found = cnncalc.fit("lenet5", device=name, batch_size=1)
    assert found.budget_bytes <= pool * MIB <= found.budget_bytes + found.budget.slack


def test_a_reserve_of_ones_own() -> None:
    found = cnncalc.fit("lenet5", device="t4", reserve_bytes=GIB)
    assert found.budget_bytes == load_device("t4").memory_bytes - GIB
    assert found.budget.slack == 0
    with pytest.raises(cnncalc.CnncalcError, match="leaves nothing"):
        cnncalc.fit("lenet5", device="t4", reserve_bytes=16 * GIB)


def test_a_gpu_is_sure_only_with_the_upper_ratio_and_the_larger_reserve() -> None:
    found = cnncalc.fit("resnet50", device="rtx-3060", batch_size=32)
    ratios, typical = GPU_RATIOS["training"], found.need.typical_bytes
    assert found.high_bytes >= ratios.high * typical > found.needed_bytes
    assert found.low_bytes <= ratios.low * typical
    size = found.largest_batch_size

    def typical_at(batch: int) -> int:
        training = cnncalc.estimate("resnet50", batch_size=batch).memory["tensorflow"].training
        assert training
        return training.total_bytes

    assert ratios.high * typical_at(size) <= found.budget_bytes < ratios.high * typical_at(size + 1)


def test_ratios_are_of_the_rule_tensorflow_only() -> None:
    assert cnncalc.fit("lenet5", device="t4", rule="ideal").budget.ratios is None


def test_by_default_the_first_process_takes_nearly_all() -> None:
    found = cnncalc.fit("resnet50", device="rtx-3090", batch_size=16, processes=3)
    total = load_device("rtx-3090").memory_bytes
    first, second, third = found.processes
    assert first.pool_bytes == total - CONTEXT.high - 1536 * MIB
    free = 1536 * MIB - CONTEXT.high  # and of less than 2 GiB it leaves 225 MiB
    assert second.pool_bytes == free - 225 * MIB
    assert third.pool_bytes == 0
    assert [item.verdict for item in found.processes] == ["fits", "does not fit", "does not fit"]


@pytest.mark.parametrize(("fraction", "living"), [(0.4, 2), (0.3, 2), (0.2, 4), (0.9, 1)])
def test_a_fraction_is_kept_as_long_as_there_is_room(fraction: float, living: int) -> None:
    found = cnncalc.fit("lenet5", device="rtx-3090", processes=4, memory_fraction=fraction)
    total = load_device("rtx-3090").memory_bytes
    size = int(fraction * total / MIB) * MIB
    assert found.budget_bytes == size
    pools = [item.pool_bytes for item in found.processes]
    assert pools == [size] * living + [0] * (4 - living)
    assert living * (size + CONTEXT.high) <= total < (living + 1) * (size + CONTEXT.high)


def test_with_growth_each_takes_what_it_needs() -> None:
    found = cnncalc.fit("resnet50", device="rtx-3090", batch_size=32, processes=4, memory_growth=True)
    total = load_device("rtx-3090").memory_bytes
    fitting = [item for item in found.processes if item.verdict == "fits"]
    assert len(fitting) == total // (found.high_bytes + CONTEXT.high)
    assert found.budget_bytes == total // 4 - CONTEXT.high


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "either a budget"),
        ({"budget_bytes": GIB, "device": "t4"}, "either a budget"),
        ({"budget_bytes": GIB, "processes": 2}, "are of a device, no budget"),
        ({"budget_bytes": GIB, "reserve_bytes": 5}, "are of a device, no budget"),
        ({"device": "esp32", "memory_growth": True}, "is no GPU"),
        ({"device": "t4", "processes": 0}, "from 1 to 64"),
        ({"device": "t4", "memory_fraction": 0.0}, "above 0"),
        ({"device": "t4", "memory_fraction": float("nan")}, "above 0"),
        ({"device": "t4", "memory_fraction": 0.5, "memory_growth": True}, "not both"),
        ({"device": "t5"}, 'no device "t5"'),
    ],
)
def test_what_cannot_be_asked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=message):
        cnncalc.fit("lenet5", **given)


def test_a_device_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = (
        "name: Mine\nkind: board\nmemory_bytes: 4294967296\nsource: https://example.org\ndate: 2026-11-25\n"
    )
    file.write_text(text, encoding="utf-8")
    found = cnncalc.fit("lenet5", device=str(file))
    assert found.device
    assert (found.device.name, found.budget_bytes) == ("Mine", 4 * GIB)
    assert not reserve(found.device).high


def test_the_second_process_and_the_code_are_explained(run: Run) -> None:
    ask = ("fit", "geron_exercise", "--device", "rtx-3090")
    out = run(*ask, "--processes", "2").out
    assert "Process 2 will end with an error" in out
    assert "CUDA_ERROR_OUT_OF_MEMORY" in out
    assert "CUDA_VISIBLE_DEVICES=0" in out
    limited = run(*ask, "--memory-fraction", "0.4").out
    size = int(0.4 * load_device("rtx-3090").memory_bytes / MIB)
    assert f"memory_limit={size}" in limited
    assert "set_memory_growth(gpu, True)" in run(*ask, "--memory-growth").out


def test_an_uncertain_answer_says_how_to_be_sure(run: Run) -> None:
    out = run("fit", "geron_exercise", "--device", "gtx-1650-4gb", "--batch-size", "100").words
    assert "it is uncertain whether it fits" in out
    assert "--rule xla" in out


def test_a_microcontroller_reads_weights_from_flash(run: Run) -> None:
    out = run("fit", "ds_cnn", "--device", "esp32-s3").words
    found = cnncalc.estimate("ds_cnn").memory["ideal"].inference
    assert found.variables_bytes == 4 * cnncalc.estimate("ds_cnn").parameters
    assert "of it are weights; where they are read from flash" in out


@pytest.mark.keras
def test_the_code_is_that_of_the_installed_tensorflow() -> None:
    """On a machine without a GPU the lines run too, but for those that need one."""
    import tensorflow as tf

    assert callable(tf.config.set_logical_device_configuration)
    assert callable(tf.config.experimental.set_memory_growth)
    assert tf.config.LogicalDeviceConfiguration(memory_limit=1024).memory_limit == 1024
