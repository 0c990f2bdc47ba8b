"""The variables of a model that Keras has compiled: its weights, the optimizer's, and the small ones.

Exact, on the TensorFlow backend: the sizes of the variables, not what an allocator makes of them. Beside
the weights and the optimizer's variables Keras keeps a mean of the loss, as total and count (with several
outputs one more for each: keras/src/trainers/compile_utils.py), and a state of two int64 for every
random generator (keras/src/random/seed_generator.py). Left out: metrics that a user adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.graph import Graph, Node, Row
from cnncalc.memory.optimizer_state import effective, optimizer_variables
from cnncalc.memory.slots import VARIABLE_BYTES, Trainable
from cnncalc.tensors import Weight

if TYPE_CHECKING:
    from cnncalc.settings import OptimizerSpec

MEAN_BYTES = 2 * VARIABLE_BYTES["float32"]
"""Total and count, of ``floatx`` under every policy (keras/src/metrics/reduction_metrics.py)."""

SEED_BYTES = 2 * VARIABLE_BYTES["int64"]


Held = tuple[str, Weight, str]
"""A weight with its layer's name in Keras before it, and behind it the type in which Keras keeps it."""


class VariablesBytes(NamedTuple):
    """Bytes of a compiled model's variables, by what they are for.

    ``by_dtype`` are the weights, trainable and not, by the type in which Keras keeps them.
    """

    trainable: int
    non_trainable: int
    by_dtype: dict[str, int]
    optimizer: int
    metrics: int
    seed_generators: int

    @property
    def weights(self) -> int:
        """Bytes of all weights."""
        return self.trainable + self.non_trainable

    @property
    def total(self) -> int:
        """Bytes of all variables."""
        return self.weights + self.optimizer + self.metrics + self.seed_generators


def variables_bytes(graph: Graph, dtype: str, optimizer: OptimizerSpec) -> VariablesBytes:
    """Bytes of the variables of a model that is compiled with an optimizer under a dtype policy.

    Under ``mixed_float16`` the optimizer is the one that Keras puts around the given one.

    >>> from cnncalc import Sequential, layers
    >>> from cnncalc.settings import optimizer
    >>> graph = Sequential([layers.Dense(units=4)], input=(3,)).graph
    >>> found = variables_bytes(graph, "float32", optimizer("adam"))
    >>> found.weights, found.optimizer, found.metrics  # (3 + 1) * 4 * 4; 2 * 64 + 8 + 4; 4 + 4
    (64, 140, 8)
    """
    by_dtype: dict[str, int] = {}
    sums = {True: 0, False: 0}
    found = list(weights(graph, dtype))
    for _, weight, own in found:
        size = weight.size * VARIABLE_BYTES[own]
        by_dtype[own] = by_dtype.get(own, 0) + size
        sums[weight.trainable] += size
    state = optimizer_variables(effective(optimizer, dtype), _trainables(found))
    return VariablesBytes(
        trainable=sums[True],
        non_trainable=sums[False],
        by_dtype=by_dtype,
        optimizer=sum(variable.bytes for variable in state),
        metrics=MEAN_BYTES * means(len(graph.outputs)),
        seed_generators=SEED_BYTES * seed_generators(graph.rows),
    )


def trainables(graph: Graph, dtype: str) -> tuple[Trainable, ...]:
    """The weights that an optimizer updates, in run order, with the paths that they have in Keras.

    A path is the layer's name and the weight's, as in the Keras model that ``to_keras`` builds: it says
    nothing of the model that a layer stands in, and leaves out the parts that Keras has inside of a layer
    (the cell of an LSTM, the projections of an attention, the layer in a wrapper); the weight of a
    LayerScale, which Keras numbers, is ``gamma``.
    """
    return _trainables(weights(graph, dtype))


def _trainables(found: Iterable[Held]) -> tuple[Trainable, ...]:
    return tuple(
        Trainable(layer, weight.name, weight.shape, own) for layer, weight, own in found if weight.trainable
    )


def weights(graph: Graph, dtype: str) -> Iterator[Held]:
    """Each weight of the graph under this policy."""
    names = dict(_names(graph.rows))
    for index, node in enumerate(graph.nodes):
        if node.weights:
            name = names[index].replace("/", "_")
            for weight, own in zip(node.weights, _dtypes(node, dtype), strict=True):
                yield name, weight, own


def _dtypes(node: Node, dtype: str) -> tuple[str, ...]:
    return node.layer.variable_dtypes(node.weights, node.dtype or dtype)


def _names(rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """The nodes, each with the name of the layer that it is a part of."""
    for row in rows:
        if row.is_model:
            yield from _names(row.parts)
        else:
            yield from ((node, row.name) for node in row.nodes)


def means(outputs: int) -> int:
    """How many means of losses a compiled model keeps: the loss, and with several outputs each one's."""
    return 1 if outputs == 1 else 1 + outputs


def seed_generators(rows: Iterable[Row]) -> int:
    """How many random generators the layers have."""
    return sum(seed_generators(row.parts) if row.is_model else row.layer.seed_generators for row in rows)
