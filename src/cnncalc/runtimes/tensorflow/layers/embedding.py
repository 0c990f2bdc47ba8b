"""Look-up tables and masks over positions.

Sources: keras/src/layers/core/embedding.py, masking.py, keras/src/backend/tensorflow/numpy.py (take).
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.layers.selecting import select
from cnncalc.runtimes.tensorflow.ops import Value, Variable


def _embedding(call: Call) -> Value:
    """Whole numbers, of which negative ones count from the end, and the rows gathered."""
    (x,), tape = call.inputs, call.tape
    if call.training and not call.frozen:
        _require_one_look_up(call, call.variables["embeddings"])
    numbers = tape.op("Cast", (x,), x.shape, 4)
    negative = tape.op("Greater", (numbers,), x.shape, 1)
    fixed = select(tape, negative, tape.unary("Shift", numbers), numbers)
    return tape.op("Lookup", (fixed, call.weight("embeddings")), call.shape, call.item)


def _require_one_look_up(call: Call, table: Variable) -> None:
    """Rows of two look-ups would be joined, and those of another type made dense."""
    if call.item != table.item:
        raise NotImplementedError("the gradient of a table in another type than its own")
    if id(table) in call.tape.reads:
        raise NotImplementedError("the gradient of a table that is looked up twice")


def _masking(call: Call) -> Value:
    """A bool for each value, then for each vector, by which vectors are kept or set to 0."""
    (x,), tape = call.inputs, call.tape
    differs = tape.op("Greater", (x,), x.shape, 1)
    return select(tape, tape.reduce("Any", differs, [-1], keep=True), x)


RULES: dict[str, Rule] = {"Embedding": _embedding, "Masking": _masking}
