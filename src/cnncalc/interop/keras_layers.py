"""Keras layers for the kinds that Keras has not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cnncalc.errors import CnncalcError


@cache
def local_response_normalization() -> Any:
    """The Keras class for :class:`cnncalc.layers.LocalResponseNormalization`; needs Keras on TensorFlow.

    The class is registered as ``cnncalc>LocalResponseNormalization``: a model that holds it can be
    saved, and loaded once this function has been called.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise CnncalcError("LocalResponseNormalization is an operation of TensorFlow; Keras on JAX has none.")
    import tensorflow as tf

    @keras.saving.register_keras_serializable(package="cnncalc")
    class LocalResponseNormalization(keras.layers.Layer):  # type: ignore[misc]
        def __init__(
            self,
            depth_radius: int = 5,
            bias: float = 1.0,
            alpha: float = 1.0,
            beta: float = 0.5,
            **common: Any,
        ) -> None:
            super().__init__(**common)
            self.numbers = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}
            self.input_spec = keras.InputSpec(ndim=4)

        def call(self, inputs: Any) -> Any:
            return tf.nn.local_response_normalization(inputs, **self.numbers)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), **self.numbers}

    return LocalResponseNormalization


OWN: dict[str, Callable[[], Any]] = {"LocalResponseNormalization": local_response_normalization}
"""The kinds that Keras has no layer for, and what makes one."""
