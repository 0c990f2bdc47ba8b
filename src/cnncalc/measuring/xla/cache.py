"""Answers kept in the user's cache folder, so that the same question is answered at once."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path

from cnncalc.measuring.xla.job import XlaJob, XlaPlan, plan_from

FORM = 1
"""Of the answers; another one when what is asked or kept changes, so that old answers are not read."""


def folder() -> Path:
    """Where answers are kept: the system's folder for caches."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "cnncalc" / "xla"
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return (Path(base) if base else home / ".cache") / "cnncalc" / "xla"


def recalled(job: XlaJob, versions: dict[str, str]) -> XlaPlan | None:
    """The answer that is kept; None where there is none, or one that cannot be read."""
    try:
        return plan_from(json.loads(_file(job, versions).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def keep(job: XlaJob, versions: dict[str, str], plan: XlaPlan) -> None:
    """Keep an answer; where the folder cannot be written, it is asked again next time."""
    file = _file(job, versions)
    spare = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        spare.write_text(json.dumps(plan._asdict()), encoding="utf-8")
        spare.replace(file)
    except OSError:
        return


def _file(job: XlaJob, versions: dict[str, str]) -> Path:
    question = json.dumps([FORM, job._asdict(), versions], sort_keys=True)
    return folder() / f"{sha256(question.encode()).hexdigest()}.json"
