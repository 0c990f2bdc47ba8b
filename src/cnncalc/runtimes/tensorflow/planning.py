"""The plan of a prediction or a training step, as Keras on TensorFlow runs it on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from cnncalc.errors import NoRuleError
from cnncalc.graph import Graph, Node, Row
from cnncalc.memory.optimizer_state import effective
from cnncalc.memory.plan import Role
from cnncalc.runtimes.tensorflow import gradients as gradient_rules
from cnncalc.runtimes.tensorflow import losses, updates
from cnncalc.runtimes.tensorflow.executor import Ran, run
from cnncalc.runtimes.tensorflow.fusing import fused, gives_up, merged, padding
from cnncalc.runtimes.tensorflow.kernels import fitted
from cnncalc.runtimes.tensorflow.layers import RULES
from cnncalc.runtimes.tensorflow.layers.call import Call
from cnncalc.runtimes.tensorflow.layers.masks import require_none_read
from cnncalc.runtimes.tensorflow.ops import BACKWARD, FORWARD, LOSS, TRACED, Op, Value, Variable
from cnncalc.runtimes.tensorflow.ordering import linked
from cnncalc.runtimes.tensorflow.segments import Segment, Stage
from cnncalc.runtimes.tensorflow.tape import Tape
from cnncalc.settings import Settings
from cnncalc.tensors import INTEGERS, Policy, data_bytes, policy

gradient_rules.GRADIENTS.update(losses.GRADIENTS)

TYPES = frozenset({"float16", "bfloat16", "float32", "float64"})


def inference(graph: Graph, settings: Settings, variables_bytes: int) -> Ran:
    """The plan of one ``predict_on_batch``, beside that many bytes of variables. Raises NoRuleError."""
    made = _Graph(graph, settings, training=False)
    outputs = made.forward()
    made.tape.op("Retval", outputs, ())
    return made.plan((), variables_bytes)


DRAWS = 8
"""Orders of the roots of a prediction that are tried; of a training step the band tells without."""

Stages = Sequence[range]
"""The nodes of a segment that runs again, by the stages between which a single value passes."""


def training(graph: Graph, settings: Settings, variables_bytes: int, segments: Sequence[Stages] = ()) -> Ran:
    """The plan of one ``train_on_batch``, beside that many bytes of variables. Raises NoRuleError."""
    if settings.loss is None:
        raise NoRuleError("no loss to train by.")
    made = _Graph(graph, settings, training=True)
    outputs = made.forward(segments)
    targets = tuple(_target(value, settings) for value in outputs)
    try:
        optimizer = effective(settings.optimizer, settings.dtype)
        scaled = optimizer.name == "LossScaleOptimizer"
        found = losses.gradients(made.tape, settings.loss, outputs, targets, scaled)
        updates.updated(made.tape, optimizer, made.gradients(found))
    except losses.UnknownLoss as error:
        raise NoRuleError(f"no rule for the loss {error}.") from None
    except updates.UnknownOptimizer as error:
        raise NoRuleError(f"no rule for the optimizer {error}.") from None
    except gradient_rules.MissingGradient as error:
        raise NoRuleError(f"{made.named(error.owner)}: no rule for the gradient of {error}.") from None
    return made.plan(targets, variables_bytes)


def _named(node: Node) -> str:
    return f'{node.layer.kind} "{node.owner}"'


def _target(output: Value, settings: Settings) -> Value:
    sparse = settings.loss is not None and settings.loss.name in losses.SPARSE
    return Value(output.shape[:-1] if sparse else output.shape, 4, None)


class _Graph:
    """The operations of a model's forward pass, and its variables."""

    def __init__(self, graph: Graph, settings: Settings, training: bool) -> None:
        self.graph = graph
        self.batch = settings.batch_size if training else settings.inference_batch_size
        self.default = policy(settings.dtype)
        self.tape = Tape(training)
        self.types: set[str] = set()
        self.first = first_calls(graph)
        self.variables: dict[int, dict[str, Variable]] = {}
        self.inputs = tuple(self._input(index) for index in range(len(graph.inputs)))

    def _input(self, index: int) -> Value:
        item = self.graph.inputs[index]
        size = data_bytes(item.dtype) if item.dtype else 4
        return Value((self.batch, *item.shape), size, None)

    def _policy(self, index: int) -> Policy:
        dtype = self.graph.nodes[index].dtype
        return policy(dtype) if dtype else self.default

    def forward(self, segments: Sequence[Stages] = ()) -> tuple[Value, ...]:
        """Append the operations of all layers; the model's outputs."""
        require_none_read(self.graph, self.tape.training)
        values = dict(enumerate(self.inputs))
        for index in range(len(self.graph.nodes)):
            self._run(index, values)
        for stages in segments:
            first, output = self._ends(stages)
            again = partial(self._again, stages, values[first])
            self.tape.segments[values[output]] = Segment(values[first], again)
        return tuple(values[number] for number in self.graph.outputs)

    def _ends(self, stages: Stages) -> tuple[int, int]:
        """The value that a segment reads, and the one that it gives."""
        first = stages[0].start
        return self.graph.value_of(first - 1) if first else 0, self.graph.value_of(stages[-1][-1])

    def _run(self, index: int, values: dict[int, Value]) -> None:
        """Append the operations of a layer, and its output to the values."""
        node = self.graph.nodes[index]
        self.tape.owner = node.owner
        rule = RULES[node.layer.kind]
        if rule is None:
            from cnncalc.runtimes.tensorflow.layers.refused import REFUSED

            reason = REFUSED.get(node.layer.kind)
            raise NoRuleError(f"{_named(node)} has no rule" + (f": {reason}." if reason else "."))
        self._require_rule(index)
        self._require_no_conversion(node)
        item = self._policy(index).compute_bytes
        given = tuple(self.tape.cast(values[number], item) for number in node.inputs)
        call = Call(self.tape, node, given, self._variables(index), item, self.batch)
        try:
            values[self.graph.value_of(index)] = rule(call)
        except NotImplementedError as error:
            raise NoRuleError(f"{_named(node)}: no rule for {error}.") from None

    def _again(self, stages: Stages, entry: Value, gradient: Value) -> list[Stage]:
        """Append the operations of a segment once more, to run when the gradient of its output is there."""
        tape, found = self.tape, []
        number, _ = self._ends(stages)
        tape.second, tape.phase = True, FORWARD
        values = {number: tape.waiting(entry, (gradient.op,) if gradient.op else ())}
        for nodes in stages:
            begin, given = len(tape.ops), values[number]
            for index in nodes:
                self._run(index, values)
            number = self.graph.value_of(nodes[-1])
            found.append(Stage(tuple(tape.ops[begin:]), given, values[number]))
        tape.second, tape.phase = False, BACKWARD
        return found

    def named(self, owner: str) -> str:
        """A layer as messages name it; what is no layer (the loss) by itself."""
        return next((_named(node) for node in self.graph.nodes if node.owner == owner), owner)

    def _require_rule(self, index: int) -> None:
        """Types without a rule, and kernels of other types than float32 that no rule describes."""
        name = self._policy(index).compute
        node = self.graph.nodes[index]
        kind = node.layer.kind
        if name not in TYPES or len({name, *self.types} - {"float32", "float64"}) > 1:
            raise NoRuleError(f"{_named(node)}: no rule for {self._policy(index).name} here.")
        if name in ("float16", "float64") and kind.startswith(("Conv3D", "AveragePooling3D", "MaxPooling3D")):
            message = f"no rule for {name}, which runs other kernels than float32."
            raise NoRuleError(f"{_named(node)}: {message}")
        self.types.add(name)

    def _require_no_conversion(self, node: Node) -> None:
        """An Embedding reads int32 as it is; how others convert whole numbers has no rule."""
        for number in node.inputs:
            item = self.graph.inputs[number] if number < len(self.inputs) else None
            as_it_is = node.layer.kind == "Embedding" and item and item.dtype == "int32"
            if item and item.dtype in INTEGERS and not as_it_is:
                raise NoRuleError(f"{_named(node)}: no rule for an input of {item.dtype}.")

    def _variables(self, index: int) -> dict[str, Variable]:
        """The weights of a node: those of its layer's first call."""
        first = self.first.get(index, index)
        if first not in self.variables:
            node = self.graph.nodes[first]
            size = self._policy(first).variable_bytes
            self.variables[first] = {
                weight.name: Variable(
                    node.owner, "parameters", weight.shape, size, weight.trainable, weight.name
                )
                for weight in node.weights
            }
        return self.variables[first]

    def gradients(self, reads: dict[Op, Value]) -> list[tuple[Variable, Value]]:
        """Each trained variable with its gradient, the sum over its reads, of which the last comes first."""
        found: dict[Variable, list[Value]] = {}
        for op, gradient in reversed(reads.items()):
            if op.variable is not None:
                found.setdefault(op.variable, []).append(gradient)
        return [
            (variable, parts[0] if len(parts) == 1 else self.tape.op("AddN", parts, parts[0].shape))
            for variable, parts in found.items()
        ]

    def plan(self, targets: tuple[Value, ...], variables_bytes: int) -> Ran:
        float16 = "float16" in self.types
        ops = merged(live(self.tape.ops))
        as_created = gives_up(ops, self.tape.unshaped)
        if not as_created:
            ops = fused(ops, self.tape.unshaped, float16)
        ops = padding(ops, float16)
        if self.types != {"float32"}:
            fitted(ops, float16)
        large = _updated(ops)
        small = variables_bytes - sum(variable.bytes for variable in large)
        fixed: list[tuple[str, Role, int]] = [("other variables", "parameters", small)]
        for item, value in zip(self.graph.inputs, self.inputs, strict=True):
            fixed.append((item.name, "inputs", value.bytes))
        fixed += [("targets", "targets", value.bytes) for value in targets]
        ran = run(ops, linked(ops, as_created), large, fixed, 0 if targets else DRAWS)
        self.tape.clear()
        return ran


