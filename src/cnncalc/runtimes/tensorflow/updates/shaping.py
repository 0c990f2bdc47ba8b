"""Optimizers that see a weight as a matrix: Adafactor's means of rows and columns, Muon's orthogonal step."""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.updates.averaging import adam
from cnncalc.runtimes.tensorflow.updates.update import Update


def adafactor(update: Update) -> None:
    """adafactor.py: the average of the squares is the product of its means over rows and over columns."""
    tape, gradient = update.tape, update.gradient
    square = update.shifted(tape.unary("Square", gradient))
    size = update.total("Mean", tape.unary("Square", update.read_weight()))
    update.assign(
        "velocity", _factors(update, square) if "rows" in update.slots else _average(update, square)
    )
    step = tape.binary("Mul", tape.unary("Rsqrt", update.read("velocity")), gradient)
    mean = update.total("Mean", tape.unary("Square", step))
    update.step(update.by(update.by(step, mean, kind="RealDiv"), size))


def _average(update: Update, square: Value) -> Value:
    return update.tape.binary("AddV2", update.scaled(update.read("velocity")), update.scaled(square))


def _factors(update: Update, square: Value) -> Value:
    """The two small averages, and their product in the weight's shape."""
    tape, shape = update.tape, square.shape
    for name, axis in (("columns", -2), ("rows", -1)):
        mean = update.scaled(tape.reduce("Mean", square, [axis]))
        update.assign(name, tape.binary("AddV2", update.scaled(update.read(name)), mean))
    columns = tape.view(update.read("columns"), (*shape[:-2], 1, shape[-1]))
    mean = tape.reduce("Mean", update.read("rows"), [-1], keep=True)
    rows = tape.view(tape.binary("RealDiv", update.read("rows"), mean), (*shape[:-1], 1))
    return tape.binary("Mul", rows, columns)


def muon(update: Update) -> None:
    """muon.py: matrices are made nearly orthogonal, other weights are left to Adam."""
    if "velocity" in update.slots:
        adam(update)
        return
    tape, gradient = update.tape, update.gradient
    update.add("momentum", tape.binary("AddV2", gradient, update.scaled(update.read("momentum"))))
    step = update.read("momentum")
    if update.option("nesterov"):
        step = tape.binary("AddV2", gradient, update.scaled(step))
    update.step(update.scaled(_orthogonal(update, step)))


def _orthogonal(update: Update, x: Value) -> Value:
    """zeropower_via_newtonschulz5: on the lying matrix, ``ns_steps`` times three products."""
    tape = update.tape
    rows, columns = x.shape
    stands = rows > columns
    if stands:
        x = tape.op("Transpose", (x,), (columns, rows))
    x = update.by(x, update.total("Sum", tape.unary("Square", x)), kind="RealDiv")
    for _ in range(update.option("ns_steps")):
        x = _newton_schulz(update, x)
    return tape.op("Transpose", (x,), (rows, columns)) if stands else x


def _newton_schulz(update: Update, x: Value) -> Value:
    """a x + (b A + c A A) x, A = x x^T."""
    tape, side = update.tape, min(x.shape)
    square = tape.op("MatMul", (x, x), (side, side))
    kept = update.scaled(x)
    left, right = update.scaled(square), update.scaled(square)
    fourth = tape.op("MatMul", (left, square), (side, side))
    product = tape.op("MatMul", (tape.binary("AddV2", fourth, right), x), x.shape)
    return tape.binary("AddV2", product, kept)


RULES = {"Adafactor": adafactor, "Muon": muon}
