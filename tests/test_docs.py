"""The pages say what the program does: model files load, commands and Python print what is shown."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import cnncalc
from cnncalc.interop.model_file import model_from_text
from cnncalc.layers import CATALOGUE

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODEL = re.compile(r"(name|inputs?):")
NAME = re.compile(r"name: (\w+)$", re.MULTILINE)
PRINTED = re.compile(r"^print\(.*\)  # (.*)$", re.MULTILINE)
COLUMNS = "100"
"""The width of the terminal on the pages."""


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            if found[1] in languages:
                yield Block(page, line, found[1], found[2])


MODELS = [block for block in blocks("yaml") if MODEL.match(block.text)]
PYTHON = list(blocks("python"))
COMMANDS = list(blocks("console"))
WITH_KERAS = ("check",)
"""Commands that need TensorFlow."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples, and each model file of the pages under its name."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for block in MODELS:
        name = NAME.match(block.text)
        assert name, f"{block}: a model file on a page has a name"
        (tmp_path / f"{name[1]}.yaml").write_text(block.text, encoding="utf-8")
    wrong = [block.text for block in blocks("text") if MODEL.match(block.text)]
    (tmp_path / "mistakes.yaml").write_text("\n".join(wrong), encoding="utf-8")
    return tmp_path


def run(arguments: list[str], folder: Path) -> str:
    """What a fresh interpreter prints, errors too."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_pages_have_blocks_of_every_sort() -> None:
    assert min(len(MODELS), len(PYTHON), len(COMMANDS)) >= 3


@pytest.mark.parametrize("block", MODELS, ids=str)
def test_a_model_file_loads(block: Block) -> None:
    estimate = cnncalc.estimate(model_from_text(block.text, str(block), "page"))
    assert estimate.memory["textbook"].inference.total_bytes > 0


DEVICES = [block for block in blocks("yaml") if "memory_bytes:" in block.text and "peak:" in block.text]


def test_a_device_file_bounds_a_step(tmp_path: Path) -> None:
    assert DEVICES
    for block in DEVICES:
        path = tmp_path / "board.yaml"
        path.write_text(block.text, encoding="utf-8")
        assert cnncalc.time_bound("lenet5", path).inference.seconds > 0


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_prints_what_is_shown(block: Block, folder: Path) -> None:
    printed = run(["-c", block.text], folder).splitlines()
    assert printed == PRINTED.findall(block.text)


def needs_keras(block: Block) -> bool:
    return block.text.split()[2] in WITH_KERAS


COMMAND_BLOCKS = [
    pytest.param(block, id=str(block), marks=[pytest.mark.keras] if needs_keras(block) else [])
    for block in COMMANDS
]


@pytest.mark.parametrize("block", COMMAND_BLOCKS)
def test_a_command_prints_what_is_shown(block: Block, folder: Path) -> None:
    command, *shown = block.text.splitlines()
    program, *arguments = command.removeprefix("$ ").split()
    assert program == "cnncalc"
    printed = iter(map(settled, run(["-m", "cnncalc", *arguments], folder).splitlines()))
    missing = [line for line in shown if line != "..." and settled(line) not in printed]  # in this order
    assert missing == []


def settled(line: str) -> str:
    """The line without what another compilation may change: of what ``check`` measures, the training."""
    return " ".join(line.split()[:3]) if line.startswith(" measured, ") else line.rstrip()


def test_the_page_of_layers_is_up_to_date() -> None:
    written = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    generated = runpy.run_path(str(ROOT / "docs" / "generate_layers.py"))["page"]()
    assert written == generated, "run: python docs/generate_layers.py"


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_page_of_layers_has_every_kind(kind: str) -> None:
    assert f"| `{kind}` |" in (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")


LINK = re.compile(r"\]\(([^)#:]+)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    linked = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in linked if not (page.parent / target).exists()] == []
