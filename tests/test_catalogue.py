"""What holds for every layer kind of the catalogue: documentation, words, schema, plain data."""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc import layers
from cnncalc.interop.schema import schema
from cnncalc.layers import CATALOGUE, class_name, layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Kept, Made
from cnncalc.tensors import Shape

LAYERS_PAGE = Path(__file__).parents[1] / "docs" / "layers.md"

SEQUENCE, IMAGE, VOLUME = (12, 8), (12, 12, 8), (12, 12, 12, 8)
PHOTO = (12, 12, 3)
BY_RANK = {1: SEQUENCE, 2: IMAGE, 3: VOLUME}

Example = tuple[dict[str, Any], tuple[Shape, ...]]


def of_every_rank(family: str, settings: dict[str, Any], *ranks: int) -> dict[str, Example]:
    """The same settings for each number of spatial axes: ``Conv{}D`` is Conv1D, Conv2D, ..."""
    return {family.format(rank): (settings, (BY_RANK[rank],)) for rank in ranks or (1, 2, 3)}


WITHOUT_SETTINGS = (
    *("RandomFlip", "RandomShear", "RandomPerspective", "RandomElasticTransform", "RandomErasing"),
    *("RandomGaussianBlur", "CutMix", "MixUp", "RandomColorJitter", "RandomGrayscale", "RandomInvert"),
    *("Solarization", "RandAugment", "AugMix", "Equalization", "AutoContrast"),
    "ContrastLimitedAdaptiveHistogramEqualization",
)
BY_A_FACTOR = (
    *("RandomRotation", "RandomBrightness", "RandomContrast", "RandomSaturation", "RandomHue"),
    *("RandomSharpness", "RandomColorDegeneration"),
)
VALUE_BY_VALUE = (
    *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Silu", "Sigmoid", "Tanh", "LogSigmoid"),
    *("Softplus", "Softsign", "HardSigmoid", "HardSilu", "HardTanh", "Softmax", "LogSoftmax"),
    *("Negative", "Absolute", "Square", "Sqrt", "Rsqrt", "Exp", "Log"),
)
OF_TWO = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum", "Power")
ALONG_AXES = ("Mean", "Max", "Min", "Sum", "Prod", "Var", "Std")

