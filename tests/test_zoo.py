"""The zoo: every network has its source, and the figures that others print of it."""

from __future__ import annotations

from functools import cache

import pytest

import cnncalc
from cnncalc import zoo
from cnncalc.errors import fold
from cnncalc.interop.marked import parse
from cnncalc.interop.model_file import model_from_text

UNITS = {"G": 10**9, "M": 10**6}

VGG = {"vgg11", "vgg13", "vgg16", "vgg19"}
RESNET = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2"}
RESNET_VARIANTS = {f"resnet{depth}_{version}" for depth in (50, 101, 152) for version in ("v1_5", "v2")}
DENSENET = {"densenet121", "densenet169", "densenet201"}
EFFICIENTNET = {f"efficientnet_b{number}" for number in range(8)}
EARLY = {"lenet5", "lenet5_1998", "alexnet", "alexnet_single", "zfnet", "nin"}
INCEPTION = {"googlenet", "googlenet_aux", "inception_v3", "xception"}
MOBILE = {"mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "mnasnet1_0"}
LIGHT = {"squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x1_0", "regnet_y_400mf", "convnext_tiny"}
TINY = {"resnet8", "ds_cnn", "mobilenet_v1_025_96"}
OTHERS = {"unet", "geron_exercise"}

each_network = pytest.mark.parametrize("name", zoo.names())


@cache
def estimate(name: str) -> cnncalc.Estimate:
    return cnncalc.estimate(model_from_text(text(name), f"{name}.yaml", "nameless"))


def text(name: str) -> str:
    found = zoo.text_of(name)
    assert found is not None
    return found


def figures(name: str) -> zoo.Published:
    found = zoo.published(name)
    assert found is not None
    return found


def test_the_networks_that_are_there() -> None:
    families = [
        VGG,
        RESNET,
        RESNET_VARIANTS,
        DENSENET,
        EFFICIENTNET,
        EARLY,
        INCEPTION,
        MOBILE,
        LIGHT,
        TINY,
        OTHERS,
    ]
    assert set(zoo.names()) == set().union(*families)
    assert list(zoo.names()) == sorted(zoo.names())


def test_a_name_is_found_however_it_is_typed() -> None:
    assert zoo.text_of("ResNet-50") == zoo.text_of("resnet50")
    assert zoo.text_of("MobileNet V1 0.25-96") == zoo.text_of("mobilenet_v1_025_96")
    assert zoo.name_of("SqueezeNet1.1") == "squeezenet1_1"
    assert len({fold(name) for name in zoo.names()}) == len(zoo.names())


@pytest.mark.parametrize("name", ["resnet51", "published", "", "../alexnet", "alexnet.yaml"])
def test_a_name_that_is_not_there(name: str) -> None:
    assert zoo.name_of(name) is None
    assert zoo.text_of(name) is None
    assert zoo.published(name) is None


@each_network
def test_a_file_has_its_name_and_its_source(name: str) -> None:
    data, _ = parse(text(name), name)
    assert isinstance(data, dict)
    assert data["name"] == name
    assert len(data["source"].split()) > 5
    assert max(map(len, text(name).splitlines())) <= 120


@each_network
def test_parameters_are_those_that_are_published(name: str) -> None:
    found, printed = estimate(name), figures(name)
    assert (found.trainable_parameters if printed.trainable else found.parameters) == printed.parameters
    assert printed.source


@each_network
def test_macs_are_those_that_are_published_to_the_printed_digits(name: str) -> None:
    printed = figures(name)
    if printed.macs:
        number, unit = printed.macs.split()
        digits = len(number.partition(".")[2])
        assert f"{estimate(name).macs / UNITS[unit]:.{digits}f}" == number
    assert bool(printed.macs) == bool(printed.macs_source)


def test_lenet_of_1998_layer_by_layer() -> None:
    found = estimate("lenet5_1998")
    sums = [("c1", 156), ("s2", 12), ("c3", 1_516), ("s4", 32), ("c5", 48_120), ("f6", 10_164)]
    for layer, parameters in sums:
        rows = [row for row in found.layers if row.name == layer or row.name.startswith(f"{layer}_")]
        assert sum(row.parameters for row in rows) == parameters, layer
    assert sum(parameters for _, parameters in sums) == found.trainable_parameters == 60_000
    assert found.non_trainable_parameters == 84 * 10  # the codes


def test_resnets_differ_where_their_strides_and_biases_do() -> None:
    macs = [round(estimate(name).macs / 10**9, 3) for name in ("resnet50", "resnet101", "resnet152")]
    assert macs == [3.858, 7.570, 11.282]  # the first 1x1 of a stage strides
    macs = [
        round(estimate(f"{name}_v1_5").macs / 10**9, 3) for name in ("resnet50", "resnet101", "resnet152")
    ]
    assert macs == [4.089, 7.801, 11.514]  # the 3x3 does


def test_unet_segments_the_middle_of_its_tile() -> None:
    assert estimate("unet").layers[-1].output_shape == (388, 388, 2)


def test_the_heads_of_googlenet_are_outputs_of_their_own() -> None:
    model = estimate("googlenet_aux").model
    assert model.graph.output_shapes == ((1000,), (1000,), (1000,))
    heads = estimate("googlenet_aux").trainable_parameters - estimate("googlenet").trainable_parameters
    # conv and normalisation, two dense layers; the heads read 512 and 528 channels
    assert heads == (512 + 528) * 128 + 2 * (2 * 128 + (2048 + 1) * 1024 + (1024 + 1) * 1000)
