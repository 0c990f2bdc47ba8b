"""The least memory that a run without waste needs, in the model's order or another.

Prediction: the parameters, and the values that are still to be read. An image is loaded when it is
first read; every value is released after its last reader; what the model gives stays. A view is no
memory of its own. Where ``Facts`` allow it, an output is written over an input of its size that no
one reads any more; never over the images, which are the user's.

Training: the parameters and the optimizer's slots throughout. Forward as above, but what backward
reads again (``Facts.kept``) stays, once however many keep it, and is not written over. Then the
loss: its gradient is written over an output that is not kept. Backward in reverse: the gradients of
a layer's weights, of its inputs, then the update in place; a gradient of weights lives from its first
part to the update, which waits until the gradients of the inputs have read the weights. Those of
more than twice the size of what they are made of, as of dense layers on small batches, are made after
all others where that takes less. A value's gradient is added up in place. It is the output's where the
layer adds or reshapes, a piece of it where the layer joins, and written over it where the layer works
value by value; else it is new. Images have none, frozen layers none of their weights, and below the
first trained layer nothing is kept.

Assumed besides:

* every layer is run, also one that does nothing in prediction (a dropout of the images is a copy of them)
  and one of two that do the same;
* no layer needs working memory, and nothing is computed twice (that is checkpointing);
* what is kept is kept as it is: a ReLU's output, not the bit that its gradient needs;
* tensors joined are copied once; gradients of weights are dense, an embedding's too;
* a layer that is differentiated keeps all that it lists, also where one of its inputs is frozen;
* targets, metrics and the loss itself take nothing beside the gradient of the outputs.

In prediction each order has one least memory within these rules, and this is it. In training it is the
better of two schedules of the gradients of weights, at once or put off; others are not tried.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.graph import Graph
from cnncalc.memory.backward import Backward
from cnncalc.memory.forward import Forward, runs_in
from cnncalc.memory.learning import Learning
from cnncalc.memory.plan import Plan
from cnncalc.memory.replay import replay
from cnncalc.memory.sizes import Sizes, started
from cnncalc.tensors import Policy


def prediction(
    graph: Graph, batch_size: int, default_policy: Policy, order: Sequence[int] | None = None
) -> Plan:
    """The plan of one prediction on a batch of ``batch_size``, nodes in the order given.

    Raises CnncalcError for an order that does not hold each node once, behind what it reads.
    """
    sizes = Sizes(graph, batch_size, default_policy)
    draft = started(sizes)
    forward = Forward(sizes, draft)
    for index in runs_in(order, graph):
        forward.run(index)
    return draft.done()


def training(
    graph: Graph,
    batch_size: int,
    default_policy: Policy,
    slot_bytes: int = 0,
    order: Sequence[int] | None = None,
) -> Plan:
    """The plan of one training step on a batch of ``batch_size``: forward, loss, backward and update.

    ``slot_bytes`` are those of all of the optimizer's slots. Backward runs in the reverse of the
    order. Raises CnncalcError as :func:`prediction` does.
    """
    sizes, order = Sizes(graph, batch_size, default_policy), runs_in(order, graph)
    learning = Learning(sizes, order)
    forward = Forward(sizes, started(sizes, slot_bytes), learning.kept)
    for index in order:
        forward.run(index)
    at_once = Backward(forward, learning)
    plan = at_once.plan(order)
    if not at_once.heavy:
        return plan
    put_off = Backward(forward, learning, put_off=True).plan(order)
    return min(plan, put_off, key=lambda one: replay(one).peak.bytes)
