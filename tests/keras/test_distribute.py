"""Several devices: what TensorFlow does on logical CPU devices and between processes.

Logical devices must be made before TensorFlow starts, so each test runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

import cnncalc
from cnncalc.layers import BatchNormalization, Conv2D

REPLICAS = 2

MIRRORED = """
import json, sys
import tensorflow as tf

count, batch_size, optimizer = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
tf.config.threading.set_inter_op_parallelism_threads(1)
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)

from cnncalc.interop.keras_build import to_keras
from cnncalc.measuring import tracing
from tests.keras.test_distribute import network

strategy = tf.distribute.MirroredStrategy([f"cpu:{number}" for number in range(count)])
with strategy.scope():
    model = to_keras(network())
    model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
images = tf.random.uniform((batch_size, *model.input_shape[1:]))
targets = tf.random.uniform((batch_size, *model.output_shape[1:]))
dataset = tf.data.Dataset.from_tensors((images, targets)).repeat()
data = next(iter(strategy.experimental_distribute_dataset(dataset)))
step = tf.function(lambda: strategy.run(model.train_step, args=(data,)))
step(), step()

found = tracing.traced(lambda: [step(), None][1])
operations = step.get_concrete_function().graph.get_operations()
variables = [*model.weights, *model.optimizer.variables]
print(json.dumps({
    "peak": found.peak_bytes,
    "left": found.left_bytes,
    "buffers": [[one.op, one.bytes] for one in found.buffers],
    "reduced": [op.inputs[0].shape.num_elements() for op in operations if op.type == "CollectiveReduceV2"],
    "devices": [[copy.device[-5:] for copy in one.value.values] for one in variables],
    "bytes": sum(one.value.shape.num_elements() * one.value.dtype.size for one in variables),
    "parts": [len(part) for part in strategy.experimental_local_results(data[0])],
    "averages": [copy.numpy().tolist() for copy in model.get_layer("norm").moving_mean.value.values],
}))
"""


def network() -> cnncalc.Model:
    return cnncalc.Sequential(
        [
            Conv2D(filters=64, kernel_size=3),
            BatchNormalization(name="norm"),
            Conv2D(filters=300, kernel_size=3),
        ],
        input=(64, 64, 3),
    )


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


def said(program: str, *arguments: str) -> str:
    with start(program, *arguments) as process:
        printed, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return printed.splitlines()[-1]


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(said(MIRRORED, str(REPLICAS), "32", "adam"))
    return answer


@pytest.fixture(scope="module")
def foreseen() -> Any:
    return cnncalc.distribute(network(), devices=REPLICAS, batch_size=32, optimizer="adam", loss="mse")


def test_every_variable_is_on_every_device(trained: dict[str, Any], foreseen: Any) -> None:
    names = [f"CPU:{number}" for number in range(REPLICAS)]
    assert all(devices == names for devices in trained["devices"])
    assert all(one.footprint.variables_bytes == trained["bytes"] for one in foreseen.devices)
    assert [one.batch_size for one in foreseen.devices] == trained["parts"]


def test_the_gradients_are_summed_in_one_piece(trained: dict[str, Any], foreseen: Any) -> None:
    gradients = foreseen["gpu:0"].exchange_bytes
    assert [4 * values for values in trained["reduced"]] == [gradients] * REPLICAS
    assert foreseen.communicated_bytes == 2 * (REPLICAS - 1) * gradients


def test_moving_statistics_are_not_summed(trained: dict[str, Any]) -> None:
    one, other = trained["averages"]
    assert one != other


def test_a_replica_takes_what_is_estimated(trained: dict[str, Any], foreseen: Any) -> None:
    """With one thread one replica runs after the other, while the first waits with its gathered gradients."""
    (waiting,) = {size for op, size in trained["buffers"] if "concat" in op}
    pieces = [size for op, size in trained["buffers"] if "TempChunk" in op]
    assert waiting == foreseen["gpu:0"].exchange_bytes
    replica = trained["peak"] - waiting - sum(pieces)
    footprint = foreseen["gpu:0"].footprint
    assert footprint.step_low_bytes <= replica <= footprint.step_high_bytes
    assert trained["left"] == 0


SERVER = """
import sys, tensorflow as tf
server = tf.distribute.Server({"ps": ["localhost:0"]}, job_name="ps", task_index=0)
print(server.target, flush=True)
server.join()
"""
SESSION = """
import sys, tensorflow as tf
tf.compat.v1.disable_eager_execution()
variable = tf.compat.v1.get_variable("variable", initializer=tf.zeros(()), use_resource=True)
with tf.compat.v1.Session(sys.argv[1]) as session:
    if sys.argv[2] == "first":
        session.run(variable.initializer)
        session.run(variable.assign_add(5.0))
    print(session.run(variable))
"""


def test_a_server_keeps_its_variables_when_the_client_has_gone() -> None:
    with start(SERVER) as server:
        try:
            target = server.stdout.readline().strip() if server.stdout else ""
            assert float(said(SESSION, target, "first")) == 5
            assert float(said(SESSION, target, "second")) == 5
        finally:
            server.kill()


ROUND_ROBIN = """
import json, sys, tensorflow as tf
cluster = tf.train.ClusterSpec({"ps": sys.argv[2:], "worker": [sys.argv[1]]})
servers = [tf.distribute.Server(cluster, job_name="ps", task_index=n, start=True) for n in range(2)]
worker = tf.distribute.Server(cluster, job_name="worker", task_index=0)
resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc")
strategy = tf.distribute.ParameterServerStrategy(resolver)
with strategy.scope():
    made = [tf.Variable(tf.zeros((size,))) for size in (7, 1, 6, 2)]
    slots = []
    for one in made:
        with strategy.extended.colocate_vars_with(one):
            slots.append(tf.Variable(tf.zeros(one.shape)))
task = lambda one: int(one.device.split("task:")[1].split("/")[0])
print(json.dumps([[task(one) for one in made], [task(one) for one in slots]]), flush=True)
import os
os._exit(0)
"""


def test_variables_go_round_the_servers_and_slots_go_with_them() -> None:
    import socket

    ports = []
    for _ in range(3):
        with socket.socket() as one:
            one.bind(("localhost", 0))
            ports.append(f"localhost:{one.getsockname()[1]}")
    made, slots = json.loads(said(ROUND_ROBIN, *ports))
    assert made == slots == [0, 1, 0, 1]
