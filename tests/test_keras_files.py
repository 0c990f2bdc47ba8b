"""Keras's files read without Keras: what they may hold, and what of it is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.interop.keras_config import model_from_config
from cnncalc.interop.reading import Reading
from tests.keras_configs import CONVOLUTION, NET, archive, functional, layer, tensor


def test_json_and_archive_give_the_same_model(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(json.dumps(NET))
    archive(tmp_path / "net.keras", json.dumps(NET))
    model = cnncalc.load(tmp_path / "net.json")
    assert model == cnncalc.load(tmp_path / "net.keras")
    assert cnncalc.estimate(model).parameters == (3 * 3 * 3 + 1) * 4
    assert [row.name for row in model.graph.rows] == ["conv", "act", "sum"]


def test_what_goes_without_saying_is_not_said() -> None:
    chain = functional(
        layer("Conv2D", "conv2d", [tensor("image")], **CONVOLUTION),
        layer("Flatten", "flatten", [tensor("conv2d")], data_format="channels_last"),
    )
    layers = [cnncalc.layers.Conv2D(filters=4, kernel_size=3), cnncalc.layers.Flatten()]
    assert model_from_config(chain, "here") == cnncalc.Model(name="net", input=(8, 8, 3), layers=layers)


def test_a_layer_that_runs_code_is_refused_and_nothing_runs() -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}
    net = functional(layer("Lambda", "mystery", [tensor("image")], function=code))
    with pytest.raises(CnncalcError, match=r'here: layer mystery: .*"?Lambda"?'):
        model_from_config(net, "here")


def test_a_setting_without_a_rule_is_refused_by_name() -> None:
    net = functional(layer("Conv2D", "conv", [tensor("image")], **CONVOLUTION, lora_rank=4))
    with pytest.raises(CnncalcError, match=r'here: layer conv: Conv2D: no setting "lora_rank"'):
        model_from_config(net, "here")


def test_the_same_mistake_in_many_layers_is_told_once() -> None:
    layers = [layer("Mystery", f"m{index}", [tensor("image")]) for index in range(50)]
    with pytest.raises(CnncalcError) as caught:
        model_from_config(functional(*layers), "here")
    assert str(caught.value).startswith('here: layer m0 and 49 others: no layer kind "Mystery".')
    assert len(str(caught.value).splitlines()) == 2  # the other says where the list of kinds is


def test_an_unknown_layer_of_known_shape_may_pass_not_counted() -> None:
    mystery = layer("Mystery", "m", [tensor("image")])
    net = functional(mystery, layer("Flatten", "flatten", [tensor("m") | {"config": SHAPED}]))
    model = model_from_config(net, "here", Reading(allow_unknown=True))
    estimate = cnncalc.estimate(model)
    assert [row.kind for row in estimate.layers] == ["Mystery (not counted)", "Flatten"]
    assert estimate.layers[1].output_shape == (4 * 4 * 2,)
    assert [str(item) for item in estimate.not_included] == [
        "layer m (a Mystery, which has no rule: not counted)",
        'tensorflow memory (Mystery (not counted) "m" has no rule)',
    ]
    with pytest.raises(CnncalcError, match="Mystery"):
        model_from_config(net, "here")


SHAPED = {"keras_history": ["m", 0, 0], "shape": [None, 4, 4, 2]}


def test_a_class_of_another_package_is_not_taken_for_keras_s() -> None:
    foreign = layer("Dense", "dense", [tensor("image")], units=3) | {"registered_name": "mine>Dense"}
    with pytest.raises(CnncalcError, match='no layer kind "mine>Dense"'):
        model_from_config(functional(foreign), "here")


def test_open_sizes_are_asked_for() -> None:
    chain = functional(layer("Flatten", "flatten", [tensor("image")]), shape=(None, None, 3))
    with pytest.raises(CnncalcError, match=r"\[\?, \?, 3\]: give its shape"):
        model_from_config(chain, "here")
    assert model_from_config(chain, "here", Reading((4, 5, 3))).graph.output_shapes == ((60,),)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Functional", "config": {}},
        {"class_name": "Functional", "config": {"layers": 7}},
        {"class_name": "Functional", "config": None},
        {"class_name": "Sequential", "config": {"name": "s", "layers": []}},
        {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Flatten", "f")]}},
        {"class_name": "Dense", "config": {"units": 3}},
        {"class_name": ["x"], "config": {}},
        functional(layer("Flatten", "f", [tensor("nowhere")])),
        functional(layer("Flatten", "f", [tensor("image", 5)])),
        functional(layer("Flatten", "f", [tensor("image", float("inf"))])),  # JSON's Infinity
        functional(layer("Flatten", "f")),
        functional(layer("Add", "a", [[tensor("image"), tensor("a")]])),
    ],
)
def test_configs_that_are_none(config: dict[str, Any]) -> None:
    with pytest.raises(CnncalcError):
        model_from_config(config, "here")


def test_archives_are_bounded(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "bomb.keras", " " * 50_000_000)
    with pytest.raises(CnncalcError, match=r"50,000,000 bytes, more than a model's can be"):
        cnncalc.load(bomb)


def test_paths_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    path = archive(tmp_path / "net.keras", json.dumps(NET), **{"../escaped.txt": "x", "/etc/escaped": "x"})
    cnncalc.load(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["net.keras"]
    assert not (tmp_path.parent / "escaped.txt").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.keras", b"no zip"), ("a.keras", b"PK\x03\x04rest"), ("a.json", b'{"class_name":')],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CnncalcError):
        cnncalc.load(path)


def test_a_config_that_cannot_be_decompressed(tmp_path: Path) -> None:
    path = archive(tmp_path / "net.keras", json.dumps(NET))
    content = bytearray(path.read_bytes())
    content[60:70] = b"\xff" * 10  # behind the entry's header of 30 bytes and its name of 11
    path.write_bytes(content)
    with pytest.raises(CnncalcError, match=r"not a \.keras archive: Error"):
        cnncalc.load(path)


def test_other_compressions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("config.json", json.dumps(NET))
    with pytest.raises(CnncalcError, match="compressed as Keras never does"):
        cnncalc.load(path)


def test_an_archive_without_a_config(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("other.json", "{}")
    with pytest.raises(CnncalcError, match=r"it holds no config\.json"):
        cnncalc.load(path)
