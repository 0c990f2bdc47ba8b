"""Devices: every file is read, names are forgiving, and a file of one's own is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.devices import Device, device_names, load_device
from cnncalc.errors import CnncalcError, FileError

OWN = """
name: A board
kind: board
memory_bytes: 8589934592
source: https://example.org/board
date: 2026-11-25
"""


@pytest.mark.parametrize("name", device_names())
def test_every_device_is_read(name: str) -> None:
    device = load_device(name)
    assert device.id == name
    assert device.source.startswith("https://")
    assert device.date.year >= 2026
    assert all(source.startswith("https://") for source in (device.xla.sources if device.xla else ()))


GPUS = (
    *("h100", "h200", "a100-40gb", "a100-80gb", "l4", "l40s", "a10g", "v100", "t4"),
    *("rtx-3060", "rtx-3090", "rtx-4090", "rtx-5090"),
)


@pytest.mark.parametrize("name", GPUS)
def test_a_gpu_can_be_asked(name: str) -> None:
    device = load_device(name)
    assert device.kind == "gpu"
    assert device.xla is not None


@pytest.mark.parametrize("name", GPUS)
def test_the_label_is_a_little_more_than_the_driver_reports(name: str) -> None:
    """Of the H200's 141 GB the driver has 151.4 x 10^9: vendors mean GiB, and some of it is kept back."""
    device = load_device(name)
    words = device.name.split()
    label = int(words[words.index("GB") - 1]) * 2**30
    assert 0.9 * label < device.memory_bytes <= label


RATED = tuple(name for name in device_names() if load_device(name).peak)


@pytest.mark.parametrize("name", RATED)
def test_peak_rates_are_plausible_and_have_sources(name: str) -> None:
    """Half the bytes a number, at least as many operations; both descriptions of one memory agree."""
    device = load_device(name)
    peak = device.peak
    assert peak is not None
    assert peak.sources
    assert all(source.startswith("https://") for source in peak.sources)
    rates = peak.operations_per_s
    assert rates
    assert set(rates) <= {"float32", "float16", "bfloat16"}
    halves = [rate for dtype, rate in rates.items() if dtype != "float32"]
    assert all(rate >= rates.get("float32", 0) for rate in halves)
    if device.xla:
        assert peak.bytes_per_s == pytest.approx(device.xla.memory_bandwidth, rel=0.1)


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(CnncalcError, match=r'no device "h1000"\. Did you mean h100\?'):
        load_device("h1000")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(OWN)
    device = load_device(path)
    assert (device.id, device.memory_bytes, device.xla) == ("board", 8 * 2**30, None)


def test_a_rate_may_have_an_exponent(tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(OWN + "peak: {sources: [], operations_per_s: {float32: 8.1e12}, bytes_per_s: 3.2e+11}")
    rates = load_device(path).rates
    assert (rates.operations_per_s["float32"], rates.bytes_per_s) == (8_100_000_000_000, 320_000_000_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "a device is a mapping with name"),
        ("{", "not YAML"),
        (OWN + "memory: 3", r'device: no setting "memory"\. Did you mean memory_bytes\?'),
        (OWN.replace("8589934592", "0"), "memory_bytes must be at least 1, found 0"),
        (OWN + "xla: {core_count: 1.5}", "core_count must be a whole number, found 1.5"),
        (OWN.replace("name: A board", ""), "device needs name"),
        ("name: A board", r"device needs kind, memory_bytes, source, date\."),
        (
            OWN + "peak: {sources: [], operations_per_s: {flot32: 8}, bytes_per_s: 1}",
            r'board.yaml: .*no type "flot32"\. Did you mean float32\?',
        ),
        (OWN + "peak: {sources: [], operations_per_s: {}, bytes_per_s: 1.5}", "must be a whole number"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=message):
        load_device(path)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileError, match=r"nowhere\.yaml: no such file"):
        load_device("nowhere.yaml")


def test_a_device_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_device("t4").memory_bytes = 1
    assert isinstance(load_device("t4"), Device)
