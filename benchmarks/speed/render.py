"""Writes docs/benchmarks.md from what was recorded. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from benchmarks.recorded import load
from benchmarks.speed.models import FILES, ROOT
from benchmarks.speed.peers import KERAS, LIMIT_SECONDS, RESULT, SUMS
from benchmarks.speed.results import Figure, figures_of, recorded

PAGE = ROOT / "docs" / "benchmarks.md"

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


DEEP = f"""\
Networks of 10,001 and 20,000 layers, beside Keras in the same way, but once each and without a run before:
how many times faster, and cnncalc's seconds in brackets; seconds alone where Keras gave no model. Keras
follows a model's graph by recursion: it is run as it is, and with Python's limit of recursion raised. A run
may take {LIMIT_SECONDS} s. Part of `make bench-peers`.

"""

OTHERS = f"""\
## Beside other tools

Milliseconds for shapes, parameters and MACs of the same architecture (each tool counts what it counts), and
in brackets how many times those of cnncalc. The tools from a built PyTorch model and one image, on one
thread of the CPU, without the time to build it, which is the column `torch build`; cnncalc from a loaded
model. The published architectures are torchvision's own, which has no NASNetLarge. Each tool in a process of
its own, in which cnncalc and the tool run by turns: medians, of the largest networks one run of at most
{LIMIT_SECONDS} s. `make bench-peers`.

"""


Row = Mapping[str, Any]
"""Of peers.json."""


def page(found: Mapping[str, Any], peers: Collection[Row]) -> str:
    figures = figures_of(found)
    deep = [row for row in peers if row["tool"] in KERAS]
    others = [row for row in peers if row["tool"] not in KERAS]
    parts = [HEAD, _taken(found), ANSWERS, _answers(figures), *_deep(deep)]
    parts += [COLD, *_tables(figures, "cold")]
    parts += [*_processes(figures), GROWTH, *_tables(figures, "growth")]
    parts += ["## The largest batch\n\nOf ResNet-152 in 8 GiB, training with SGD, from a loaded model.\n\n"]
    parts += _tables(figures, "fit")
    return "".join([*parts, _missed(figures), *_others(others)])


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


def _deep(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    answers = list(dict.fromkeys(_answer(what) for row in rows for what in row["seconds"] if what != "tool"))
    lines = [["model", "built by", "its time", "from", *answers]]
    for row in rows:
        for way in ("loaded", "file"):
            cells = (faster(row, f"{answer}, {way}") for answer in answers)
            lines.append([row["model"], row["tool"], _tool_time(row), way, *cells])
    yield DEEP
    yield _versions(rows)
    yield table(lines)


def _answer(question: str) -> str:
    return question.rpartition(", ")[0]


def _tool_time(row: Row) -> str:
    return str(row["failed"]) if "failed" in row else f"{number(row['seconds']['tool'])} s"


def faster(row: Row, question: str) -> str:
    """
    >>> faster({"seconds": {"ideal, loaded": 0.5, "tool": 60}}, "ideal, loaded")
    '120 (0.500 s)'
    >>> faster({"seconds": {"ideal, loaded": 0.5}, "failed": "not in 300 s"}, "ideal, loaded")
    '0.500 s'
    """
    if question not in row["seconds"]:
        return ""
    seconds = row["seconds"][question]
    if "failed" in row:
        return f"{number(seconds)} s"
    return f"{number(row['seconds']['tool'] / seconds)} ({number(seconds)} s)"


def _others(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    lines = [["model", "cnncalc", *tools]]
    for model in dict.fromkeys(row["model"] for row in rows):
        found = {row["tool"]: row for row in rows if row["model"] == model}
        own = median(row["seconds"][SUMS] for row in found.values() if SUMS in row["seconds"])
        cells = (slower(found[tool]) if tool in found else "" for tool in tools)
        lines.append([model, number(1e3 * own), *cells])
    yield OTHERS
    yield _versions(rows)
    yield table(lines)
    yield counted(rows)


def slower(row: Row) -> str:
    """
    >>> slower({"seconds": {"shapes, parameters, MACs": 0.002, "tool": 0.4}})
    '400 (200)'
    """
    if "failed" in row:
        return str(row["failed"])
    seconds = row["seconds"]["tool"]
    return f"{number(1e3 * seconds)} ({number(seconds / row['seconds'][SUMS])})"


def counted(rows: Iterable[Row]) -> str:
    """Whether the tools count the same trainable parameters, which says that it is the same network."""
    known = [row for row in rows if "parameters" in row]
    others = [row for row in known if row["parameters"][0] != row["parameters"][1]]
    if not others:
        return f"All {len(known)} counts of trainable parameters are those of cnncalc.\n\n"
    said = (
        f"{row['tool']} of {row['model']}, {row['parameters'][0]:,} (cnncalc {row['parameters'][1]:,})"
        for row in others
    )
    return f"Counts of trainable parameters that are not those of cnncalc: {'; '.join(said)}.\n\n"


def _versions(rows: list[Row]) -> str:
    """Of all rows: when, where, with what."""
    dates = sorted({row["date"] for row in rows})
    places = sorted({row["processor"] for row in rows})
    packages = dict.fromkeys(" ".join(item) for row in rows for item in row["versions"].items())
    taken = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    return f"Taken on {taken}: {'; '.join(places)}; {', '.join(packages)}.\n\n"


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
    return page(recorded(), load(RESULT).values()).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
