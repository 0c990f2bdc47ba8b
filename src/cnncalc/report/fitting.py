"""Whether a model fits, in sentences, and what to change, in a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from cnncalc.advice.combining import Combination
from cnncalc.advice.fitting import Fit
from cnncalc.advice.gate import Breach
from cnncalc.advice.question import Remedy
from cnncalc.report.fitting_words import costs, sentences
from cnncalc.report.sharing import sharing_lines
from cnncalc.report.table import Grid, aligned
from cnncalc.report.table import wrapped as filled
from cnncalc.units import bytes_text, count_text

WORDS = 46
"""The width of what to change, at most; costs take what is left of the line, and are left out below 16."""


def to_table(fit: Fit, command: str, width: int | None = None) -> str:
    """The answer for a terminal of ``width`` columns; ``command`` is what was typed, for the next one."""
    lines = [text if width is None else filled(text, width) for text in sentences(fit, command)]
    parts = ["\n".join(lines)]
    parts += [text if width is None or "\n" in text else filled(text, width) for text in sharing_lines(fit)]
    if fit.remedies:
        parts.append(remedy_table(fit, width))
    last = "\n".join(text if width is None else filled(text, width) for text in _next(fit, command))
    return "\n\n".join([*parts, *([last] if last else [])]) + "\n"


def remedy_table(fit: Fit, width: int | None) -> str:
    """One row per remedy, with the number by which it is applied; longer words go on in the next line."""
    header: tuple[str, ...] = ("", "what to change", "needs", "saves", "fits", "costs")
    rows = [_row(fit, number, remedy) for number, remedy in enumerate(fit.remedies, 1)]
    rows += _combined_row(fit)
    fixed = sum(max(map(len, cells)) for cells in list(zip(header, *rows, strict=True))[2:5])
    first = max(len(row[0]) for row in rows)
    words = min(WORDS, (width or 160) * 2 // 5)
    rest = (width or 160) - words - fixed - first - 2 * len(header)
    if rest < 16:
        header, rows = (*header[:5], ""), [(*row[:5], "") for row in rows]
    grid = Grid(header, tuple(_broken(rows, words, max(rest, 16))), frozenset({1, 4, 5}))
    return aligned(grid, [max(map(len, cells)) for cells in zip(header, *grid.rows, strict=True)])


def _row(fit: Fit, number: int, remedy: Remedy) -> tuple[str, ...]:
    saved = bytes_text(remedy.saved_bytes)
    verdict = _VERDICTS[remedy.verdict]
    needed = bytes_text(remedy.needed_bytes)
    return str(number), remedy.description, needed, saved, verdict, costs(fit, remedy)


_VERDICTS = {"fits": "yes", "uncertain": "perhaps", "does not fit": "no"}


def _combined_row(fit: Fit) -> Iterator[tuple[str, ...]]:
    """Several remedies at once, below those that they are made of."""
    found = fit.combination
    if found is not None and len(found.remedies) > 1:
        needed, saved = bytes_text(found.needed_bytes), bytes_text(found.saved_bytes)
        number = str(len(fit.remedies) + 1)
        yield number, f"together: {found.description}", needed, saved, _VERDICTS[found.verdict], ""


def _broken(rows: Iterable[tuple[str, ...]], words: int, rest: int) -> Iterator[tuple[str, ...]]:
    for number, description, *figures, cost in rows:
        left = textwrap.wrap(description, words) or [""]
        right = textwrap.wrap(cost, rest) or [""]
        for line in range(max(len(left), len(right))):
            cells = (number, *figures) if line == 0 else ("", *("" for _ in figures))
            yield cells[0], _at(left, line), *cells[1:], _at(right, line)


def _at(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _next(fit: Fit, command: str) -> Iterator[str]:
    """The least change that fits, and the command that writes it."""
    found = fit.combination
    if found is not None:
        number = _number(fit, found)
        words = found.description if len(found.remedies) > 1 else f"{number}, {found.description}"
        yield f"The least change that fits: {words}."
        yield f"{command} --apply {number} -o changed.yaml"
    elif not fit.fits and fit.remedies:
        yield "No combination of these is enough."
    for item in fit.unanswered:
        yield f"Not worked out: {item.kind} ({item.reason})."


def _number(fit: Fit, found: Combination) -> int:
    if len(found.remedies) > 1:
        return len(fit.remedies) + 1
    return 1 + next(number for number, item in enumerate(fit.remedies) if item is found.remedies[0])


def breach_lines(breaches: Iterable[Breach]) -> Iterator[str]:
    """One line for each limit that is broken.

    >>> list(breach_lines([Breach("training_memory", 2**30, 3 * 2**29)]))
    ['training memory: 1.5 GiB, at most 1.0 GiB allowed (1610612736 > 1073741824)']
    """
    for limit, most, found in breaches:
        text = count_text if limit in ("parameters", "macs") else bytes_text
        yield f"{_LIMITS[limit]}: {text(found)}, at most {text(most)} allowed ({found} > {most})"


_LIMITS = {
    "parameters": "parameters",
    "macs": "MACs",
    "inference_memory": "inference memory",
    "training_memory": "training memory",
    "budget": "memory",
}