def _updated(ops: list[Op]) -> list[Variable]:
    """The variables that are updated and counted, in the order in which they are first read or written."""
    used = [(op.variable, op.kind) for op in ops if op.variable and op.variable.bytes >= TRACED]
    updated = {variable for variable, kind in used if kind != "Read"}
    return list(dict.fromkeys(variable for variable, _ in used if variable in updated))


ENDS = frozenset({"Retval", "Assign", "AssignSub"})


def live(ops: list[Op]) -> list[Op]:
    """The operations on which an update, an output or a reported loss depends, their reads counted; the
    others Grappler removes."""
    for op in reversed(ops):
        if op.needed or op.kind in ENDS or op.phase == LOSS:
            op.needed = True
            for value in op.inputs:
                value.reads += 1
                if value.op is not None:
                    value.op.needed = True
            for before in op.after:
                before.needed = True
    return [op for op in ops if op.needed]


def first_calls(graph: Graph) -> dict[int, int]:
    """Nodes of second and later calls of a layer, and the node of its first call, which has the weights."""
    found: dict[int, int] = {}
    for row in graph.rows:
        _first_calls(row, found)
    return found


def _first_calls(row: Row, found: dict[int, int]) -> None:
    if row.is_model:
        for part in row.parts:
            _first_calls(part, found)
        return
    size = len(row.nodes) // row.calls
    for number, node in enumerate(row.nodes[size:]):
        found[node] = row.nodes[number % size]
