"""Writes docs/benchmarks.md from what was recorded. Nothing is measured here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.speed.models import FILES, ROOT
from benchmarks.speed.results import Figure, figures_of, recorded

PAGE = ROOT / "docs" / "benchmarks.md"
PEERS = Path(__file__).with_name("peers.json")

HEAD = """\
# Benchmarks

How fast cnncalc is beside Keras and beside other tools. `make bench` measures it again, compares with these
figures, and fails where one is worse beyond the spread of both; `make bench-record` replaces them, and this
page. Bold: what falls short. The machine did other work beside.

"""

ANSWERS = """\
## Answers from Python

How many times faster than Keras building the same model and printing its summary, in one process: medians,
quartiles in brackets. From a loaded model and from its file. To reach: 100 times, from the file 50; the rule
`tensorflow`, with its band, 40 times from a loaded model.

"""

COLD = """\
## Commands, as whole processes

Ratios are taken within rounds, in which all commands run one after the other.

"""

GROWTH = """\
## Growth

The cost of a layer in a large network over that in a small one: a chain of 20,000 convolutions over one of
200, and 2,000 residual blocks over 20. Processor's time (the least of several) and Python's memory at its
highest. One number each: the brackets are a tenth, below which a difference is taken for noise.

"""


PEER_HEAD = """\
## Beside other tools

Milliseconds for shapes, parameters and MACs of the same architecture (each tool counts what it counts): the
tools from a built PyTorch model on the CPU and one image, without the time to build it, which is the column
`torch build`; cnncalc from a loaded model. Medians; `make bench-peers`. """


def page(found: Mapping[str, Any], peers: Mapping[str, Any] | None) -> str:
    figures = figures_of(found)
    parts = [HEAD, _taken(found), ANSWERS, _answers(figures), COLD, *_tables(figures, "cold")]
    parts += [*_processes(figures), GROWTH, *_tables(figures, "growth")]
    parts += ["## The largest batch\n\nOf ResNet-152 in 8 GiB, training with SGD, from a loaded model.\n\n"]
    parts += _tables(figures, "fit")
    return "".join([*parts, _missed(figures), _peers(peers) if peers else ""])


def _taken(found: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return f"Taken on {found['taken']}: {found['hardware']}, {found['system']}; {versions}.\n\n"


def _answers(figures: Iterable[Figure]) -> str:
    by_name = {figure.name: figure for figure in figures if figure.group == "answers"}
    answers = list(dict.fromkeys(name.split(": ")[1].rsplit(", ", 1)[0] for name in by_name))
    rows = [["model", "from", *answers]]
    for model in FILES:
        for way in ("loaded", "file"):
            found = [by_name.get(f"{model}: {answer}, {way}") for answer in answers]
            rows.append([model, way, *(_cell(figure) if figure else "" for figure in found)])
    return table(rows)


def _cell(figure: Figure) -> str:
    text = f"{number(figure.median)} ({number(figure.low)} to {number(figure.high)})"
    return text if figure.reached else f"**{text}**"


def _tables(figures: Iterable[Figure], group: str) -> Iterator[str]:
    rows = [["", "measured", "to reach"]]
    for figure in figures:
        if figure.group == group:
            wanted = f"at least {figure.least:g}" if figure.least else f"at most {figure.most:g}"
            rows.append([figure.name, _cell(figure), wanted])
    yield table(rows)


def _processes(figures: Iterable[Figure]) -> Iterator[str]:
    times = {figure.name: figure for figure in figures if figure.group == "processes, s"}
    peaks = {figure.name: figure for figure in figures if figure.group == "processes, MiB"}
    rows = [["command", "seconds", "peak memory, MiB"]]
    rows += [[name, _cell(times[name]), _cell(peaks[name])] for name in times]
    yield table(rows)


def _missed(figures: Iterable[Figure]) -> str:
    missed = [figure for figure in figures if not figure.reached]
    if not missed:
        return "## What falls short\n\nNothing: every figure reaches what it is to reach.\n\n"
    lines = [f"- {figure.group}, {figure.name}: {_cell(figure)}" for figure in missed]
    return (
        "## What falls short\n\n"
        + "\n".join(lines)
        + "\n\n[Why, and what was learnt](decisions/speed.md).\n\n"
    )


def _peers(peers: Mapping[str, Any]) -> str:
    tools = list(dict.fromkeys(row["tool"] for row in peers["rows"]))
    rows = [["model", *tools]]
    for model in dict.fromkeys(row["model"] for row in peers["rows"]):
        found = {row["tool"]: row for row in peers["rows"] if row["model"] == model}
        rows.append([model, *(_peer(found.get(tool)) for tool in tools)])
    versions = ", ".join(f"{name} {number}" for name, number in peers["versions"].items())
    return f"{PEER_HEAD}{versions}.\n\n{table(rows)}"


def _peer(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    return f"{1e3 * row['seconds']:,.1f}" if "seconds" in row else str(row["error"])


def number(value: float) -> str:
    """Three digits.

    >>> number(1234.5), number(12.34), number(0.1234)
    ('1,234', '12.3', '0.123')
    """
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"


def rendered() -> str:
    peers = json.loads(PEERS.read_text(encoding="utf-8")) if PEERS.exists() else None
    return page(recorded(), peers).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
