"""The steps that are compiled: a prediction and a training step of a Keras model, as functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def prediction(model: Any) -> Callable[..., Any]:
    """Keras's stateless call: the outputs of variables and images."""

    def step(trainable: Any, fixed: Any, inputs: Any) -> Any:
        return model.stateless_call(trainable, fixed, plain(inputs), training=False)[0]

    return step


def training(keras: Any, model: Any, loss: Any) -> Callable[..., Any]:
    """The loss with its gradients, and the update of a compiled model's optimizer.

    ``loss`` is taken for each output, and what the layers add (regularizers) is added. Metrics are left out.
    """
    import jax

    optimizer = model.optimizer

    def scaled_loss(trainable: Any, fixed: Any, slots: Any, inputs: Any, targets: Any) -> Any:
        found, fixed, added = model.stateless_call(
            trainable, fixed, plain(inputs), training=True, return_losses=True
        )
        outputs = found if isinstance(found, (list, tuple)) else [found]
        total = sum(map(loss, targets, outputs), start=sum(added))
        with keras.StatelessScope(list(zip(optimizer.variables, slots, strict=True))):
            return optimizer.scale_loss(total), (total, fixed)

    def step(trainable: Any, fixed: Any, slots: Any, inputs: Any, targets: Any) -> Any:
        (_, (total, fixed)), gradients = jax.value_and_grad(scaled_loss, has_aux=True)(
            trainable, fixed, slots, inputs, targets
        )
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
        return total, trainable, fixed, slots

    return step


def plain(tensors: list[Any]) -> Any:
    """One tensor by itself, several as a list: as Keras takes them."""
    return tensors[0] if len(tensors) == 1 else tensors
