"""What `make bench` measures, by pytest-benchmark. What an answer is compared with runs between its tests,
so that a busy machine slows both alike; `results.py` makes the ratios.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

import cnncalc
from benchmarks.speed import cold, growth
from benchmarks.speed.models import ANSWERS, FILES, build_in_keras, chain, residual

ROUNDS = 7
SHAPES: dict[str, tuple[Callable[[int], str], tuple[int, int]]] = {
    "chain": (chain, (200, 20_000)),
    "residual": (residual, (20, 2_000)),
}
"""Makes a model file of so many pieces; few and many of them."""


def test_cold(benchmark: Any) -> None:
    """Each round runs all the commands once, one after the other."""
    rounds: list[dict[str, cold.Process]] = []
    benchmark.pedantic(
        lambda: rounds.append({name: cold.run(command) for name, command in cold.COMMANDS.items()}),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    benchmark.extra_info.update(sort="cold", rounds=rounds[1:])


@pytest.mark.parametrize("way", ["loaded", "file"])
@pytest.mark.parametrize("answer", list(ANSWERS))
@pytest.mark.parametrize("name", list(FILES))
def test_answer(benchmark: Any, name: str, answer: str, way: str) -> None:
    """One build in Keras, then the answer several times."""
    pytest.importorskip("keras")
    ask, model = ANSWERS[answer], cnncalc.load(FILES[name])
    action = partial(ask, model) if way == "loaded" else lambda: ask(cnncalc.load(FILES[name]))
    start = perf_counter()
    build_in_keras(name)
    benchmark.extra_info.update(
        sort="answer", name=name, answer=answer, way=way, keras_seconds=perf_counter() - start
    )
    benchmark.pedantic(action, rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.parametrize("answer", ["load", *ANSWERS])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_growth(benchmark: Any, tmp_path: Path, shape: str, answer: str) -> None:
    text, lengths = SHAPES[shape]
    found = []
    for length in lengths:
        path = tmp_path / f"{length}.yaml"
        path.write_text(text(length), encoding="utf-8")
        model = cnncalc.load(path)
        action = partial(cnncalc.load, path) if answer == "load" else partial(ANSWERS[answer], model)
        cost = growth.cost(action, repeats=3 if length == max(lengths) else 15)
        found.append([len(model.layers), cost.seconds, cost.peak_bytes])
    benchmark.extra_info.update(sort="growth", name=shape, answer=answer, costs=found)
    benchmark.pedantic(action, rounds=1)


def test_largest_batch(benchmark: Any) -> None:
    """Of ResNet-152 in 8 GiB, by TensorFlow's rule, from a loaded model."""
    model = cnncalc.load("resnet152")

    def largest() -> int:
        return cnncalc.fit(model, budget_bytes=8 * 2**30).largest_batch_size

    benchmark.extra_info.update(sort="fit", name="resnet152")
    assert benchmark.pedantic(largest, rounds=ROUNDS, warmup_rounds=1) > 0
