"""Measured rows in a JSON file, a line for each. It is replaced as a whole, so a stop does not harm it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def load(file: Path) -> dict[str, Any]:
    """The rows by their names; none where nothing has been measured."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def save(file: Path, rows: Mapping[str, Any]) -> None:
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    spare = file.with_suffix(".new")
    spare.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    spare.replace(file)
