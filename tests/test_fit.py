"""Whether it fits, the largest batch, and the remedies: every figure worked out a second time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc import layers as cl
from cnncalc.advice.budget import GPU_RATIOS, Budget
from cnncalc.advice.fitting import Fit
from cnncalc.advice.largest import largest_batch
from cnncalc.advice.question import Remedy
from cnncalc.advice.remedies import CATALOGUE
from cnncalc.settings import Settings
from cnncalc.units import byte_count, plain_count
from tests.commands import Run

MIB = 2**20
TIGHT = 12 * MIB
"""Less than any one remedy makes of the plain model at batch 64, so that none stops early."""


def needed(model: cnncalc.Model, settings: Settings, mode: str = "training", rule: str = "tensorflow") -> int:
    """Variables, images and the band's high side, from an estimate with every setting said again."""
    given: dict[str, Any] = {
        "batch_size": settings.batch_size,
        "inference_batch_size": settings.inference_batch_size,
        "dtype": settings.dtype,
        "optimizer": settings.optimizer.config(),
        "segments": settings.segments,
    }
    bare = cnncalc.Model(
        name=model.name, inputs=model.inputs, layers=model.layers, outputs=dict(model.outputs)
    )
    loss = settings.loss.config() if settings.loss else None
    answer = cnncalc.estimate(bare, **given, loss=loss).memory[rule]
    found = answer.training if mode == "training" else answer.inference
    assert found is not None
    return found.variables_bytes + found.io_bytes + found.step_high_bytes


def plain() -> cnncalc.Model:
    """A chain with strides, a middle that can go, and weights that count."""
    return cnncalc.Sequential(
        [
            cl.Conv2D(name="stem", filters=32, kernel_size=3, strides=2, padding="same", activation="relu"),
            cl.Conv2D(name="wide", filters=32, kernel_size=3, padding="same"),
            cl.BatchNormalization(name="norm"),
            cl.Conv2D(name="deep", filters=512, kernel_size=3, strides=2, padding="same"),
            cl.GlobalAveragePooling2D(name="pool"),
            cl.Dense(name="head", units=1000, activation="softmax"),
        ],
        input=(64, 64, 3),
        name="plain",
    )


def residual() -> cnncalc.Model:
    return cnncalc.Model(
        name="residual",
        input=(32, 32, 16),
        layers=[
            cl.Conv2D(name="start", filters=16, kernel_size=3, padding="same"),
            cl.Conv2D(name="one", filters=16, kernel_size=3, padding="same", activation="relu"),
            cl.Conv2D(name="two", filters=16, kernel_size=3, padding="same"),
            cl.Add(name="sum", inputs=["start", "two"]),
            cl.Flatten(name="flat"),
            cl.Dense(name="head", units=2),
        ],
    )


@pytest.fixture(scope="module")
def tight() -> Fit:
    return cnncalc.fit(plain(), budget_bytes=TIGHT, batch_size=64, optimizer="adam")


def of_kind(fit: Fit, kind: str) -> list[Remedy]:
    return [remedy for remedy in fit.remedies if remedy.kind == kind]


def test_every_kind_has_a_remedy_here(tight: Fit) -> None:
    assert {remedy.kind for remedy in tight.remedies} == set(CATALOGUE) - {"order"}  # a chain has one


def test_every_remedy_is_the_estimate_of_its_model(tight: Fit) -> None:
    assert tight.needed_bytes == needed(plain(), tight.settings)
    for remedy in tight.remedies:
        assert remedy.needed_bytes == needed(remedy.model, remedy.settings), remedy.description
        assert remedy.saved_bytes == tight.needed_bytes - remedy.needed_bytes > 0
        assert remedy.fits == (remedy.needed_bytes <= TIGHT)
        estimate = cnncalc.estimate(remedy.model)
        assert (remedy.macs, remedy.parameters) == (estimate.macs, estimate.parameters)


