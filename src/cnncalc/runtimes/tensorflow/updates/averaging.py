"""Optimizers with moving averages of the gradient and of its square: the kin of Adam.

Each rule has the operations of one ``update_step`` in the order in which Grappler leaves them.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.ops import Value
from cnncalc.runtimes.tensorflow.updates.update import Update


def moments(update: Update) -> None:
    """The two averages: m += (g - m) c, v += (g^2 - v) c, in place."""
    tape, gradient = update.tape, update.gradient
    first = tape.binary("Sub", update.dense(gradient), update.read("momentum"))
    square = update.dense(tape.unary("Square", gradient))
    second = tape.binary("Sub", square, update.read("velocity"))
    first, second = update.scaled(first), update.scaled(second)
    update.add("momentum", first)
    update.add("velocity", second)


def adam(update: Update) -> None:
    """m alpha / (sqrt(v) + epsilon) (adam.py, adamw.py)."""
    moments(update)
    velocity = "velocity"
    if "velocity_hat" in update.slots:
        largest = update.tape.binary("Maximum", update.read("velocity_hat"), update.read("velocity"))
        update.assign("velocity_hat", largest)
        velocity = "velocity_hat"
    _moved(update, velocity)


def _moved(update: Update, velocity: str) -> None:
    tape = update.tape
    numerator = update.by_rate(update.read("momentum"))
    denominator = update.shifted(tape.unary("Sqrt", update.read(velocity)))
    update.step(tape.binary("RealDiv", numerator, denominator))


def adamax(update: Update) -> None:
    """adamax.py: the second average is the largest, in a new buffer."""
    tape, gradient = update.tape, update.gradient
    size = tape.unary("Abs", gradient)
    kept = update.scaled(update.read("norm"))
    first = tape.binary("Sub", gradient, update.read("momentum"))
    largest = tape.binary("Maximum", kept, size)
    first = update.scaled(first)
    update.assign("norm", largest)
    update.add("momentum", first)
    denominator = update.shifted(update.read("norm"))
    numerator = update.by_rate(update.read("momentum"))
    update.step(tape.binary("RealDiv", numerator, update.scaled(denominator)))


def nadam(update: Update) -> None:
    """nadam.py: the numerator has a part of the momentum and a part of the gradient."""
    tape = update.tape
    moments(update)
    denominator = update.shifted(tape.unary("Sqrt", update.scaled(update.read("velocity"))))
    ahead = update.scaled(update.read("momentum"))
    now = update.scaled(update.gradient)
    numerator = update.by_rate(tape.binary("AddV2", update.scaled(ahead), update.scaled(now)))
    update.step(tape.binary("RealDiv", numerator, denominator))


def lamb(update: Update) -> None:
    """lamb.py: Adam's step, scaled by the norms of the weight and of the step."""
    tape = update.tape
    weight = update.total("Sum", tape.unary("Square", update.read_weight()))
    moments(update)
    numerator = update.scaled(update.read("momentum"))
    denominator = update.shifted(tape.unary("Sqrt", update.scaled(update.read("velocity"))))
    step = tape.binary("RealDiv", numerator, denominator)
    norm = update.total("Sum", tape.unary("Square", step))
    update.step(update.by(step, weight, norm))


def schedule_free(update: Update) -> None:
    """schedule_free_adamw.py: the weight is a mixture of its own average and of ``momentum``, an iterate."""
    tape, gradient = update.tape, update.gradient
    square = tape.unary("Square", gradient)
    numerator = update.by_rate(gradient)
    second = update.scaled(tape.binary("Sub", square, update.read("velocity")))
    update.add("velocity", second)
    denominator = update.shifted(tape.unary("Sqrt", update.scaled(update.read("velocity"))))
    update.add("momentum", tape.binary("RealDiv", numerator, denominator))
    old, mixed, new = (_scaled_momentum(update) for _ in range(3))
    average = update.scaled(tape.binary("Sub", update.read_weight(), old))
    average = update.scaled(tape.binary("AddV2", average, mixed))
    tape.write("Assign", update.weight, tape.binary("AddV2", new, average))


def _scaled_momentum(update: Update) -> Value:
    return update.scaled(update.read("momentum"))


RULES = {
    "Adam": adam,
    "AdamW": adam,
    "Adamax": adamax,
    "Nadam": nadam,
    "Lamb": lamb,
    "ScheduleFreeAdamW": schedule_free,
}
