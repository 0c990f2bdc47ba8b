"""The command as a user types it, within the process of the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from cnncalc.cli import main


class Answer(NamedTuple):
    """Exit status and what was printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def words(self) -> str:
        """What was printed on one line, for sentences that may be broken anywhere."""
        return " ".join(self.out.split())


Run = Callable[..., Answer]


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``cnncalc`` with some words, on a terminal whose width is not known."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["cnncalc", *words])
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        return Answer(status, *capsys.readouterr())

    return run