EXAMPLES: dict[str, Example] = {
    **of_every_rank("Conv{}D", {"filters": 4, "kernel_size": 3, "strides": 2}),
    **of_every_rank("Conv{}DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}),
    **of_every_rank("DepthwiseConv{}D", {"kernel_size": 3, "depth_multiplier": 2}, 1, 2),
    **of_every_rank("SeparableConv{}D", {"filters": 4, "kernel_size": 3}, 1, 2),
    "Dense": ({"units": 5}, ((16,),)),
    **of_every_rank("MaxPooling{}D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    **of_every_rank("AveragePooling{}D", {"pool_size": 2}),
    **of_every_rank("GlobalMaxPooling{}D", {}),
    **of_every_rank("GlobalAveragePooling{}D", {"keepdims": True}),
    "BatchNormalization": ({}, (IMAGE,)),
    "LayerNormalization": ({}, (IMAGE,)),
    "GroupNormalization": ({"groups": 4}, (IMAGE,)),
    "LocalResponseNormalization": ({"depth_radius": 2}, (IMAGE,)),
    "Normalization": ({}, (IMAGE,)),
    "Rescaling": ({"scale": 0.5}, (IMAGE,)),
    "Activation": ({"activation": "relu"}, (IMAGE,)),
    "ReLU": ({"max_value": 6.0}, (IMAGE,)),
    "LeakyReLU": ({"negative_slope": 0.1}, (IMAGE,)),
    "PReLU": ({"shared_axes": [1, 2]}, (IMAGE,)),
    "ELU": ({}, (IMAGE,)),
    "Softmax": ({}, (IMAGE,)),
    "Dropout": ({"rate": 0.5}, (IMAGE,)),
    **of_every_rank("SpatialDropout{}D", {"rate": 0.5}),
    "AlphaDropout": ({"rate": 0.1}, (IMAGE,)),
    "GaussianDropout": ({"rate": 0.1}, (IMAGE,)),
    "GaussianNoise": ({"stddev": 0.1}, (IMAGE,)),
    "Add": ({}, (IMAGE, IMAGE, IMAGE)),
    "Subtract": ({}, (IMAGE, IMAGE)),
    "Multiply": ({}, (IMAGE, (1, 1, 8))),
    "Average": ({}, (IMAGE, IMAGE)),
    "Maximum": ({}, (IMAGE, IMAGE)),
    "Minimum": ({}, (IMAGE, IMAGE)),
    "Concatenate": ({}, (IMAGE, (12, 12, 3))),
    "Dot": ({"axes": 1}, ((8,), (8,))),
    "Flatten": ({}, (IMAGE,)),
    "Reshape": ({"target_shape": [-1, 8]}, (IMAGE,)),
    "Permute": ({"dims": [3, 1, 2]}, (IMAGE,)),
    "RepeatVector": ({"n": 3}, ((8,),)),
    "Identity": ({}, (IMAGE,)),
    **of_every_rank("ZeroPadding{}D", {"padding": 2}),
    **of_every_rank("Cropping{}D", {"cropping": 1}),
    **of_every_rank("UpSampling{}D", {"size": 2}),
    **of_every_rank("AdaptiveAveragePooling{}D", {"output_size": 5}),
    **of_every_rank("AdaptiveMaxPooling{}D", {"output_size": 5}),
    "LayerScale": ({"init_values": 1e-6, "projection_dim": 8}, (IMAGE,)),
    "StochasticDepth": ({"drop_path_rate": 0.1}, (IMAGE,)),
    "CustomScaleLayer": ({"scale": 0.17}, (IMAGE, IMAGE)),
    "Attention": ({}, (SEQUENCE, (20, 8))),
    "AdditiveAttention": ({}, (SEQUENCE, (20, 8))),
    **dict.fromkeys(WITHOUT_SETTINGS, ({}, (PHOTO,))),
    **dict.fromkeys(BY_A_FACTOR, ({"factor": 0.5}, (PHOTO,))),
    "RandomZoom": ({"height_factor": 0.5}, (PHOTO,)),
    "RandomTranslation": ({"height_factor": 0.5, "width_factor": 0.5}, (PHOTO,)),
    "RandomPosterization": ({"factor": 4}, (PHOTO,)),
    "ConvLSTM1D": ({"filters": 4, "kernel_size": 3}, (IMAGE,)),
    "ConvLSTM2D": ({"filters": 4, "kernel_size": 3}, (VOLUME,)),
    "ConvLSTM3D": ({"filters": 4, "kernel_size": 3}, ((5, *VOLUME),)),
    "EinsumDense": ({"equation": "abc,cd->abd", "output_shape": [None, 4]}, (SEQUENCE,)),
    "Embedding": ({"input_dim": 100, "output_dim": 4}, ((12,),)),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), ({"height": 5, "width": 7}, (PHOTO,))),
    "MultiHeadAttention": ({"num_heads": 2, "key_dim": 4}, (SEQUENCE, (20, 8))),
    "GroupQueryAttention": (
        {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2},
        (SEQUENCE, (20, 8)),
    ),
    "UnitNormalization": ({}, (IMAGE,)),
    "RMSNormalization": ({}, (IMAGE,)),
    "ActivityRegularization": ({"l1": 0.1}, (IMAGE,)),
    "Masking": ({}, (SEQUENCE,)),
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), ({"units": 4}, (SEQUENCE,))),
    "Bidirectional": ({"layer": {"LSTM": {"units": 4}}}, (SEQUENCE,)),
    "TimeDistributed": ({"layer": {"Dense": {"units": 4}}}, (SEQUENCE,)),
    "SpectralNormalization": ({"layer": {"Dense": {"units": 4}}}, (SEQUENCE,)),
    **{f"ops.{op}": ({}, (SEQUENCE,)) for op in VALUE_BY_VALUE},
    **{f"ops.{op}": ({}, (SEQUENCE, (12, 1))) for op in OF_TWO},
    **{f"ops.{op}": ({"axis": [1, 2]}, (IMAGE,)) for op in ALONG_AXES},
    "ops.Clip": ({"x_min": 0.0, "x_max": 6.0}, (SEQUENCE,)),
    "ops.Matmul": ({}, (SEQUENCE, (8, 3))),
    "ops.Concatenate": ({"axis": 1}, (SEQUENCE, (5, 8))),
    "ops.Stack": ({"axis": 1}, (SEQUENCE, SEQUENCE)),
    "ops.Reshape": ({"newshape": [-1, 8, 12]}, (SEQUENCE,)),
    "ops.Transpose": ({"axes": [0, 2, 1]}, (SEQUENCE,)),
    "ops.Squeeze": ({"axis": 1}, ((1, 8),)),
    "ops.ExpandDims": ({"axis": 1}, (SEQUENCE,)),
    "ops.Pad": ({"pad_width": [[0, 0], [1, 2], [0, 0]]}, (SEQUENCE,)),
    "ops.GetItem": ({"key": ":, 1:, ::2"}, (SEQUENCE,)),
}
"""For each kind settings and input shapes that it takes."""