@pytest.mark.parametrize("name", ["geron_exercise", "lenet5", "squeezenet1_1"])
@pytest.mark.parametrize("mode", ["training", "inference"])
def test_remedies_of_the_zoo(name: str, mode: str) -> None:
    batch = 50
    found = cnncalc.fit(name, budget_bytes=16 * MIB, batch_size=batch, optimizer="adam", mode=mode)
    assert found.needed_bytes == needed(cnncalc.load(name), found.settings, mode)
    for remedy in found.remedies:
        assert remedy.needed_bytes == needed(remedy.model, remedy.settings, mode), remedy.description
    if found.combination:
        assert found.combination.fits
        again = needed(found.combination.model, found.combination.settings, mode)
        assert found.combination.needed_bytes == again <= 16 * MIB


def test_the_batch_is_a_part_and_its_gradients_are_added_up(tight: Fit) -> None:
    (remedy,) = of_kind(tight, "batch")
    settings = remedy.settings
    assert settings.batch_size * settings.optimizer.value("gradient_accumulation_steps") == 64
    by_hand = cnncalc.estimate(
        plain(), batch_size=settings.batch_size, optimizer={"name": "adam", "gradient_accumulation_steps": 64}
    )
    one = cnncalc.estimate(plain(), batch_size=settings.batch_size, optimizer="adam")
    training = by_hand.memory["tensorflow"].training
    plainly = one.memory["tensorflow"].training
    assert training
    assert plainly
    assert training.variables_bytes - plainly.variables_bytes == 4 * one.trainable_parameters  # one more slot


def test_accumulation_goes_on_from_what_there_is() -> None:
    optimizer = {"name": "SGD", "momentum": 0.5, "gradient_accumulation_steps": 3}
    found = cnncalc.fit(plain(), budget_bytes=60 * MIB, batch_size=8, optimizer=optimizer)
    (remedy,) = of_kind(found, "batch")
    steps = remedy.settings.optimizer.value("gradient_accumulation_steps")
    assert steps * remedy.settings.batch_size == 3 * 8
    assert remedy.settings.optimizer.value("momentum") == 0.5


def test_the_largest_part_that_fits_is_taken() -> None:
    budget = needed(
        plain(), Settings(batch_size=10, optimizer={"name": "SGD", "gradient_accumulation_steps": 5})
    )
    found = cnncalc.fit(plain(), budget_bytes=budget, batch_size=50)
    (remedy,) = of_kind(found, "batch")
    assert remedy.settings.batch_size == 10
    assert remedy.fits
    assert remedy.needed_bytes <= budget < needed(plain(), Settings(batch_size=25))


def test_devices_have_all_variables_and_a_part_of_the_batch() -> None:
    found = cnncalc.fit(plain(), budget_bytes=70 * MIB, batch_size=64)
    (remedy,) = of_kind(found, "devices")
    assert remedy.settings.batch_size * remedy.devices == 64
    alone = cnncalc.estimate(plain(), batch_size=remedy.settings.batch_size).memory["tensorflow"].training
    assert alone
    assert remedy.needed_bytes == alone.variables_bytes + alone.io_bytes + alone.step_high_bytes


def test_float16_lighter_optimizers_and_freezing(tight: Fit) -> None:
    assert [item.settings.dtype for item in of_kind(tight, "float16")] == ["mixed_float16", "float16"]
    assert of_kind(tight, "optimizer")[-1].settings.optimizer.name == "SGD"
    (freeze,) = of_kind(tight, "freeze")
    frozen = [layer.name for layer in freeze.model.layers if not layer.trainable]
    assert frozen == [
        "stem",
        "wide",
        "norm",
        "deep",
    ]  # all but the last with weights: even that is not enough


