"""``python -m benchmarks.timing``."""

from __future__ import annotations

from argparse import ArgumentParser

import benchmarks.timing
from benchmarks.timing import ceilings, measuring, render
from benchmarks.timing.backends import BACKENDS


def main() -> None:
    parser = ArgumentParser(description=benchmarks.timing.__doc__)
    parser.add_argument("action", choices=["measure", "memory", "ask", "ceilings", "worker", "render"])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--backend", default="tensorflow", choices=list(BACKENDS))
    parser.add_argument("--jobs", type=int, default=1, help="Processes at a time that read memory.")
    parser.add_argument("--gpu", default="h200", help="The device that XLA is asked about.")
    given = parser.parse_intermixed_args()
    match given.action:
        case "measure":
            measuring.measure(given.backend, given.models)
        case "memory":
            measuring.memory(given.backend, given.models, given.jobs)
        case "ask":
            measuring.ask(given.gpu)
        case "ceilings":
            ceilings.measure(given.backend)
        case "worker":
            measuring.worker()
        case "render":
            render.render()


if __name__ == "__main__":
    main()