every_kind = pytest.mark.parametrize("kind", CATALOGUE)


def example(kind: str) -> tuple[Layer, tuple[Shape, ...]]:
    settings, shapes = EXAMPLES[kind]
    return layer_class(kind)(**settings), shapes


def mask(shape: Shape, per_sample: bool = True) -> Kept:
    return Kept(made=(Made("mask", shape, 1, per_sample),))


def docstring(kind: str) -> str:
    """The class's own: one that it inherits says nothing of it."""
    return inspect.cleandoc(vars(layer_class(kind)).get("__doc__") or "")


def test_every_kind_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(CATALOGUE)


def test_an_editor_completes_every_layer() -> None:
    """Operations are made by kind, not imported by name."""
    text = Path(layers.__file__).read_text(encoding="utf-8")
    families = dict.fromkeys(CATALOGUE.values())
    imported = re.findall(r"from cnncalc\.layers\.(\w+) import \(?\s*(\w+) as \2", text)
    found = {name: family for family, name in imported if family in families}
    assert found == {kind: family for kind, family in CATALOGUE.items() if not kind.startswith("ops.")}


@every_kind
def test_the_class_has_the_kinds_name(kind: str) -> None:
    cls = layer_class(kind)
    assert cls.__name__ == class_name(kind)
    assert example(kind)[0].kind == kind
    assert cls.__module__ == f"cnncalc.layers.{CATALOGUE[kind]}"


@every_kind
def test_the_docstring_begins_with_one_line(kind: str) -> None:
    summary, *rest = docstring(kind).splitlines()
    assert summary.endswith(".")
    assert rest[0] == ""


@every_kind
def test_the_docstring_names_its_source(kind: str) -> None:
    (source,) = re.findall(r"``((?:keras|tf)\.[\w.]+)``", docstring(kind))
    assert re.fullmatch(r"keras\.(layers|ops)\.\w+|keras\.applications\.\w+\.\w+|tf\.nn\.\w+", source)


@every_kind
def test_the_docstring_says_what_is_counted_and_what_backward_keeps(kind: str) -> None:
    text = " ".join(docstring(kind).split())
    assert "counted" in text
    assert "Backward" in text


def kept_as_said(kind: str) -> tuple[bool, bool, bool]:
    """Whether the docstring says that inputs, the output, and tensors made for it are kept."""
    (said,) = re.findall(r"Backward (.*?)(?:[.;]|, but| where|$)", " ".join(docstring(kind).split()))
    if re.match("keeps what the (inner|two) layer", said):
        return kept_as_said(example(kind)[0].layer.kind)  # type: ignore[attr-defined]
    if re.fullmatch("keeps nothing|needs nothing|needs only the shapes", said):
        return False, False, False
    inputs = re.match(r"keeps (the|both) (inputs?|operands)\b(?!')", said)
    output = re.search(r"the output\b(?!s)", said)
    more = r"mask|mean|lengths|root mean square|random numbers|factor|gates|outputs of|weights|projections"
    made = re.search(more, said)
    assert inputs or output or made, said
    return bool(inputs), bool(output), bool(made)


