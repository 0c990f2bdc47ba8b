"""What a rule is given: the tape, the layer with its facts, the tensors, and its weights to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.graph import Node
from cnncalc.runtimes.tensorflow.ops import Value, Variable
from cnncalc.runtimes.tensorflow.tape import Tape


class Call:
    """One call of a layer. ``item``: bytes of a value in the type that it computes in."""

    __slots__ = ("batch", "frozen", "inputs", "item", "layer", "node", "tape", "variables")

    def __init__(
        self,
        tape: Tape,
        node: Node,
        inputs: tuple[Value, ...],
        variables: dict[str, Variable],
        item: int,
        batch: int,
    ) -> None:
        self.tape = tape
        self.node = node
        self.layer: Any = node.layer  # each rule knows the kind that it is for
        self.inputs = inputs
        self.variables = variables
        self.item = item
        self.batch = batch
        trained = any(variable.trainable for variable in variables.values())
        self.frozen = not node.layer.trainable or (bool(variables) and not trained)

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape, with the batch."""
        return (self.batch, *self.node.facts.output)

    @property
    def training(self) -> bool:
        """Whether the step trains; the layer itself may be frozen."""
        return self.tape.training

    def has(self, weight: str) -> bool:
        return weight in self.variables

    def weight(self, name: str, item: int = 0) -> Value:
        """A read of the weight, in the type that the layer computes in, or in one of ``item`` bytes."""
        return self.tape.cast(self.tape.read(self.variables[name]), item or self.item)

    def has_numbered(self, name: str, number: int) -> bool:
        """Whether there are more than ``number`` weights of that name."""
        return number < sum(weight.name == name for weight in self.node.facts.weights)

    def numbered(self, name: str, number: int) -> Value:
        """A read of one of several weights of the same name, kept beside the others for later calls."""
        key = f"{name} {number}"
        if key not in self.variables:
            found = [weight for weight in self.node.weights if weight.name == name][number]
            size = self.variables[name].item
            self.variables[key] = Variable(
                self.node.owner, "parameters", found.shape, size, found.trainable, name
            )
        return self.weight(key)


Rule = Callable[[Call], Value]
