"""The exercise of the book, to the last byte."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.layers import Conv2D

EXAMPLE = Path(__file__).parent.parent / "examples" / "geron_exercise.yaml"


@pytest.fixture(scope="module")
def estimate() -> cnncalc.Estimate:
    return cnncalc.estimate(cnncalc.load(EXAMPLE))


def test_parameters(estimate: cnncalc.Estimate) -> None:
    expected = [
        (3 * 3 * 3 + 1) * 100,
        (3 * 3 * 100 + 1) * 200,
        (3 * 3 * 200 + 1) * 400,
    ]
    assert [layer.parameters for layer in estimate.layers] == expected
    assert estimate.parameters == estimate.trainable_parameters == 903_400  # 2,800 + 180,200 + 720,400
    assert estimate.non_trainable_parameters == 0


def test_shapes_and_bytes(estimate: cnncalc.Estimate) -> None:
    assert [layer.output_shape for layer in estimate.layers] == [
        (100, 150, 100),
        (50, 75, 200),
        (25, 38, 400),
    ]
    assert [layer.output_bytes for layer in estimate.layers] == [
        4 * 100 * 150 * 100,
        4 * 50 * 75 * 200,
        4 * 25 * 38 * 400,
    ]


def test_macs(estimate: cnncalc.Estimate) -> None:
    assert [layer.macs for layer in estimate.layers] == [
        100 * 150 * 3 * 3 * 3 * 100,
        50 * 75 * 3 * 3 * 100 * 200,
        25 * 38 * 3 * 3 * 200 * 400,
    ]
    assert estimate.macs == 1_399_500_000  # 40,500,000 + 675,000,000 + 684,000,000


def test_receptive_field(estimate: cnncalc.Estimate) -> None:
    field = estimate.layers[-1].receptive_field
    assert field is not None
    assert field.size == (15, 15)  # 1 + 2 * (1 + 2 + 4)
    assert field.stride == (8, 8)  # 2 * 2 * 2
    assert field.offset == (0, -4)  # 75 wide: one column of padding on the left, 4 pixels to the image


def test_prediction_by_the_books_rule(estimate: cnncalc.Estimate) -> None:
    prediction = estimate.memory["textbook"].inference
    assert prediction.total_bytes == 12_613_600  # 6,000,000 + 3,000,000 + 4 * 903,400
    assert prediction.terms == {"parameters": 3_613_600, "outputs": 9_000_000}
    assert prediction.peak.step == "conv2d_1"


def test_training_by_the_books_rule(estimate: cnncalc.Estimate) -> None:
    training = estimate.memory["textbook"].training
    assert training is not None
    assert training.total_bytes == 565_613_600  # 50 * 10,520,000 + 50 * 720,000 + 4 * 903,400
    assert training.terms == {"parameters": 3_613_600, "inputs": 36_000_000, "outputs": 526_000_000}


def test_the_terms_add_up(estimate: cnncalc.Estimate) -> None:
    for footprint in (estimate.memory["textbook"].inference, estimate.memory["textbook"].training):
        assert footprint is not None
        assert sum(footprint.terms.values()) == footprint.total_bytes
        assert int(footprint.timeline.bytes.max()) == footprint.total_bytes


def test_the_same_model_in_python() -> None:
    layers = [Conv2D(filters=n, kernel_size=3, strides=2, padding="same") for n in (100, 200, 400)]
    settings = cnncalc.Settings(batch_size=50)
    chain = cnncalc.Sequential(layers, input=(200, 300, 3), name="geron_exercise", settings=settings)
    graph = cnncalc.Model(name="geron_exercise", input=(200, 300, 3), layers=layers, settings=settings)
    assert chain == graph == cnncalc.load(EXAMPLE)


def test_settings_of_the_file_are_defaults() -> None:
    assert cnncalc.estimate(EXAMPLE).settings.batch_size == 50
    assert cnncalc.estimate(EXAMPLE, batch_size=8).settings.batch_size == 8
    assert cnncalc.estimate(EXAMPLE).settings.inference_batch_size == 1
    assert cnncalc.estimate(str(EXAMPLE)).settings.dtype == "float32"


@pytest.mark.parametrize(
    ("dtype", "prediction", "training"),
    [
        ("float64", 2 * 12_613_600, 2 * 565_613_600),
        ("float16", 12_613_600 // 2, 565_613_600 // 2),
        ("bfloat16", 12_613_600 // 2, 565_613_600 // 2),
        ("mixed_float16", 9_000_000 // 2 + 3_613_600, 562_000_000 // 2 + 3_613_600),
        ("mixed_bfloat16", 9_000_000 // 2 + 3_613_600, 562_000_000 // 2 + 3_613_600),
    ],
)
def test_data_types(dtype: str, prediction: int, training: int) -> None:
    memory = cnncalc.estimate(EXAMPLE, dtype=dtype).memory["textbook"]
    assert memory.training is not None
    assert (memory.inference.total_bytes, memory.training.total_bytes) == (prediction, training)


def test_int8_predicts_and_does_not_train() -> None:
    estimate = cnncalc.estimate(EXAMPLE, dtype="int8")
    assert estimate.memory["textbook"].inference.total_bytes == 12_613_600 // 4
    assert estimate.memory["textbook"].training is None
    assert [item.what for item in estimate.not_included] == ["textbook training", "tensorflow memory"]
    assert "int8" in str(estimate.not_included[0])


def test_a_rule_is_worked_out_once(estimate: cnncalc.Estimate) -> None:
    assert estimate.memory["textbook"] is estimate.memory["textbook"]
    assert list(estimate.memory) == ["textbook", "ideal", "tensorflow"]