@every_kind
def test_what_backward_keeps_is_what_the_docstring_says(kind: str) -> None:
    layer, shapes = example(kind)
    if layer.parts():
        return  # its parts keep what is kept
    kept = layer.facts(*shapes).kept
    assert (bool(kept.inputs), kept.output, bool(kept.made)) == kept_as_said(kind)
    assert set(kept.inputs) <= set(range(len(shapes)))
    assert all(type(size) is int and size > 0 for made in kept.made for size in made.shape)


@pytest.mark.parametrize(
    ("kind", "settings", "shapes", "kept"),
    [
        ("Activation", {"activation": "gelu"}, [(4,)], Kept(inputs=(0,))),
        ("Activation", {"activation": "linear"}, [(4,)], Kept()),
        ("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 8)}, [(4, 8)], mask((1, 8))),
        ("Dropout", {"rate": 0.5, "noise_shape": (1, 4, 8)}, [(4, 8)], mask((1, 4, 8), per_sample=False)),
        ("Dropout", {"rate": 0.5, "noise_shape": (8,)}, [(4, 8)], mask((1, 1, 8), per_sample=False)),
        ("SpatialDropout2D", {"rate": 0.5, "data_format": "channels_first"}, [(3, 4, 5)], mask((3,))),
        ("ops.Multiply", {"x2": 2.0}, [(4,)], Kept()),
        ("ops.Divide", {"x1": 2.0}, [(4,)], Kept(inputs=(0,))),
        ("SimpleRNN", {"units": 3, "return_sequences": True}, [(5, 2)], Kept((0,), output=True)),
        (
            "SimpleRNN",
            {"units": 3, "return_sequences": True, "dropout": 0.1},
            [(5, 2)],
            Kept((0,), True, (Made("mask", (2,), 1),)),
        ),
        (
            "TimeDistributed",
            {"layer": {"Dropout": {"rate": 0.5}}},
            [(5, 2)],
            mask((5, 2)),
        ),
        (
            "TimeDistributed",
            {"layer": {"Dense": {"units": 4, "trainable": False}}},
            [(5, 2)],
            Kept(),
        ),
    ],
)
def test_settings_change_what_backward_keeps(
    kind: str, settings: dict[str, Any], shapes: list[Shape], kept: Kept
) -> None:
    assert layer_class(kind)(**settings).facts(*shapes).kept == kept


@every_kind
def test_the_doctest_runs(kind: str) -> None:
    cls = layer_class(kind)
    namespace = vars(sys.modules[cls.__module__]).copy()
    parsed = doctest.DocTestParser().get_doctest(docstring(kind), namespace, kind, None, None)
    assert parsed.examples
    failed, tried = doctest.DocTestRunner(verbose=False).run(parsed)
    assert (failed, tried) == (0, len(parsed.examples))


@every_kind
def test_the_description_is_a_phrase(kind: str) -> None:
    layer, shapes = example(kind)
    phrase = layer.describe(*shapes)
    assert phrase.strip() == phrase
    assert phrase not in ("", kind)
    assert not phrase.endswith(".")


@every_kind
def test_the_facts_are_plain_data(kind: str) -> None:
    layer, shapes = example(kind)
    facts = layer.facts(*shapes)
    assert hash(facts) == hash(layer.facts(*shapes))
    assert all(type(size) is int and size > 0 for size in facts.output)
    assert type(facts.macs) is int


@every_kind
def test_settings_are_spelt_like_keras(kind: str) -> None:
    cls = layer_class(kind)
    names = {*cls.setting_names(), *cls.without_effect}
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*|[lx][12]", name)] == []


@every_kind
def test_the_schema_has_every_setting(kind: str) -> None:
    found = schema()["$defs"][kind]
    cls = layer_class(kind)
    assert set(cls.setting_names()) <= set(found["properties"])
    assert set(EXAMPLES[kind][0]) >= set(found.get("required", ()))


@every_kind
def test_the_page_of_layers_has_it(kind: str) -> None:
    assert f"`{kind}`" in LAYERS_PAGE.read_text(encoding="utf-8")
