"""docs/roofline.svg: MACs per byte against MACs a second, a panel for each device and type.

The colour says the backend, the shape the model, and a filled mark a training step. The colours are those of
Okabe and Ito, which the colour-blind tell apart (https://jfly.uni-koeln.de/color/). The ground is white, so
that a dark page shows the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, cos, floor, log10, pi, sin
from typing import NamedTuple

from benchmarks.timing.rows import DTYPES, PROCESSOR
from benchmarks.timing.timed import Roof, Timed, measured_roof, stated_roof

COLOURS = {"jax": "#0072b2", "torch": "#d55e00", "tensorflow": "#009e73"}
STATED, GRID, INK = "#555", "#ddd", "#222"
SHAPES = dict(zip(PROCESSOR, [(24, 0.0), (4, 45.0), (4, 0.0), (3, 0.0), (3, 180.0), (6, 0.0)], strict=True))
"""A regular polygon for each model: its corners, and by how many degrees it is turned."""

WIDTH, HEAD, PANEL, GAP = 760, 84, 230, 62
"""Of the picture, its legend, a panel, and what is between two, in pixels."""
LEFT, RIGHT = 62, 212
"""What a panel leaves free beside it: for the scale, and for the names of the lines."""
LEGEND = (20, 150, 300, 425, 525, 640)
"""Where the keys of the legend stand."""
APART = 13
"""Between the names of two lines."""
PREFIXES = {0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}


class Panel(NamedTuple):
    """Where values come to lie: ``across`` and ``up`` are the powers of ten at the edges."""

    top: int
    across: tuple[int, int]
    up: tuple[int, int]

    def x(self, value: float) -> float:
        low, high = self.across
        return LEFT + (log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.up
        return self.top + PANEL - (log10(value) - low) / (high - low) * PANEL


def roofline(found: list[Timed]) -> str:
    """The plot as SVG."""
    drawn = [one for one in found if one.rate]
    devices = sorted({(one.row.on_processor, one.row.device) for one in drawn})
    places = [(device, dtype) for _, device in devices for dtype in DTYPES]
    height = HEAD + len(places) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *legend({one.row.backend for one in drawn}),
    ]
    across = powers(one.intensity for one in drawn)
    for index, (device, dtype) in enumerate(places):
        own = [one for one in drawn if one.row.device == device]
        panel = Panel(HEAD + 26 + index * (PANEL + GAP), across, powers(heights(own)))
        parts += [text(LEFT, panel.top - 9, f"{device}, {dtype}", "start", "bold"), *scales(panel)]
        parts += roofs(panel, lines(own, dtype))
        parts += [mark(panel, one) for one in own if one.row.dtype == dtype]
    return "\n".join([*parts, "</svg>"]) + "\n"


def powers(values: Iterable[float]) -> tuple[int, int]:
    """Of ten, around all values."""
    logs = [log10(value) for value in values]
    return floor(min(logs)), ceil(max(logs))


def heights(rows: list[Timed]) -> Iterator[float]:
    """MACs a second of a device: of its marks and of its lines, so that all types have the same scale."""
    yield from (one.rate for one in rows if one.rate)
    for dtype in DTYPES:
        yield from (roof.macs_per_s for roof, _ in lines(rows, dtype))


def lines(rows: list[Timed], dtype: str) -> list[tuple[Roof, str]]:
    """The roofs of a device, each with its colour."""
    device = rows[0].row.device
    named = [
        (measured_roof(device, backend, dtype), COLOURS[backend])
        for backend in sorted({one.row.backend for one in rows})
    ]
    return [(roof, colour) for roof, colour in [(stated_roof(device, dtype), STATED), *named] if roof]


def roofs(panel: Panel, drawn: list[tuple[Roof, str]]) -> Iterator[str]:
    """Each as a line, and in words beside the panel, apart from each other."""
    floor_y = 0.0
    for roof, colour in sorted(drawn, key=lambda one: -one[0].macs_per_s):
        dashed = ' stroke-dasharray="6 4"' if colour == STATED else ""
        look = f'fill="none" stroke="{colour}" stroke-width="1.5"{dashed}'
        yield f'<polyline points="{points(panel, roof)}" {look}/>'
        floor_y = max(panel.y(roof.macs_per_s) + 4, floor_y + APART)
        words = f"{roof.name}: {short(roof.macs_per_s)}MAC/s, {short(roof.bytes_per_s)}B/s"
        yield text(WIDTH - RIGHT + 6, floor_y, words, "start", size=10, fill=colour)


def points(panel: Panel, roof: Roof) -> str:
    """Up the slope from the panel's edge, then flat."""
    low, high = 10.0 ** panel.across[0], 10.0 ** panel.across[1]
    start = max(low, 10.0 ** panel.up[0] / roof.bytes_per_s)
    knee = min(roof.macs_per_s / roof.bytes_per_s, high)
    return " ".join(f"{panel.x(at):.1f},{panel.y(roof.at(at)):.1f}" for at in (start, knee, high))