def test_the_architecture(tight: Fit) -> None:
    stride = of_kind(tight, "stride")[0]
    before = {layer.name: layer for layer in plain().layers}
    changed = [layer for layer in stride.model.layers if layer != before[str(layer.name)]]
    assert len(changed) == 1
    assert changed[0].settings()["strides"] == tuple(
        2 * s for s in before[str(changed[0].name)].settings()["strides"]
    )
    (pooling,) = of_kind(tight, "pooling")
    kinds = {layer.name: layer.kind for layer in pooling.model.layers}
    assert "MaxPooling2D" in (kinds["stem"], kinds["deep"])
    (separable,) = of_kind(tight, "separable")
    assert {layer.name: layer.kind for layer in separable.model.layers}["deep"] == "SeparableConv2D"
    (smaller,) = of_kind(tight, "image-size")
    assert smaller.model.inputs[0].shape == (16, 16, 3)  # two eighths of 64


def test_a_layer_that_goes_leaves_the_outputs_as_they_are(tight: Fit) -> None:
    for remedy in of_kind(tight, "remove-layer"):
        assert remedy.model.graph.output_shapes == plain().graph.output_shapes
        assert len(remedy.model.layers) < len(plain().layers)


def test_a_branch_goes_whole() -> None:
    found = cnncalc.fit(residual(), budget_bytes=MIB, batch_size=64)
    names = [[layer.name for layer in remedy.model.layers] for remedy in of_kind(found, "remove-layer")]
    assert ["start", "flat", "head"] in names
    assert all(remedy.model.graph.output_shapes == ((2,),) for remedy in found.remedies)


def test_every_input_is_still_read() -> None:
    both = cnncalc.Model(
        inputs={"left": (32, 32, 8), "right": (32, 32, 8)},
        layers=[
            cl.Conv2D(name="one", inputs="left", filters=8, kernel_size=3, padding="same"),
            cl.Conv2D(name="two", inputs="right", filters=8, kernel_size=3, padding="same"),
            cl.Add(name="sum", inputs=["one", "two"]),
            cl.Dense(name="last", units=1),
        ],
    )
    found = cnncalc.fit(both, budget_bytes=MIB, batch_size=64)
    gone = [
        {"one", "two", "sum", "last"} - {layer.name for layer in item.model.layers} for item in found.remedies
    ]
    assert all(names <= {"one", "two"} for names in gone)


def test_nothing_breaks_where_branches_meet() -> None:
    found = cnncalc.fit(residual(), budget_bytes=MIB, batch_size=64)
    assert [remedy.description for remedy in of_kind(found, "stride")] == ["stride 2 instead of 1 in start"]
    assert not of_kind(found, "pooling")


@pytest.mark.parametrize("mode", ["training", "inference"])
@pytest.mark.parametrize("budget", [2, 9, 40, 333, 5000])
@pytest.mark.parametrize("name", ["geron_exercise", "resnet8", "squeezenet1_1"])
def test_the_largest_batch_fits_and_one_more_does_not(name: str, budget: int, mode: str) -> None:
    model, size = cnncalc.load(name), budget * MIB
    found = cnncalc.fit(model, budget_bytes=size, optimizer="adam", mode=mode).largest_batch_size

    def at(batch: int) -> int:
        key = "batch_size" if mode == "training" else "inference_batch_size"
        return needed(model, Settings(**{key: batch, "optimizer": "adam"}), mode)  # type: ignore[arg-type]

    assert at(found + 1) > size
    assert found == 0 or at(found) <= size


@given(
    steps=st.lists(st.integers(0, 50), min_size=1, max_size=60),
    budget=st.integers(0, 1500),
    start=st.integers(1, 200),
)
def test_the_search_is_right_for_every_need_that_grows(steps: list[int], budget: int, start: int) -> None:
    """Against a walk from below, one batch after the other."""

    def needs(batch: int) -> int:
        return sum(steps[:batch]) + batch

    walked = next(batch for batch in range(2000) if needs(batch + 1) > budget)
    assert largest_batch(needs, budget, start) == walked


