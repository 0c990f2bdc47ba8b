"""The time of a cold start, side by side with what it cannot do without.

Each pair runs interleaved, so that a busy machine slows both alike. Prints the medians and their
ratio; exit status 1 where a ratio is above the limit.  Usage: cold_start.py [RUNS]
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parents[1]
CNNCALC = str(Path(sys.executable).with_name("cnncalc"))
LIMIT = 2.0
RUNS = 21

Command = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    title: str
    command: Command
    floor: Command


PAIRS = (
    Pair(
        "cnncalc estimate examples/geron_exercise.yaml",
        (CNNCALC, "estimate", "examples/geron_exercise.yaml"),
        (sys.executable, "-c", "import typer, pydantic, yaml"),
    ),
    Pair("cnncalc --help", (CNNCALC, "--help"), (sys.executable, "-c", "import typer")),
)


def seconds(command: Command) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=ROOT)
    return perf_counter() - start


def medians(pair: Pair, runs: int) -> tuple[float, float]:
    """Of the command and of its floor, after one run of each that fills the caches."""
    seconds(pair.command), seconds(pair.floor)
    times = [(seconds(pair.command), seconds(pair.floor)) for _ in range(runs)]
    return median(command for command, _ in times), median(floor for _, floor in times)


def within_limit(pair: Pair, runs: int) -> bool:
    command, floor = medians(pair, runs)
    ratio = command / floor
    verdict = "ok" if ratio <= LIMIT else f"TOO SLOW: the limit is {LIMIT:.1f}"
    print(
        f"{pair.title}\n  {command * 1000:.0f} ms, {ratio:.2f} x the {floor * 1000:.0f} ms of "
        f'python -c "{pair.floor[-1]}"   {verdict}'
    )
    return ratio <= LIMIT


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print(f"Medians of {runs} processes each, interleaved:")
    verdicts = [within_limit(pair, runs) for pair in PAIRS]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
