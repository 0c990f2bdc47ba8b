"""Optimizers whose step is the gradient, or its momentum, scaled value by value.

Each rule has the operations of one ``update_step`` in the order in which Grappler leaves them.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.updates.update import UnknownOptimizer, Update


def sgd(update: Update) -> None:
    """sgd.py, with the momentum in a new buffer each step."""
    tape = update.tape
    step = update.by_rate(update.gradient)
    if "momentum" not in update.slots:
        (update.scatter if update.is_sparse else update.step)(step)
        return
    step = update.dense(step)
    kept = update.scaled(update.read("momentum"))
    update.assign("momentum", tape.binary("Sub", kept, step))
    if not update.option("nesterov"):
        update.step(update.read("momentum"))
        return
    ahead = update.scaled(update.read("momentum"))
    update.step(tape.binary("Sub", ahead, step))


def rmsprop(update: Update) -> None:
    """rmsprop.py: a new average of the squares (and of the gradients, where centered) in each step."""
    tape, gradient = update.tape, update.gradient
    centered, moving = "average_gradient" in update.slots, "momentum" in update.slots
    if centered or moving:
        step = update.by_rate(gradient)
        share = update.scaled(gradient) if centered else None
        square = tape.unary("Square", gradient)
    else:
        share, square = None, tape.unary("Square", gradient)
        step = update.by_rate(gradient)
    momentum = update.scaled(update.read("momentum")) if moving else None
    if share:
        mean = tape.binary("AddV2", update.scaled(update.read("average_gradient")), share)
        update.assign("average_gradient", mean)
    kept = update.scaled(update.read("velocity"))
    update.assign("velocity", tape.binary("AddV2", kept, update.scaled(square)))
    denominator = update.read("velocity")
    if centered:
        denominator = tape.binary("Sub", denominator, tape.unary("Square", update.read("average_gradient")))
    step = tape.binary("Mul", step, tape.unary("Rsqrt", update.shifted(denominator)))
    if not momentum:
        update.step(step)
        return
    update.assign("momentum", tape.binary("AddV2", momentum, step))
    update.step(update.read("momentum"))


def adagrad(update: Update) -> None:
    """adagrad.py: the squares add up in place."""
    tape, gradient = update.tape, update.gradient
    step = update.by_rate(gradient)
    update.add("accumulator", tape.unary("Square", gradient))
    inverse = tape.unary("Rsqrt", update.shifted(update.read("accumulator")))
    update.step(tape.binary("Mul", step, inverse))


def adadelta(update: Update) -> None:
    """adadelta.py: an average of the squared gradients and one of the squared steps."""
    tape, gradient = update.tape, update.gradient
    root = tape.unary("Sqrt", update.shifted(update.read("accumulated_delta_var")))
    kept_steps = update.scaled(update.read("accumulated_delta_var"))
    product = tape.binary("Mul", root, gradient)
    square = update.scaled(tape.unary("Square", gradient))
    kept = update.scaled(update.read("accumulated_grad"))
    update.assign("accumulated_grad", tape.binary("AddV2", kept, square))
    inverse = tape.unary("Rsqrt", update.shifted(update.read("accumulated_grad")))
    step = tape.unary("Neg", tape.binary("Mul", product, inverse))
    squared = tape.unary("Square", step)
    update.step(update.by_rate(step))
    update.assign("accumulated_delta_var", tape.binary("AddV2", kept_steps, update.scaled(squared)))


def ftrl(update: Update) -> None:
    """ftrl.py. ``Pow`` stands for the roots and powers that ``learning_rate_power`` makes."""
    tape, gradient = update.tape, update.gradient
    if update.option("learning_rate_power") in (0, -1):
        raise UnknownOptimizer("Ftrl with a learning_rate_power of 0 or -1, where Grappler drops the powers")
    square = tape.unary("Square", gradient)
    shrunk = update.scaled(update.read_weight())
    new = tape.binary("AddV2", update.read("accumulator"), square)
    old_root = tape.unary("Sqrt", update.read("accumulator"))
    shrunk = tape.binary("AddV2", shrunk, gradient)
    root = tape.unary("Sqrt", new)
    update.assign("accumulator", new)
    difference = tape.binary("Sub", root, old_root)
    quadratic = update.shifted(update.by_rate(root, "RealDiv"))
    sigma = tape.binary("Mul", update.read_weight(), update.by_rate(difference, "RealDiv"))
    update.add("linear", tape.binary("Sub", shrunk, sigma))
    clipped = tape.unary("MaximumConstant", tape.unary("MinimumConstant", update.read("linear")))
    clipped = tape.binary("Sub", clipped, update.read("linear"))
    tape.write("Assign", update.weight, tape.binary("RealDiv", clipped, quadratic))


def lion(update: Update) -> None:
    """lion.py: the sign of a mixture of momentum and gradient; the new momentum is another mixture."""
    tape, gradient = update.tape, update.gradient
    now, later = update.scaled(gradient), update.scaled(gradient)
    kept, kept_later = update.scaled(update.read("momentum")), update.scaled(update.read("momentum"))
    mixed = tape.binary("AddV2", kept, now)
    moved = tape.binary("AddV2", kept_later, later)
    step = tape.unary("Sign", mixed)
    update.assign("momentum", moved)
    update.step(update.by_rate(step))


RULES = {
    "SGD": sgd,
    "RMSprop": rmsprop,
    "Adagrad": adagrad,
    "Adadelta": adadelta,
    "Ftrl": ftrl,
    "Lion": lion,
}
