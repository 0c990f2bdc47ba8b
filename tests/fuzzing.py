"""Broken and strange input: hypothesis strategies, and the limits within which it must be answered.

What is drawn is half right, as what people and programs write by mistake: true files with pieces cut
out, doubled or replaced, and settings with values that they cannot have. No framework is imported.
"""

from __future__ import annotations

import io
import json
import resource
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import typer
from hypothesis import strategies as st

from cnncalc import zoo
from cnncalc.cli import app
from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.settings import Settings
from tests.keras_configs import NET, functional, layer, tensor

SECONDS = 2
MOST_BYTES = 500 * 10**6

EXAMPLES = Path(__file__).parents[1] / "examples"


class TooSlowError(Exception):
    """An input that took more of the processor's time than an answer may."""


@contextmanager
def limited() -> Iterator[None]:
    """At most 2 s of the processor's time, and 500 MB above what the process has.

    Past the first TooSlowError is raised where the program stands, past the second MemoryError.
    """
    before = signal.signal(signal.SIGPROF, _too_slow)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_size() + MOST_BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def _too_slow(signal_number: int, frame: object) -> None:
    raise TooSlowError(f"more than {SECONDS} s")


def _size() -> int:
    """Bytes of address space that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


WORDS = st.sampled_from(
    [
        *("", "~", "-", "- ", ":", ": ", "[", "]", "{"),
        *("}", ",", "#", "|", ">", "&a ", "*a", "!!python/name:os ", "---"),
        *("\n", "\n  ", "\t", "\r", "\0", "\ufeff", "é", "\U0001f600", "%", "@", "`", '"', "'", "\\"),
        *("0", "-1", "1.5", "1e999", "-.inf", ".nan", "9" * 30, "2147483647", "true", "null", "1e-3"),
        *("input", "inputs", "outputs", "layers", "previous"),
        *("settings", "blocks", "repeat", "model", "name"),
        *("filters", "kernel_size", "padding", "same", "causal"),
        *("strides", "units", "activation", "dtype", "use"),
        *("Conv2D", "Dense", "Flatten", "Add", "Concatenate", "Bidirectional", "TimeDistributed", "Reshape"),
    ]
)  # fmt: skip

NUMBERS = st.sampled_from([0, 1, 2, 3, 7, -1, 1000, 2**31 - 1, 2**31, 10**18, 0.5, -0.5, 1e300, float("inf")])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=6))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
"""Anything that JSON can say."""


def _seeds() -> list[str]:
    files = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.yaml"))]
    return files + [zoo.text_of(name) or "" for name in ("lenet5", "resnet8", "ds_cnn", "squeezenet1_1")]


SEEDS = _seeds()
KINDS = st.sampled_from(sorted(CATALOGUE))


@st.composite
def edited_text(draw: st.DrawFn, text: str) -> str:
    """With a few pieces cut out, doubled, moved or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        piece = text[start:end]
        new = draw(st.one_of(st.just(""), WORDS, st.just(piece * 2), st.text(max_size=3), KINDS))
        text = text[:start] + new + text[end:]
    return text


AROUND = ["name", "inputs", "repeat", "dtype", "trainable"]


@st.composite
def entries(draw: st.DrawFn) -> Any:
    """A layer of a model file: its kind, and settings with values that are right or are not."""
    kind = draw(KINDS)
    names = st.sampled_from([*layer_class(kind).setting_names(), "activation", "nosuch"])
    given = draw(st.dictionaries(names, VALUES, max_size=4))
    around = draw(st.dictionaries(st.sampled_from(AROUND), VALUES, max_size=1))
    return draw(st.sampled_from([kind, {kind: given}, {kind: given, **around}]))


ITEMS = st.one_of(
    entries(),
    st.just({"Conv2D": {"filters": 2, "kernel_size": 3, "padding": "same"}}),
    st.fixed_dictionaries({"repeat": NUMBERS, "layers": st.lists(entries(), max_size=2)}),
    VALUES,
)
RUNS = st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), VALUES, max_size=3)
FIELDS = {
    "input": st.one_of(st.just([8, 8, 3]), st.lists(NUMBERS, max_size=4), VALUES),
    "layers": st.lists(ITEMS, max_size=5),
}
MODEL_DATA = st.fixed_dictionaries(
    FIELDS, optional={"outputs": VALUES, "settings": RUNS, "blocks": VALUES, "name": VALUES, "nosuch": VALUES}
)
MODEL_FILES = st.one_of(
    st.sampled_from(SEEDS).flatmap(edited_text),
    MODEL_DATA.map(json.dumps),
    st.text(max_size=40),
)