def test_few_estimates_are_enough_on_a_straight_line() -> None:
    asked: list[int] = []

    def needs(batch: int) -> int:
        asked.append(batch)
        return 10**8 + 85_050_192 * batch

    assert largest_batch(needs, 16 * 2**30, 64) == (16 * 2**30 - 10**8) // 85_050_192
    assert len(asked) <= 5


@pytest.mark.parametrize("name", ["lenet5", "resnet8", "mobilenet_v1_025_96"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_band_grows_with_the_batch(name: str, optimizer: str) -> None:
    model = cnncalc.load(name)
    sizes = [needed(model, Settings(batch_size=batch, optimizer=optimizer)) for batch in range(1, 40)]
    assert sizes == sorted(sizes)


def test_what_fits_needs_no_combination() -> None:
    found = cnncalc.fit("lenet5", budget_bytes=100 * MIB)
    assert found.fits
    assert found.combination is None
    assert found.largest_batch_size >= 32


def test_one_remedy_is_cheaper_than_several() -> None:
    found = cnncalc.fit(plain(), budget_bytes=70 * MIB, batch_size=64)
    assert found.combination
    assert found.combination.kinds == ("batch",)
    assert found.combination.needed_bytes == of_kind(found, "batch")[0].needed_bytes


def test_a_combination_where_no_remedy_is_enough(tight: Fit) -> None:
    found = tight.combination
    assert not any(remedy.fits for remedy in tight.remedies)
    assert found
    assert found.fits
    assert len(found.kinds) > 1
    assert found.needed_bytes == needed(found.model, found.settings) <= TIGHT
    assert found.saved_bytes == tight.needed_bytes - found.needed_bytes
    assert found.kinds == ("batch", "freeze")  # float16 between them is not needed, and left out again


def test_nothing_is_enough() -> None:
    found = cnncalc.fit(plain(), budget_bytes=1000, batch_size=64)
    assert found.largest_batch_size == 0
    assert found.combination is None


def test_a_gpu_has_three_answers() -> None:
    need = cnncalc.fit(plain(), budget_bytes=1).need
    ratios = GPU_RATIOS["training"]
    high, low = Budget(1, ratios).high(need), Budget(1, ratios).low(need)
    assert (low, high) == (int(0.49 * need.typical_bytes), -int(-2.73 * need.typical_bytes // 1))
    verdicts = [Budget(size, ratios).verdict(need) for size in (high, high - 1, low, low - 1)]
    assert verdicts == ["fits", "uncertain", "uncertain", "does not fit"]


@pytest.mark.parametrize("rule", ["ideal", "textbook"])
def test_another_rule(rule: str) -> None:
    found = cnncalc.fit("geron_exercise", budget_bytes=64 * MIB, rule=rule)
    assert found.needed_bytes == needed(cnncalc.load("geron_exercise"), found.settings, rule=rule)
    for remedy in found.remedies:
        assert remedy.needed_bytes == needed(remedy.model, remedy.settings, rule=rule), remedy.description


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rule": "tensorfow"}, "Did you mean tensorflow?"),
        ({"mode": "trainin"}, "Did you mean training?"),
        ({"dtype": "int8", "rule": "ideal"}, "int8 has no gradients"),
    ],
)
def test_what_cannot_be_asked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=message):
        cnncalc.fit("lenet5", budget_bytes=MIB, **given)


@pytest.mark.parametrize(
    "text", ["", "GiB", "8 gib 4", "eight", "1e9", "-4GiB", "8GiBB", "1.2.3GB", "²GB", "9" * 99]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match="found"):
        byte_count(text)
    with pytest.raises(cnncalc.CnncalcError, match="found"):
        plain_count(text)


ASK = ("fit", "geron_exercise", "--budget", "256MiB", "--batch-size", "50")


def test_the_answer_is_a_sentence_a_table_and_the_next_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    answer = run(*ASK)
    assert answer.status == 0
    assert answer.out.startswith("geron_exercise at batch 50 with SGD needs up to 1.0 GiB")
    assert "what to change" in answer.out
    assert answer.out.splitlines()[-1] == "cnncalc " + " ".join(ASK) + " --apply 1 -o changed.yaml"
    assert max(map(len, answer.out.splitlines())) <= 100


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_answer_fits_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run(*ASK).out.splitlines()
    assert max(map(len, lines[:-1])) <= columns
    assert lines.count("") == 2  # none where costs are left out


def test_json_says_what_python_says(run: Run) -> None:
    data = json.loads(run(*ASK, "--format", "json").out)
    found = cnncalc.fit("geron_exercise", budget_bytes=256 * MIB, batch_size=50)
    assert data["needed_bytes"] == found.needed_bytes
    assert data["largest_batch_size"] == found.largest_batch_size
    figures = [
        (item["kind"], item["needed_bytes"], item["saved_bytes"], item["fits"]) for item in data["remedies"]
    ]
    assert figures == [(one.kind, one.needed_bytes, one.saved_bytes, one.fits) for one in found.remedies]
    assert (
        data["combination"]["needed_bytes"] == found.combination.needed_bytes if found.combination else None
    )


def test_every_remedy_can_be_written_and_read_again(run: Run, tmp_path: Path) -> None:
    found = cnncalc.fit("geron_exercise", budget_bytes=256 * MIB, batch_size=50)
    for number, remedy in enumerate(found.remedies, 1):
        file = tmp_path / f"{number}.yaml"
        answer = run(*ASK, "--apply", str(number), "-o", str(file))
        assert answer.status == 0, answer.err
        assert "is written" in answer.out
        training = cnncalc.estimate(str(file)).memory["tensorflow"].training
        assert training
        total = training.variables_bytes + training.io_bytes + training.step_high_bytes
        assert total == remedy.needed_bytes, remedy.description


def test_a_combination_can_be_written(tight: Fit, tmp_path: Path) -> None:
    from cnncalc.interop.converting import convert

    chosen = tight.numbered(len(tight.remedies) + 1)
    convert(chosen.model, tmp_path / "all.yaml")
    loaded = cnncalc.load(tmp_path / "all.yaml")
    assert needed(loaded, loaded.settings) == chosen.needed_bytes


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--apply", "1"], "say where to"),
        (["--apply", "99", "-o", "x.yaml"], "no remedy 99: there are 1 to"),
        (["--budget", "lots"], "a size is a number with a unit"),
    ],
)
def test_mistakes(run: Run, words: list[str], message: str) -> None:
    answer = run(*ASK, *words)
    assert answer.status == 2
    assert message in answer.err


def test_fit_needs_a_budget(run: Run) -> None:
    answer = run("fit", "lenet5")
    assert answer.status == 2
    assert "a budget, such as 8GiB, or a device" in answer.err


def test_the_gate(run: Run) -> None:
    kept = run("fit", "geron_exercise", "--ci", "--max-parameters", "903400", "--max-macs", "1.4G")
    assert (kept.status, kept.out) == (0, "")
    limits = ["--max-parameters", "900k", "--max-macs", "1G", "--max-inference-memory", "1MiB"]
    broken = run(
        "fit", "geron_exercise", "--ci", *limits, "--max-training-memory", "1MiB", "--budget", "1MiB"
    )
    assert broken.status == 1
    lines = broken.out.splitlines()
    assert lines[0] == "parameters: 903.4 k, at most 900.0 k allowed (903400 > 900000)"
    starts = ["parameters", "MACs", "inference memory", "training memory", "memory"]
    assert [line.split(":")[0] for line in lines] == starts


def test_exit_status_one_comes_from_the_gate_only(run: Run) -> None:
    assert run("fit", "geron_exercise", "--budget", "1KiB").status == 0
