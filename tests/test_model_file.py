"""The model file: what it can say, and what it says of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.errors import CnncalcError, FileError
from cnncalc.interop.model_file import model_from_text
from cnncalc.layers import Conv2D, Dense, Flatten

RESIDUAL = """
input: [8, 8, 4]
blocks:
  residual:
    parameters: {filters: , strides: 1}
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, strides: $strides, padding: same}
        name: conv
      - ReLU
      - Conv2D: {filters: $filters, kernel_size: 1, strides: $strides}
        name: shortcut
        inputs: input
      - Add:
        inputs: [re_lu, shortcut]
layers:
  - residual: {filters: 8}
    name: stage
    repeat: 2
  - residual: {filters: 16, strides: 2}
  - GlobalAveragePooling2D
"""


def load(text: str) -> cnncalc.Model:
    return model_from_text(text, "net.yaml", "net")


def refusal(text: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        load(text)
    return str(caught.value).splitlines()


def names(model: cnncalc.Model) -> list[str]:
    return [row.name for row in model.graph.rows]


def test_a_chain() -> None:
    model = load("input: [8, 8, 3]\nlayers:\n  - Flatten\n  - Dense: {units: 10}\n")
    assert model == cnncalc.Model(name="net", input=(8, 8, 3), layers=[Flatten(), Dense(units=10)])


def test_three_ways_to_write_a_layer_without_settings() -> None:
    texts = [f"input: [4, 4, 1]\nlayers:\n  - {layer}\n" for layer in ("Flatten", "Flatten:", "Flatten: {}")]
    assert load(texts[0]) == load(texts[1]) == load(texts[2])


def test_json_is_read_like_yaml(tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_text('{\t"input": [4, 4, 1],\n\t"layers": ["Flatten", {"Dense": {"units": 3}}]}')
    assert cnncalc.load(file).layers == (Flatten(), Dense(units=3))
    assert cnncalc.load(file).name == "net"


def test_a_graph_with_names() -> None:
    model = load(
        """
        inputs: {left: [8, 8, 3], right: {shape: [8, 8, 3], dtype: float16}}
        layers:
          - Conv2D: {filters: 4, kernel_size: 1}
            name: conv
            inputs: left
          - call: conv
            name: other
            inputs: right
          - Add:
            inputs: [conv, other]
          - Flatten
        outputs: {sum: add, flat: flatten}
        """
    )
    assert model.outputs == (("sum", "add"), ("flat", "flatten"))
    estimate = cnncalc.estimate(model)
    assert [(row.name, row.calls) for row in estimate.layers] == [("conv", 2), ("add", 1), ("flatten", 1)]
    assert estimate.parameters == (3 + 1) * 4
    assert estimate.layers[0].macs == 2 * 8 * 8 * 3 * 4


def test_layers_may_stand_in_any_order() -> None:
    model = load(
        """
        input: [4, 4, 2]
        layers:
          - Add:
            name: sum
            inputs: [input, last]
          - Conv2D: {filters: 2, kernel_size: 1}
            name: last
            inputs: input
        outputs: sum
        """
    )
    assert names(model) == ["last", "sum"]


def test_a_model_in_a_model() -> None:
    model = load(
        """
        input: [8, 8, 3]
        layers:
          - Model:
              input: [8, 8, 3]
              layers:
                - Conv2D: {filters: 4, kernel_size: 3}
                  name: conv
                - ReLU
              outputs: {early: conv, late: re_lu}
            name: encoder
            trainable: false
          - Add:
            inputs: [encoder.early, encoder.late]
        """
    )
    encoder, total = cnncalc.estimate(model).layers
    assert encoder.output_shape == ((6, 6, 4), (6, 6, 4))
    assert [part.name for part in encoder.parts] == ["conv", "re_lu"]
    assert (encoder.parameters, encoder.trainable_parameters) == ((3 * 3 * 3 + 1) * 4, 0)
    assert total.output_shape == (6, 6, 4)


def test_blocks_and_repetition() -> None:
    model = load(RESIDUAL)
    assert names(model)[:4] == ["stage1_conv", "stage1_re_lu", "stage1_shortcut", "stage1_add"]
    assert names(model)[-2:] == ["residual_add", "global_average_pooling2d"]
    assert len(names(model)) == 3 * 4 + 1
    assert model.graph.output_shapes == ((16,),)


def test_a_block_in_python_is_the_same_network() -> None:
    rows = cnncalc.estimate(load(RESIDUAL)).layers
    assert rows[4].parameters == (3 * 3 * 8 + 1) * 8  # stage2 reads the 8 channels of stage1
    assert rows[8].output_shape == (4, 4, 16)


def test_a_repeated_layer_has_numbered_names() -> None:
    text = "input: [8, 8, 3]\nlayers:\n  - Conv2D: {filters: 3, kernel_size: 3}\n    name: c\n    repeat: "
    assert names(load(text + "3")) == ["c1", "c2", "c3"]
    assert names(load(text + "{from: 2, to: 3}")) == ["c2", "c3"]


def test_a_repeated_layer_reads_the_one_before() -> None:
    text = """
    input: [8, 8, 3]
    layers:
      - ReLU:
        name: a
      - ReLU
      - Conv2D: {filters: 5, kernel_size: 1}
        name: c
        inputs: a
        repeat: 2
      - Add: {}
        inputs: [re_lu, a]
    outputs: [c2, add]
    """
    assert [row.parameters for row in cnncalc.estimate(load(text)).layers if row.name in ("c1", "c2")] == [
        (3 + 1) * 5,
        (5 + 1) * 5,
    ]


def test_a_use_of_a_block_is_named_wherever_names_stand() -> None:
    text = RESIDUAL + "outputs: {late: global_average_pooling2d, early: stage}\n"
    assert load(text).graph.output_shapes == ((16,), (8, 8, 8))
    ahead = """
    input: [8, 8, 3]
    blocks:
      twice:
        layers:
          - ReLU:
            repeat: 2
    layers:
      - Add:
        inputs: [input, later]
      - twice:
        name: later
        inputs: input
    outputs: add
    """
    assert names(load(ahead)) == ["later_re_lu", "later_re_lu_1", "add"]


def test_a_parameter_may_say_how_often() -> None:
    text = """
    input: [8, 8, 3]
    blocks:
      deep:
        parameters: [depth]
        layers:
          - ReLU:
            name: r
            repeat: $depth
    layers:
      - deep: {depth: 3}
        trainable: no
    """
    assert refusal(text)[0].startswith("net.yaml:12:20: ReLU: trainable must be true or false")
    assert names(load(text.replace("no\n", "false\n"))) == ["deep_r1", "deep_r2", "deep_r3"]


def test_one_mistake_is_told_once() -> None:
    missing = RESIDUAL.replace("strides: $strides, padding", "strides: $stride, padding")
    assert all("no parameter" in line for line in refusal(missing))
    dangling = "input: [3]\nlayers:\n  - Add:\n    inputs: [input, nowhere]\n"
    assert len(refusal(dangling)) == 1


def test_aliases_of_yaml_stand_for_their_values() -> None:
    model = load("input: [8, 8, 3]\nlayers:\n  - Conv2D: &c {filters: 3, kernel_size: 3}\n  - Conv2D: *c\n")
    assert model.layers[0] == model.layers[1] == Conv2D(filters=3, kernel_size=3)


@pytest.mark.parametrize(
    ("layer", "place", "words"),
    [
        ("Conv2d: {filters: 8}", "4:5", 'no layer kind "Conv2d". Did you mean Conv2D?'),
        (
            "MaxPooling2D: {poolsize: 2}",
            "4:20",
            'MaxPooling2D: no setting "poolsize". Did you mean pool_size?',
        ),
        ("Conv2D: {filters: -8, kernel_size: 3}", "4:23", "Conv2D: filters must be at least 1, found -8."),
        ("Conv2D: {filters: 8}", "4:5", "Conv2D needs kernel_size."),
        (
            "Conv2D: {filters: no, kernel_size: 3}",
            "4:23",
            "Conv2D: filters must be a whole number, found 'no'.",
        ),
        ("Dense: 10", "4:5", "Dense: settings are a mapping such as {units: 10}, found 10."),
        ("7", "4:5", "a layer is a mapping such as Conv2D: {filters: 8}, found 7."),
        (
            "Conv2D: {filters: 8, kernel_size: 99}",
            "4:5",
            "a window of 99 x 99 does not fit its input of 8 x 8 x 3",
        ),
        ("Add", "4:5", 'Add "add": takes at least 2 inputs, found 1.'),
        ("call: nothing", "4:5", 'there is no layer "nothing" to call.'),
        ("ReLU:\n    name: previous", "4:5", "this name is reserved"),
        ("ReLU:\n    repeat: 0", "5:13", "repeat is a number from 1, or {from: 2, to: 4}, found 0."),
        ("ReLU:\n    repaet: 2", "4:5", '"repaet" is no key of a layer. Did you mean repeat?'),
        ("ReLU:\n    inputs: there", "4:5", 'its input "there" is not there.'),
        ("ReLU:\n    dtype: float23", "5:12", 'no dtype "float23". Did you mean float32?'),
        ("Dense: {units: 3, units: 4}", "4:23", 'the key "units" is given twice, first at 4:13.'),
        ("!!python/object:os.system {}", "4:5", "a tag"),
        ("Dense: {units: *x}", "4:20", 'no anchor "x" before this alias.'),
        ("Dense: {units: 1e400}", "4:20", "Dense: units must be a whole number"),
        (f"Dense: {{units: {'9' * 50}}}", "4:20", "a number of 50 digits."),
        ("Dense: {units: 9999999999}", "4:20", "units must be at most 2147483647"),
    ],
)
def test_a_mistake_has_its_place_and_words(layer: str, place: str, words: str) -> None:
    found = refusal(f"name: net\ninput: [8, 8, 3]\nlayers:\n  - {layer}\n")
    assert found[0].startswith(f"net.yaml:{place}: ")
    assert words in found[0]
    assert len(found) == 1


def test_all_independent_mistakes_are_told_at_once() -> None:
    text = """
    input: [8, 8, 3]
    layers:
      - Conv2d: {filters: 8}
      - Dense: {unit: 8}
      - Dropout: {rate: 2.0}
    setting: {}
    settings: {batchsize: 2, dtype: floot}
    """
    lines = refusal(text)
    assert [line.split(":")[1] for line in lines] == ["4", "5", "5", "6", "7", "8", "8"]


def test_shape_mistakes_in_two_branches_are_both_told() -> None:
    text = """
    input: [8, 8, 3]
    layers:
      - MaxPooling2D: {pool_size: 9}
        name: one
      - MaxPooling2D: {pool_size: 10}
        name: two
        inputs: input
      - Add:
        inputs: [one, two]
    """
    assert len(refusal(text)) == 2


def test_a_mistake_in_a_block_names_the_use() -> None:
    text = RESIDUAL.replace("kernel_size: 3,", "kernel_size: 3, dilation_rate: 0,")
    assert '(in block "residual", used at line 16)' in refusal(text)[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("residual: {filters: 8}", "residual: {}", 'block "residual" needs filters.'),
        ("residual: {filters: 8}", "residual: {filters: 8, stride: 2}", "Did you mean strides?"),
        ("residual: {filters: 8}", "residul: {filters: 8}", "Did you mean residual?"),
        (
            "strides: $strides, padding",
            "strides: $stride, padding",
            'no parameter "stride". Did you mean strides?',
        ),
        ("      - ReLU\n", "      - residual: {filters: 3}\n", 'block "residual" uses itself'),
        ("  residual:\n    parameters", "  Conv2D:\n    parameters", "that name has a meaning already"),
        ("inputs: [re_lu, shortcut]", "inputs: [re_lu, shortcat]", "shortcat"),
    ],
)
def test_mistakes_with_blocks(old: str, new: str, words: str) -> None:
    assert old in RESIDUAL
    assert any(words in line for line in refusal(RESIDUAL.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("[]", "a model file is a mapping with input and layers"),
        ("3", "a model file is a mapping"),
        ("input: [3]\nlayers: []", "a model needs layers"),
        ("layers: [Flatten]", "a model needs input"),
        ("input: [3\nlayers: [Flatten]", "not YAML"),
        ("input: [0, 3]\nlayers: [Flatten]", "must be at least 1"),
        ("input: [a]\nlayers: [Flatten]", "must be a whole number"),
        ("input: [3]\nlayers: [Flatten]\n---\nb: 1", "a second document"),
        ("input: [3]\ninputs: {a: [3]}\nlayers: [Flatten]", "input or inputs, not both"),
        ("input: [3]\nlayers: [Flatten]\nsettings: 3", "settings are a mapping"),
        ("input: [3]\nlayers: [Flatten]\nblocks: 3", "blocks are a mapping"),
        ("? {a: 1}\n: 2", "a key must be a single word"),
        ("\x00\x01", "not YAML"),
    ],
)
def test_texts_that_are_no_model(text: str, words: str) -> None:
    assert any(words in line for line in refusal(text))


def test_a_cycle_is_named() -> None:
    text = """
    input: [3]
    layers:
      - Add:
        name: a
        inputs: [input, b]
      - ReLU:
        name: b
        inputs: a
    """
    assert "cycle" in refusal(text)[0]
    assert "a <- b <- a" in refusal(text)[0]


def test_a_layer_that_nothing_reads() -> None:
    text = "input: [3]\nlayers:\n  - ReLU:\n    name: a\n  - ReLU:\n    name: b\n    inputs: input\n"
    assert 'ReLU "a": nothing reads it' in refusal(text)[0]


def test_aliases_cannot_explode() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    assert "more than 400,000 values" in refusal(bomb)[0]


def test_depth_is_bounded() -> None:
    said = refusal("a: " + "[" * 5000 + "]" * 5000)[0]
    assert (
        "more than 64 deep" in said or "maximum nesting depth" in said
    )  # PyYAML's own bound, since 6.0.4 at the latest


def test_a_million_layers_are_too_many() -> None:
    assert "more than 100,000 layers" in refusal("input: [3]\nlayers:\n  - ReLU:\n    repeat: 1000000\n")[0]


def test_a_list_of_a_million_layers_is_too_long() -> None:
    assert "more than 400,000 values" in refusal("input: [3]\nlayers:\n" + "  - ReLU\n" * 1_000_000)[0]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_binary_files_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "net.yaml"
    file.write_bytes(content)
    with pytest.raises(CnncalcError, match=r"not a text file|not YAML"):
        cnncalc.load(file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError, match=r"no such file.*cnncalc new"):
        cnncalc.load(tmp_path / "missing.yaml")
    with pytest.raises(CnncalcError, match="a folder"):
        cnncalc.load(tmp_path)
    odd = tmp_path / "net.txt"
    odd.write_text("input: [3]")
    with pytest.raises(CnncalcError, match=r"ends in \.yaml"):
        cnncalc.load(odd)


def test_an_input_may_be_whole_numbers() -> None:
    text = (
        "inputs: {words: {shape: [10], dtype: int32}}\nlayers: [Embedding: {input_dim: 50, output_dim: 4}]\n"
    )
    model = model_from_text(text, "net.yaml", "net")
    estimate = cnncalc.estimate(model, inference_batch_size=3)
    assert model.inputs[0].dtype == "int32"
    assert estimate.memory["tensorflow"].inference.io_bytes == 3 * 10 * 4
    assert estimate.parameters == 50 * 4


@pytest.mark.parametrize(
    "form", ["input: {{shape: [8], dtype: {}}}", "inputs: {{a: {{shape: [8], dtype: {}}}}}"]
)
def test_a_misspelt_type_of_an_input_is_found_in_its_place(form: str) -> None:
    column = form.replace("{{", "{").index("{}") + 1
    said = refusal(form.format("int23") + "\nlayers: [ReLU]\n")
    assert said == [f'net.yaml:1:{column}: no dtype "int23". Did you mean int32?']
