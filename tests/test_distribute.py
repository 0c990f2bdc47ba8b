"""Several devices: against sums written out by hand, a ring that really sums, and replayed plans."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.distributing.balancing import balanced
from cnncalc.distributing.mirrored import ring_bytes
from cnncalc.errors import CnncalcError
from cnncalc.layers import Add, Conv2D, Dense, Flatten, UpSampling2D
from cnncalc.memory import ideal, textbook
from cnncalc.memory.placement import placed, plans
from cnncalc.memory.replay import replay
from cnncalc.report import distribution as report
from cnncalc.tensors import policy
from tests.branching import networks
from tests.graphs import models

FLOAT = policy("float32")
IMAGE = 4 * 8 * 8 * 2
"""Bytes of an image of 8 x 8 x 2, and of every output of ``conv``."""
KERNEL = 4 * 2 * 2
"""Bytes of the parameters of every ``conv``, and of their gradient."""


def conv(name: str, **more: Any) -> Conv2D:
    return Conv2D(filters=2, kernel_size=1, use_bias=False, name=name, **more)


def model(*layers: Any, **more: Any) -> cnncalc.Model:
    return cnncalc.Model(input=(8, 8, 2), layers=layers, **more)


def placing(*layers: Any, **more: Any) -> Any:
    return cnncalc.distribute(model(*layers), strategy="placement", batch_size=1, **more)


def sent(found: Any) -> list[tuple[str, str, str, str, int]]:
    return [tuple(transfer) for transfer in found.transfers]


def ring(values: list[np.ndarray[Any, Any]]) -> tuple[list[np.ndarray[Any, Any]], list[int]]:
    """A ring all-reduce that is carried out: the sums on each device, and the bytes that each sends."""
    count = len(values)
    pieces = [np.array_split(value, count) for value in values]
    counted = [0] * count
    for turn in range(2 * (count - 1)):
        moving = [pieces[device][(device - turn) % count].copy() for device in range(count)]
        for device, piece in enumerate(moving):
            target = (device + 1) % count
            counted[device] += piece.nbytes
            number = (device - turn) % count
            old = pieces[target][number]
            pieces[target][number] = old + piece if turn < count - 1 else piece
    return [np.concatenate(piece) for piece in pieces], counted


@pytest.mark.parametrize("count", [2, 3, 4, 7])
@pytest.mark.parametrize("size", [7 * 4 * 3 * 5, 1000])
def test_the_ring_sums_and_sends_what_is_said(count: int, size: int) -> None:
    values = [np.arange(size) % 11 + device for device in range(count)]
    sums, counted = ring([value.astype(np.uint8) for value in values])
    assert all(np.array_equal(found, sum(values) % 256) for found in sums)
    assert sum(ring_bytes(size, count)) == sum(counted) == 2 * (count - 1) * size
    assert sorted(ring_bytes(size, count)) == sorted(counted)


def test_a_replica_is_the_model_at_its_part_of_the_batch() -> None:
    found = cnncalc.distribute("resnet50", devices=4, batch_size=32)
    alone = cnncalc.estimate("resnet50", batch_size=8).memory["tensorflow"].training
    assert alone is not None
    needed = alone.variables_bytes + alone.io_bytes + alone.step_high_bytes
    assert [device.needed_bytes for device in found.devices] == [needed] * 4
    gradients = 4 * 25_583_592  # the trainable parameters of ResNet-50
    assert found.sent_bytes("gpu:3") == gradients * 2 * 3 // 4 == 153_501_552
    assert found.communicated_bytes == gradients * 2 * 3
    assert found["gpu:0"].exchange_bytes == gradients


def test_a_batch_that_does_not_divide() -> None:
    found = cnncalc.distribute(model(conv("a")), devices=3, batch_size=8)
    assert [device.batch_size for device in found.devices] == [3, 3, 2]
    with pytest.raises(CnncalcError, match="a batch of 2 leaves nothing for 1 of 3 devices"):
        cnncalc.distribute(model(conv("a")), devices=3, batch_size=2)


def test_replicas_that_predict_send_nothing() -> None:
    found = cnncalc.distribute(model(conv("a")), devices=2, batch_size=8, mode="inference")
    assert (found.communicated_bytes, found["gpu:0"].exchange_bytes) == (0, 0)


def test_a_parameter_server_holds_the_variables() -> None:
    layers = [Flatten(), Dense(units=10), Dense(units=5)]
    found = cnncalc.distribute(
        model(*layers), devices=2, strategy="parameter-server", servers=2, optimizer="adam", batch_size=4
    )
    kernels = 4 * (128 * 10 + 10 * 5)  # in turns: kernel, bias, kernel, bias
    biases = 4 * (10 + 5)
    scalars = 8 + 4  # iteration, learning rate
    assert found["server:0"].footprint.variables_bytes == 3 * kernels + scalars
    assert found["server:1"].footprint.variables_bytes == 3 * biases
    assert found["server:0"].needed_bytes == 3 * kernels + scalars + 4 * 128 * 10  # the largest gradient
    assert found.stays_bytes == 3 * (kernels + biases) + scalars
    assert found.received_bytes("worker:1") == found.sent_bytes("worker:1") == kernels + biases
    assert found["worker:0"].footprint.variables_bytes == 0
    alone = cnncalc.estimate(model(*layers), batch_size=2).memory["ideal"].training
    assert alone is not None
    assert found["worker:0"].needed_bytes == alone.total_bytes - scalars


def test_a_chain_over_two_devices() -> None:
    found = placing(conv("a", device="gpu:0"), conv("b", device="/device:GPU:1"))
    assert sent(found) == [
        ("output", "a", "gpu:0", "gpu:1", IMAGE),
        ("gradient", "a", "gpu:1", "gpu:0", IMAGE),
    ]
    scalars = 8 + 4
    # The image and a, then the image, a's gradient and the kernel's; the copy of a, b or its gradient, ...
    assert found["gpu:0"].needed_bytes == KERNEL + scalars + 2 * IMAGE + KERNEL
    assert found["gpu:1"].needed_bytes == KERNEL + 2 * IMAGE + KERNEL
    assert found["gpu:0"].footprint.io_bytes == IMAGE
    assert found["gpu:1"].footprint.io_bytes == 0


def test_a_value_is_copied_once_to_a_device_and_its_gradient_comes_once() -> None:
    b, c = conv("b", inputs="a", device="gpu:1"), conv("c", inputs="a", device="gpu:1")
    found = placing(conv("a"), b, c, Add(inputs=("b", "c"), device="gpu:1"))
    assert [(item.kind, item.bytes) for item in found.transfers] == [("output", IMAGE), ("gradient", IMAGE)]


def test_below_the_first_trained_layer_no_gradient_comes_back() -> None:
    found = placing(conv("a", trainable=False), conv("b", device="gpu:1"))
    assert [item.kind for item in found.transfers] == ["output"]
    predicting = placing(conv("a"), conv("b", device="gpu:1"), mode="inference")
    assert [item.kind for item in predicting.transfers] == ["output"]


def test_a_variable_is_read_from_another_device() -> None:
    again = cnncalc.Call(layer="a", name="again", device="gpu:1")
    found = placing(conv("a", device="gpu:0"), again)
    assert sent(found) == [
        ("output", "a", "gpu:0", "gpu:1", IMAGE),
        ("gradient", "a", "gpu:1", "gpu:0", IMAGE),
        ("weights", "a", "gpu:0", "gpu:1", KERNEL),
        ("weight gradients", "a", "gpu:1", "gpu:0", KERNEL),
    ]
    assert found["gpu:1"].footprint.variables_bytes == 0
    assert found["gpu:1"].needed_bytes == 2 * IMAGE + 2 * KERNEL  # a copy of the weights, and their gradient


def test_all_variables_on_the_host() -> None:
    found = placing(conv("a"), conv("b"), devices=2, variables="cpu", optimizer="adam")
    assert found["cpu:0"].footprint.variables_bytes == 3 * 2 * KERNEL + 8 + 4  # and two slots for each
    assert [found[name].footprint.variables_bytes for name in ("gpu:0", "gpu:1")] == [0, 0]
    assert found.sent_bytes("cpu:0") == found.received_bytes("cpu:0") == 2 * KERNEL


def test_soft_placement() -> None:
    layers = [conv("a", device="gpu:7"), UpSampling2D(interpolation="bicubic", name="up", device="gpu:1")]
    found = placing(*layers)
    assert [tuple(moved) for moved in found.moved] == [
        ("a", "gpu:7", "gpu:0", "there is no gpu:7"),
        ("up", "gpu:1", "cpu:0", "ResizeBicubic has no kernel for a GPU"),
    ]
    with pytest.raises(CnncalcError, match='"a" cannot run on gpu:7: there is no gpu:7'):
        placing(*layers, soft_placement=False)
    with pytest.raises(CnncalcError, match="such as gpu:1"):
        placing(conv("a", device="tpu:0"))


def test_where_there_is_no_room_the_last_layers_run_on_the_host() -> None:
    layers = [conv("a", device="gpu:0"), conv("b", device="gpu:0"), conv("c", device="gpu:0")]
    whole = placing(*layers, devices=1).needed_bytes
    found = placing(*layers, devices=1, device_bytes=whole - 1)
    assert found["gpu:0"].needed_bytes <= whole - 1
    assert [moved.layer for moved in found.moved] == ["c"]
    assert placing(*layers, devices=1, device_bytes=whole).moved == ()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=8), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_the_split_is_the_best_of_all(items: list[tuple[int, int]], parts: int) -> None:
    loads, cuts = [load for load, _ in items], [cut for _, cut in items]
    found = balanced(loads, cuts, parts)

    def cost(starts: tuple[int, ...]) -> tuple[int, int]:
        ends = [*starts[1:], len(loads)]
        sums = [sum(loads[start:end]) for start, end in zip(starts, ends, strict=True)]
        return max(sums), sum(cuts[start] for start in starts[1:])

    rest = range(1, len(loads))
    every = [(0, *others) for others in combinations(rest, min(parts, len(loads)) - 1)]
    assert found in every
    assert cost(found)[0] == min(cost(starts)[0] for starts in every)
    assert cost(found)[1] == min(cost(s)[1] for s in every if cost(s)[0] == cost(found)[0])


def test_an_automatic_split_takes_contiguous_layers() -> None:
    found = cnncalc.distribute("vgg16", devices=3, strategy="placement", batch_size=8)
    rows = [row.name for row in cnncalc.load("vgg16").graph.rows]
    assert [name for device in found.devices for name in device.layers] == rows
    assert all(device.layers for device in found.devices)


@given(models() | networks(), st.data())
@settings(max_examples=100, deadline=None)
def test_each_device_has_a_plan_that_holds(network: cnncalc.Model, data: st.DataObject) -> None:
    """Each is replayed, which checks it; with all on one device it is the plan of the whole."""
    graph = network.graph
    names = ("gpu:0", "gpu:1", "cpu:0")
    owners = {node.owner: data.draw(st.sampled_from(names)) for node in graph.nodes}
    devices = [owners[node.owner] for node in graph.nodes]
    where = placed(graph, devices)
    where, alone = placed(graph, devices), placed(graph, ["gpu:0"] * len(devices))
    for plan in (ideal.prediction, ideal.training, textbook.prediction, textbook.training):
        found = plans(plan(where.graph, 2, FLOAT), where, {}, names)
        assert all(replay(one).peak.bytes >= 0 for one in found.values())
        on_one = plans(plan(alone.graph, 2, FLOAT), alone, {}, names)
        peaks = [replay(one).peak.bytes for one in on_one.values()]
        assert peaks == [replay(plan(graph, 2, FLOAT)).peak.bytes, 0, 0]


@given(models() | networks(), st.data())
@settings(max_examples=100, deadline=None)
def test_every_layer_finds_what_it_reads_on_its_device(network: cnncalc.Model, data: st.DataObject) -> None:
    graph = network.graph
    names = ("gpu:0", "gpu:1")
    devices = [data.draw(st.sampled_from(names)) for _ in graph.nodes]
    where = placed(graph, devices)
    copies = {copy.node: copy for copy in where.copies}
    first = len(where.graph.inputs)
    for index, node in enumerate(where.graph.nodes):
        copy = copies.get(index)
        wanted = copy.source if copy else where.devices[first + index]
        assert all(where.devices[value] == wanted for value in node.inputs)
        assert copy is None or where.devices[first + index] == copy.target
    own = [node for index, node in enumerate(where.graph.nodes) if index not in copies]
    assert [node.name for node in own] == [node.name for node in graph.nodes]
    made = [(copy.target, where.graph.nodes[copy.node].inputs) for copy in where.copies]
    assert len(set(made)) == len(made)  # once to each device


@pytest.mark.parametrize("strategy", ["mirrored", "parameter-server", "placement"])
def test_the_answer_as_json_and_as_a_table(strategy: str) -> None:
    layers = [conv(f"layer{number}") for number in range(12)]
    found = cnncalc.distribute(model(*layers), devices=3, strategy=strategy, batch_size=9)
    data = json.loads(report.to_json(found))
    assert data["needed_bytes"] == max(device["needed_bytes"] for device in data["devices"])
    assert data["communicated_bytes"] == sum(item["bytes"] for item in data["transfers"])
    table = report.to_table(found, 80)
    assert all(device["name"] in table for device in data["devices"])
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"devices": 0}, "devices must be from 1 to 4096, found 0"),
        ({"strategy": "mirored"}, "Did you mean mirrored"),
        ({"strategy": "placement", "variables": "disk"}, "such as gpu:1"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(CnncalcError, match=message):
        cnncalc.distribute(model(conv("a")), **wrong)
    with pytest.raises(CnncalcError, match='no device "gpu:9"'):
        cnncalc.distribute(model(conv("a")))["gpu:9"]