CONFIGS: list[dict[str, Any]] = [
    NET,
    functional(
        layer("BatchNormalization", "norm", [tensor("image")], axis=-1, momentum=0.9),
        layer("MultiHeadAttention", "heads", [tensor("norm"), tensor("norm")], num_heads=2, key_dim=3),
        layer("Flatten", "flat", [tensor("heads")]),
        layer("Dense", "dense", [tensor("flat")], units=3, activation="softmax"),
    ),
    {
        "class_name": "Sequential",
        "config": {
            "name": "chain",
            "layers": [
                {"class_name": "InputLayer", "config": {"name": "image", "batch_shape": [None, 8, 8, 3]}},
                layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], activation="relu"),
                layer("MaxPooling2D", "pool", pool_size=[2, 2]),
                layer("TimeDistributed", "each", layer=layer("Dense", "inner", units=2)),
            ],
        },
    },
]


@st.composite
def edited_data(draw: st.DrawFn, data: Any) -> Any:
    """With a few values replaced, doubled, left out, or put in each other's place."""
    data = deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(places(data))))
        others = [inner[at] for inner, at in places(data)]
        way = draw(st.integers(0, 5))
        if way == 0:
            del holder[key]
        elif way == 1:
            holder[key] = deepcopy(draw(st.sampled_from(others)))
        elif way == 2 and isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        else:
            holder[key] = draw(VALUES)
        if not list(places(data)):
            break
    return data


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Each value below: what holds it, and its key or index there."""
    keys: Any = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
    for key in keys:
        yield data, key
        yield from places(data[key])


KERAS_DATA = st.sampled_from(CONFIGS).flatmap(edited_data)
KERAS_JSON = st.one_of(
    KERAS_DATA.map(json.dumps),
    st.sampled_from([json.dumps(config) for config in CONFIGS]).flatmap(edited_text),
)


def packed(config: str, entry: str, method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr(entry, config.encode("utf-8", "surrogatepass"))
        file.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return stream.getvalue()


METHODS = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
WHOLE = st.builds(packed, KERAS_JSON, st.sampled_from(["config.json"] * 9 + ["../config.json"]), METHODS)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An archive with a few bytes changed, or an end cut off."""
    data = bytearray(draw(WHOLE))
    for _ in range(draw(st.integers(1, 6))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


ARCHIVES = st.one_of(WHOLE, damaged(), st.binary(max_size=64))

NEVER = ("check", "measure")
"""Commands that run Keras, whose time and memory are not ours."""
ARGUMENTS = st.sampled_from(
    [
        *("lenet5", "LeNet-5", "geron_exercise", "lenet6", "nosuch.yaml"),
        *(".", "/", "a.json", "out.keras", "out.yaml"),
        *("8GiB", "1", "0", "-1", "1e9", "999999999999"),
        *("0.4", "25M", "rtx-3060", "adam", "mse", "float16", "int8"),
        *("{name: SGD, momentum: 0.9}", "{name: Huber, delta: 0.5}", "{"),
        *("{a: [", "2x2x1", "x", "50000x8x8x3:uint8"),
        *("json", "csv", "markdown", "latex", "table"),
        *("best", "worst", "placement", "parameter-server", "mirrored"),
        *("training", "inference", "ideal", "textbook"),
        *("tensorflow", "dense", "max-pooling", "pruned=0.9", "cpu:0"),
    ]
)  # fmt: skip


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with options that it has or has not, and values that they take or do not."""
    name = draw(st.sampled_from([*OPTIONS, "nosuch", "", "--version"]))
    words = [name, *draw(st.lists(st.sampled_from(["lenet5", "50000x8x8x3", "out.yaml"]), max_size=2))]
    for _ in range(draw(st.integers(0, 4))):
        options = st.sampled_from(OPTIONS.get(name) or ["--nosuch"])
        words += [draw(options)] * draw(st.integers(0, 1))
        words += [draw(st.one_of(ARGUMENTS, ARGUMENTS, st.text(max_size=8)))] * draw(st.integers(0, 1))
    return words


def _options() -> dict[str, list[str]]:
    """The options of each command, as the program itself knows them."""
    program = typer.main.get_group(app())
    commands = {name: command for name, command in program.commands.items() if name not in NEVER}
    return {
        name: [option for parameter in command.params for option in parameter.opts] + ["--help"]
        for name, command in commands.items()
    }


OPTIONS = _options()
