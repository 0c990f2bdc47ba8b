"""Models written as files: tidy, folded where that is exact, and read again as the same model."""

from __future__ import annotations

import json

import pytest

import cnncalc
from cnncalc import zoo
from cnncalc.errors import CnncalcError
from cnncalc.interop.converting import convert
from cnncalc.interop.model_file import model_from_text
from cnncalc.interop.tidying import tidied
from cnncalc.interop.writing import to_data, to_json, to_yaml
from cnncalc.layers import Add, Conv2D, Dense, Flatten, ReLU


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_read_as_it_was_written(name: str) -> None:
    model = tidied(cnncalc.load(name))
    assert tidied(model_from_text(to_yaml(model), "net.yaml", model.name)) == model
    assert tidied(model_from_text(to_json(model), "net.json", model.name)) == model


def test_only_what_differs_from_the_defaults_is_written() -> None:
    layers = [
        Conv2D(filters=8, kernel_size=(3, 3), strides=(1, 1), name="conv2d", inputs="input"),
        ReLU(name="act"),
        Flatten(),
        Dense(units=2, trainable=False, dtype="float16"),
    ]
    model = cnncalc.Model(name="net", input=(8, 8, 3), layers=layers, outputs="dense")
    assert to_data(model) == {
        "name": "net",
        "input": [8, 8, 3],
        "layers": [
            {"Conv2D": {"filters": 8, "kernel_size": 3}},
            {"ReLU": None, "name": "act"},
            "Flatten",
            {"Dense": {"units": 2}, "trainable": False, "dtype": "float16"},
        ],
    }


def test_settings_and_outputs_are_written() -> None:
    settings = cnncalc.Settings(batch_size=8, optimizer={"name": "SGD", "momentum": 0.9})
    layers = [ReLU(name="a"), Add(inputs=("a", "input"))]
    model = cnncalc.Model(input=(4,), layers=layers, outputs={"early": "a", "late": "add"}, settings=settings)
    data = json.loads(to_json(model))
    assert data["outputs"] == {"early": "a", "late": "add"}
    assert data["settings"]["batch_size"] == 8
    assert model_from_text(to_yaml(model), "net.yaml", "model") == tidied(model)


def numbered(widths: tuple[int, ...]) -> cnncalc.Model:
    """A stem and residual blocks named block1, block2, ..."""
    layers: list[cnncalc.layers.Layer] = [Conv2D(filters=4, kernel_size=1, name="stem")]
    for number, width in enumerate(widths, start=1):
        before = layers[-1].name
        layers += [
            Conv2D(filters=width, kernel_size=3, padding="same", name=f"block{number}_conv"),
            Add(inputs=(before, f"block{number}_conv"), name=f"block{number}_add"),
        ]
    return cnncalc.Model(name="net", input=(8, 8, 3), layers=layers)


def test_repeated_blocks_are_folded() -> None:
    text = to_yaml(numbered((4, 4, 4)))
    assert "repeat: 3" in text
    assert text.count("Conv2D") == 2  # the stem's and the block's
    assert model_from_text(text, "net.yaml", "net") is not None


def test_what_is_not_the_same_is_not_folded() -> None:
    model = numbered((4, 4, 4))
    layers = list(model.layers)
    layers[3] = layers[3].model_copy(update={"use_bias": False})
    assert "repeat" not in to_yaml(cnncalc.Model(name="net", input=(8, 8, 3), layers=layers))


def test_an_ending_that_is_not_written(tmp_path: object) -> None:
    with pytest.raises(CnncalcError, match=r"ends in \.yaml"):
        convert(numbered((4,)), f"{tmp_path}/net.txt")
