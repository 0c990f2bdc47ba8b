"""What `make bench` found, as ratios with their spread; and whether one got worse beyond it.

Usage: results RUN.json [--record]. RUN.json is what pytest-benchmark writes. Without --record the ratios are
compared with those in recorded.json, and the exit status is 1 where one is worse; with it they are recorded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

RECORDED = Path(__file__).with_name("recorded.json")
PACKAGES = ("cnncalc", "keras", "tensorflow-cpu", "typer", "pydantic", "pytest-benchmark")

Spread = tuple[float, float, float]
"""Lower quartile, median, upper quartile."""


class Figure(NamedTuple):
    """A ratio or a time: ``least`` or ``most`` is what it is to reach. ``group`` is its table."""

    group: str
    name: str
    low: float
    median: float
    high: float
    least: float | None = None
    most: float | None = None

    @property
    def reached(self) -> bool:
        """By the median; what is to reach nothing has."""
        return (self.least is None or self.median >= self.least) and (
            self.most is None or self.median <= self.most
        )

    def worse_than(self, before: Figure) -> bool:
        """Whether the spreads do not even touch, on the bad side."""
        if self.least is not None:
            return self.high < before.low
        return self.most is not None and self.low > before.high


def spread(values: Sequence[float]) -> Spread:
    """
    >>> spread([3.0, 1.0, 2.0])
    (1.5, 2.0, 2.5)
    """
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, median, high = quantiles(values, n=4, method="inclusive")
    return low, median, high


def over(above: Spread, below: Spread) -> Spread:
    """
    >>> over((8.0, 10.0, 12.0), (1.0, 2.0, 4.0))
    (2.0, 5.0, 12.0)
    """
    return above[0] / below[2], above[1] / below[1], above[2] / below[0]


def figures(benchmarks: Iterable[Mapping[str, Any]]) -> Iterator[Figure]:
    """Of what pytest-benchmark wrote of each test."""
    by_sort: dict[str, list[Mapping[str, Any]]] = {}
    for item in benchmarks:
        by_sort.setdefault(item["extra_info"]["sort"], []).append(item)
    yield from _answers(by_sort.get("answer", []))
    for item in by_sort.get("cold", []):
        yield from _cold(item["extra_info"]["rounds"])
    for item in by_sort.get("growth", []):
        yield from _growth(item["extra_info"])
    for item in by_sort.get("fit", []):
        times = item["stats"]
        yield Figure("fit", "resnet152 in 8 GiB, s", times["q1"], times["median"], times["q3"], most=0.3)


def _answers(items: list[Mapping[str, Any]]) -> Iterator[Figure]:
    """Keras's time is that of all its builds of a model, which ran between the answers."""
    for name, group in groupby(items, lambda item: str(item["extra_info"]["name"])):
        tests = list(group)
        keras = spread([item["extra_info"]["keras_seconds"] for item in tests])
        yield Figure("seconds", f"{name}: Keras", *keras)
        for item in tests:
            info, times = item["extra_info"], item["stats"]
            taken = (times["q1"], times["median"], times["q3"])
            title = f"{name}: {info['answer']}, {info['way']}"
            yield Figure("seconds", title, *taken)
            yield Figure("answers", title, *over(keras, taken), least=_promised(info))


def _promised(info: Mapping[str, Any]) -> float | None:
    if info["answer"] == "tensorflow":
        return 40 if info["way"] == "loaded" else None
    return 100 if info["way"] == "loaded" else 50


def _cold(rounds: list[dict[str, tuple[float, int]]]) -> Iterator[Figure]:
    """Ratios within each round, in which the commands ran side by side."""

    def ratio(above: str, below: str, what: int) -> Spread:
        return spread([found[above][what] / found[below][what] for found in rounds])

    keras, floor = "Keras resnet50", "import typer, pydantic, yaml"
    for name in rounds[0]:
        yield Figure("processes, s", name, *spread([found[name][0] for found in rounds]))
        yield Figure("processes, MiB", name, *spread([found[name][1] / 2**20 for found in rounds]))
    for name, most in (("estimate exercise", 2.0), ("estimate resnet50", 2.5)):
        yield Figure("cold", f"{name}: time over that of {floor}", *ratio(name, floor, 0), most=most)
    yield Figure(
        "cold", "estimate resnet50: times faster than Keras", *ratio(keras, "estimate resnet50", 0), 15
    )
    peak = ratio("estimate resnet50", keras, 1)
    yield Figure("cold", "estimate resnet50: peak memory over Keras's", *peak, most=0.1)


def _growth(info: Mapping[str, Any]) -> Iterator[Figure]:
    """Cost per layer of many over that of few; one number each, so without a spread."""
    (few, *small), (many, *large) = info["costs"]
    for what, less, more in zip(("processor time", "memory"), small, large, strict=True):
        value = (more / many) / (less / few)
        name = f"{info['name']}, {info['answer']}: {what}, {many:,} layers over {few:,}"
        yield Figure("growth", name, value * 0.9, value, value * 1.1, most=1.5)


def found_in(run: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded of a run: hardware, versions, figures."""
    machine = run["machine_info"]
    cpu = machine.get("cpu", {})
    return {
        "taken": run["datetime"][:10],
        "hardware": f"{cpu.get('brand_raw', machine['machine'])}, {cpu.get('count', '?')} cores",
        "system": machine["system"],
        "versions": {"Python": machine["python_version"]} | {name: version(name) for name in PACKAGES},
        "figures": [figure._asdict() for figure in figures(run["benchmarks"])],
    }


def recorded() -> dict[str, Any]:
    return dict(json.loads(RECORDED.read_text(encoding="utf-8")))


def figures_of(found: Mapping[str, Any]) -> list[Figure]:
    return [Figure(**item) for item in found["figures"]]


def worse(now: Iterable[Figure], before: Iterable[Figure]) -> list[tuple[Figure, Figure]]:
    """Figures that are worse than they were, each with the one before."""
    known = {figure[:2]: figure for figure in before}
    pairs = [(figure, known[figure[:2]]) for figure in now if figure[:2] in known]
    return [(figure, other) for figure, other in pairs if figure.worse_than(other)]


def main() -> int:
    run = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = found_in(run)
    if "--record" in sys.argv:
        RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    lost = worse(figures_of(found), figures_of(recorded()))
    for now, before in lost:
        print(f"WORSE {now.name}: {now.median:,.2f}, recorded {before.median:,.2f}")
    print(f"{len(found['figures'])} figures, {len(lost)} worse than recorded.")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
