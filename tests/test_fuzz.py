"""Whatever a file or a command line holds, the answer is a result or the library's own error, and soon.

A few hundred inputs of each sort in every run; `make fuzz` tries 20,000 new ones.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import CnncalcError
from tests import fuzzing
from tests.fuzzing import limited

many = settings(
    max_examples=max(300, settings().max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answered(path: Path, content: bytes) -> None:
    """Read the file as a model and, where it is one, work out all that an estimate has."""
    path.write_bytes(content)
    with limited(), suppress(CnncalcError):
        estimate = cnncalc.estimate(path)
        assert estimate.macs >= 0
        assert estimate.output_bytes > 0
        assert {"textbook", "ideal"} <= {*estimate.answers}


@many
@given(fuzzing.MODEL_FILES)
def test_model_files(tmp_path: Path, text: str) -> None:
    answered(tmp_path / "net.yaml", text.encode("utf-8", "surrogatepass"))


@many
@given(fuzzing.KERAS_JSON)
def test_keras_json(tmp_path: Path, text: str) -> None:
    answered(tmp_path / "net.json", text.encode("utf-8", "surrogatepass"))


@many
@given(fuzzing.ARCHIVES)
def test_archives(tmp_path: Path, content: bytes) -> None:
    answered(tmp_path / "net.keras", content)


@many
@given(fuzzing.command_lines())
def test_command_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Status 0, 1 for a gate that is broken, or 2 with what was wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cnncalc", *words])
    with limited():
        status = stopped()
    assert status in (0, 2) or (status == 1 and "--ci" in words)
    assert "Traceback" not in capsys.readouterr().err


def stopped() -> Any:
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0
    return 0


def test_the_limits_are_kept() -> None:
    with pytest.raises(MemoryError), limited():
        bytearray(2 * fuzzing.MOST_BYTES)  # some of it the process may have free
    with pytest.raises(fuzzing.TooSlowError), limited():
        any(False for _ in count())