def scales(panel: Panel) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, panel.top + PANEL
    for power in range(panel.across[0], panel.across[1] + 1):
        x = panel.x(10.0**power)
        yield rule(x, panel.top, x, bottom)
        yield text(x, bottom + 15, short(10.0**power))
    for power in range(panel.up[0], panel.up[1] + 1):
        y = panel.y(10.0**power)
        yield rule(LEFT, y, right, y)
        yield text(LEFT - 6, y + 4, short(10.0**power), "end")
    yield text((LEFT + right) / 2, bottom + 29, "MACs per byte")
    middle = panel.top + PANEL / 2
    yield text(14, middle, "MACs a second", turned=True)


def mark(panel: Panel, one: Timed) -> str:
    row = one.row
    x, y = panel.x(one.intensity), panel.y(one.rate or 1)
    words = f"{row.model}, {row.mode}, batch {row.batch_size}, {row.dtype}, {row.backend}"
    return shape(row.model, x, y, COLOURS[row.backend], row.mode == "training", f"<title>{words}</title>")


def shape(model: str, x: float, y: float, colour: str, filled: bool, inside: str = "") -> str:
    """A model's polygon; of all the same area."""
    corners, turned = SHAPES[model]
    radius = (44 / (corners / 2 * sin(2 * pi / corners))) ** 0.5
    angles = [pi * (turned / 180 + 2 * corner / corners) for corner in range(corners)]
    at = " ".join(f"{x + radius * sin(angle):.1f},{y - radius * cos(angle):.1f}" for angle in angles)
    fill = f'fill="{colour}" fill-opacity="0.75"' if filled else 'fill="none"'
    return f'<polygon points="{at}" {fill} stroke="{colour}" stroke-width="1.2">{inside}</polygon>'


def legend(backends: set[str]) -> Iterator[str]:
    """The models; the backends and the steps; the lines."""
    yield from (key(index, 20, model, model, INK, False) for index, model in enumerate(SHAPES))
    keys = [(f"Keras on {backend}", COLOURS[backend], True) for backend in sorted(backends)]
    keys += [("prediction", INK, False), ("training", INK, True)]
    for index, (words, colour, filled) in enumerate(keys):
        yield key(index, 44, words, "geron_exercise", colour, filled)
    words = "Dashed: the vendor's stated peak. Solid: reached in a large product and a large copy."
    yield text(LEGEND[0] - 6, 72, words, "start")


def key(index: int, y: float, words: str, model: str, colour: str, filled: bool) -> str:
    x = LEGEND[index]
    return shape(model, x, y, colour, filled) + text(x + 10, y + 4, words, "start")


def short(value: float) -> str:
    """Three figures with a prefix."""
    power = max(0, floor(log10(value) / 3 + 1e-9) * 3)
    return f"{value / 10**power:.3g} {PREFIXES[power]}".rstrip()


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "middle",
    weight: str = "normal",
    size: int = 12,
    fill: str = INK,
    turned: bool = False,
) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    look = f'font-size="{size}" font-weight="{weight}" fill="{fill}"{turn}'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {look}>{words}</text>'
