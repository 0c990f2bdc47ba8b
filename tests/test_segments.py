"""Segments among a model's settings: the estimate with them, model files that have them, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.errors import CnncalcError, NoRuleError, SettingError
from cnncalc.interop.writing import to_yaml
from cnncalc.layers import Add, Conv2D, Dropout, ReLU
from cnncalc.settings import Settings

OUTPUT = 8 * 64 * 64 * 16 * 4
"""Bytes of every output of ``chain`` at batch 8: 2 MiB. Its parameters are too small to be counted."""


def chain(*others: Any) -> cnncalc.Model:
    """Sixteen convolutions with ReLU, of one size, named conv0 to conv15, and others behind."""
    layers = [
        Conv2D(filters=16, kernel_size=3, padding="same", activation="relu", name=f"conv{number}")
        for number in range(16)
    ]
    return cnncalc.Sequential([*layers, *others], input=(64, 64, 16))


def names(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"conv{number}" for number in range(first, last + 1))


def step_bytes(model: cnncalc.Model, segments: Any, **settings: Any) -> int:
    answer = cnncalc.estimate(model, batch_size=8, segments=segments, **settings).memory["tensorflow"]
    if answer.training is None:
        raise NoRuleError(answer.missing)
    return answer.training.step_bytes


def test_a_segment_keeps_its_input() -> None:
    # all outputs, and behind the loss its difference and its gradient
    assert step_bytes(chain(), ()) == (16 + 2) * OUTPUT
    # without those of conv1 to conv7
    assert step_bytes(chain(), [names(1, 8)]) == (16 - 7 + 2) * OUTPUT


def test_the_peak_moves_into_a_segment() -> None:
    # when the segment's backward begins all its outputs are there again; beside them the loss's difference,
    # and the gradient of conv15's input, over which that of conv14's sum is written
    assert step_bytes(chain(), [names(0, 14)]) == (15 + 1 + 1) * OUTPUT


def test_segments_of_a_stage_each_gain_nothing() -> None:
    alone = [(name,) for name in names(0, 14)]
    # each ReLU's output is the next one's input: all stay, and one is made again
    assert step_bytes(chain(), alone) >= step_bytes(chain(), ())


def test_what_is_not_trained_is_not_run_again() -> None:
    frozen = Conv2D(filters=16, kernel_size=3, padding="same", name="frozen", trainable=False)
    model = cnncalc.Sequential([frozen, *chain().layers], input=(64, 64, 16))
    assert step_bytes(model, [("frozen",)]) == step_bytes(model, ())


def test_masks_are_drawn_for_the_second_run_at_once() -> None:
    """What has no inputs waits for no gradient."""
    layers: list[Any] = list(chain().layers[:8])
    layers[4:4] = [Dropout(rate=0.5, name="drop3")]
    layers[3:3] = [Dropout(rate=0.5, name="drop2")]
    model = cnncalc.Sequential(layers, input=(64, 64, 16))
    segment = ("conv1", "conv2", "drop2", "conv3", "drop3", "conv4")
    # conv0, the six outputs of the segment, the loss's difference, the gradient; two masks of a byte a value
    assert step_bytes(model, [segment]) == (1 + 6 + 1 + 1) * OUTPUT + 2 * OUTPUT // 4


def test_every_rule_that_knows_segments_answers_with_them() -> None:
    found = cnncalc.checkpoint("resnet18", batch_size=4, segments=2)
    memory = cnncalc.estimate(found.model).memory
    plain = cnncalc.estimate("resnet18", batch_size=4).memory
    assert memory["ideal"].training is not None
    assert plain["ideal"].training is not None
    assert memory["ideal"].training.total_bytes == found.peak_bytes
    assert plain["ideal"].training.total_bytes == found.without_bytes
    assert memory["textbook"].training == plain["textbook"].training
    assert memory["tensorflow"].inference.total_bytes == plain["tensorflow"].inference.total_bytes


def test_a_model_file_has_them(tmp_path: Path) -> None:
    found = cnncalc.checkpoint("resnet18", batch_size=4, segments=2)
    (tmp_path / "again.yaml").write_text(to_yaml(found.model))
    read = cnncalc.load(tmp_path / "again.yaml")
    assert read.settings.segments == found.segments
    before, after = cnncalc.estimate(found.model), cnncalc.estimate(read)
    assert before.memory["ideal"].training == after.memory["ideal"].training


def branching() -> cnncalc.Model:
    layers = [
        Conv2D(filters=2, kernel_size=1, name="a"),
        Conv2D(filters=2, kernel_size=1, name="b"),
        ReLU(name="c"),
        Add(inputs=("a", "c"), name="sum"),
        ReLU(name="d"),
        ReLU(name="end"),
    ]
    return cnncalc.Model(input=(4, 4, 2), layers=layers)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([("b", "c", "sum", "d"), ("d",)], "two segments have a layer in common"),
        ([("b", "c", "summ")], 'a segment names "summ", no layer. Did you mean sum?'),
        ([("a", "c")], 'the segment "a" to "c": its layers do not run one behind the other'),
        ([("c", "sum")], 'the segment "c" to "sum" must begin and end where a single value passes'),
        ([("d", "end")], 'the segment "d" to "end" must begin and end where a single value passes'),
    ],
)
def test_what_is_no_segment_is_refused(segments: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message.replace("?", r"\?")):
        cnncalc.estimate(branching(), segments=segments)


def test_names_are_texts() -> None:
    with pytest.raises(SettingError, match="segments"):
        Settings(segments=3)  # type: ignore[arg-type]


def test_layers_on_devices_have_no_rule_for_them() -> None:
    model = cnncalc.checkpoint(chain(), segments=1).model
    with pytest.raises(CnncalcError, match="no rule for segments that run again"):
        cnncalc.distribute(model, devices=2, strategy="placement")
    assert cnncalc.distribute(model, devices=2).devices
