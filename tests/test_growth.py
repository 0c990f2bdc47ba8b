"""Work grows with the number of layers, not faster: calls are counted, which no busy machine disturbs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

import cnncalc
from cnncalc.collector import collector_paused
from cnncalc.runtimes.tensorflow import planning

SHORT, LONG = 60, 600


def chain(length: int) -> str:
    return (
        "input: [32, 32, 3]\nlayers:\n" + "- Conv2D: {filters: 8, kernel_size: 3, padding: same}\n" * length
    )


def calls(action: Callable[[], object]) -> int:
    """How many functions are called, those of C included."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def loaded(folder: Path, length: int) -> cnncalc.Model:
    path = folder / f"{length}.yaml"
    path.write_text(chain(length), encoding="utf-8")
    return cnncalc.load(path)


ACTIONS: dict[str, Callable[[cnncalc.Model], object]] = {
    "load": lambda model: cnncalc.load(model.origin),
    "layers": lambda model: cnncalc.estimate(model).layers,
    "textbook": lambda model: cnncalc.estimate(model).memory["textbook"].training,
    "ideal": lambda model: cnncalc.estimate(model).memory["ideal"].training,
    "tensorflow": lambda model: cnncalc.estimate(model).memory["tensorflow"].training,
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_ten_times_the_layers_take_ten_times_the_calls(
    tmp_path: Path, action: Callable[[cnncalc.Model], object]
) -> None:
    short, long = loaded(tmp_path, SHORT), loaded(tmp_path, LONG)
    action(short)  # imports and caches
    assert calls(lambda: action(long)) <= 1.1 * LONG / SHORT * calls(lambda: action(short))


def test_the_count_sees_work_that_grows_faster() -> None:
    def every_pair(length: int) -> object:
        return [max(one, other) for one in range(length) for other in range(length)]

    assert calls(lambda: every_pair(LONG)) > 1.1 * LONG / SHORT * calls(lambda: every_pair(SHORT))


def test_an_error_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_plan_leaves_nothing_for_the_collector() -> None:
    """The operations refer to each other in circles, which the tape takes apart."""
    estimate = cnncalc.estimate("resnet8", loss="categorical_crossentropy")
    gc.collect()
    with collector_paused():
        planning.training(estimate.model.graph, estimate.settings, 0)
        assert gc.collect() == 0


def test_prediction_is_worked_out_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = cnncalc.estimate("resnet8").memory["tensorflow"]
    assert memory.inference is memory.inference
    monkeypatch.setattr(planning, "inference", None)  # which nobody calls for the answer for training
    assert cnncalc.estimate("resnet8").memory["tensorflow"].training is not None
