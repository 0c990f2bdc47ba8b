"""The worked solution as plain text, Markdown or LaTeX."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from cnncalc.estimation import Estimate
from cnncalc.report.solution import solution
from cnncalc.report.sums import Section, Sum


def to_text(estimate: Estimate, width: int | None = None) -> str:
    """For a terminal: sums in columns under each heading."""
    blocks = [_section_text(section, width or 100) for section in solution(estimate)]
    return "\n".join(blocks) + "\n"


def _section_text(section: Section, width: int) -> str:
    margin = "  " * section.depth
    parts = [_heading(section, width - len(margin)), *_columns(section.sums, width - len(margin))]
    if section.text:
        parts.append(
            textwrap.fill(section.text, width - len(margin), initial_indent="  ", subsequent_indent="  ")
        )
    return textwrap.indent("\n".join(parts), margin) + "\n"


def _heading(section: Section, width: int) -> str:
    """A short phrase stands on the line of its title, a sentence below it."""
    one_line = ": ".join(filter(None, [section.title, section.phrase]))
    if len(one_line) <= width and not section.phrase.endswith((".", ":")):
        return one_line
    body = textwrap.fill(section.phrase, width - 2, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(filter(None, [section.title, body]))


def _columns(sums: tuple[Sum, ...], width: int) -> list[str]:
    labels = max((len(item.label) for item in sums), default=0)
    results = max((len(item.result) for item in sums if not item.terms), default=0)
    return [line for item in sums for line in _sum_lines(item, labels, results, width)]


def _sum_lines(item: Sum, labels: int, results: int, width: int) -> list[str]:
    sum_text = f"{item.terms} = {item.result}" if item.terms else item.result
    note = f"   {item.note}" if item.note else ""
    line = f"  {item.label:<{labels}}  {sum_text}{note}"
    if len(line) <= width:
        return [line]
    indent = " " * (labels + 4)
    body = textwrap.wrap(
        sum_text, width, initial_indent=f"  {item.label:<{labels}}  ", subsequent_indent=indent
    )
    return [*body, *textwrap.wrap(item.note, width, initial_indent=indent, subsequent_indent=indent)]


def to_markdown(estimate: Estimate) -> str:
    """For a page: a heading and a table per layer."""
    return f"# {estimate.name}\n\n" + "\n".join(map(_section_markdown, solution(estimate)))


def _section_markdown(section: Section) -> str:
    title = f"{'#' * min(2 + section.depth, 6)} {section.title}\n" if section.title else ""
    table = [f"| {item.label} | {_equation(item)} | {item.note} |" for item in section.sums]
    head = ["| | | |", "| --- | --- | --- |"] if table else []
    parts = [title, _sentence(section.phrase), "\n".join(head + table), section.text]
    return "\n".join(f"{part.rstrip()}\n" for part in parts if part)


def _equation(item: Sum) -> str:
    return f"{item.terms} = **{item.result}**" if item.terms else f"**{item.result}**"


def _sentence(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def to_latex(estimate: Estimate) -> str:
    """For a paper: a complete document, one aligned block of equations per layer."""
    body = "\n".join(map(_section_latex, solution(estimate)))
    head = (
        "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage{amsmath}\n\\begin{document}\n"
    )
    return f"{head}\\section*{{{_escaped(estimate.name)}}}\n{body}\n\\end{{document}}\n"


def _section_latex(section: Section) -> str:
    title = f"\\subsection*{{{_escaped(section.title)}}}\n" if section.title else ""
    text = "\n\n".join(_escaped(part) for part in (_sentence(section.phrase), section.text) if part)
    return f"{title}{text}\n{_aligned(section.sums)}"


def _aligned(sums: Iterable[Sum]) -> str:
    lines = [_latex_line(item) for item in sums]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n" if lines else ""


def _latex_line(item: Sum) -> str:
    terms = f"{_math(item.terms)} = " if item.terms else ""
    note = f" && \\text{{{_escaped(item.note)}}}" if item.note else ""
    return f"\\text{{{_escaped(item.label)}}} &: {terms}{_math(item.result)}{note}"


_MATH = {
    "⌈": r"\lceil ",
    "⌉": r" \rceil",
    "⌊": r"\lfloor ",
    "⌋": r" \rfloor",
    " · ": r" \cdot ",
    " x ": r" \times ",
}


def _math(text: str) -> str:
    """A sum in LaTeX's mathematics; words in it stand upright."""
    for plain, latex in _MATH.items():
        text = text.replace(plain, latex)
    return " ".join(_math_word(word) for word in text.split(" ")).replace(",", "{,}")


def _math_word(word: str) -> str:
    if word.startswith("\\") or not any(letter.isalpha() for letter in word):
        return word
    return f"\\text{{{_escaped(word)} }}"


_SPECIAL = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    | {"·": r"$\cdot$", "⌈": r"$\lceil$", "⌉": r"$\rceil$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$"}
)


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)
