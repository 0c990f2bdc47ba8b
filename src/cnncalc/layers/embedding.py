"""Look-up tables: a learned vector for each whole number.

Source: keras/src/layers/core/embedding.py (Keras 3.15). LoRA and quantised tables have no rule here:
``lora_rank`` is refused as an unknown setting; ``quantization_config`` changes nothing by itself.
"""

from typing import ClassVar

from cnncalc.layers.base import Layer, weight_settings
from cnncalc.layers.facts import INPUT_FOR_WEIGHTS, Facts, Window
from cnncalc.tensors import Shape, Weight
from cnncalc.validation import Size


class Embedding(Layer):
    """Each whole number becomes its row of a table.

    Input any shape, each value a whole number below ``input_dim``; output the same with an axis of
    ``output_dim`` behind. Nothing is counted: a row is looked up, not multiplied; nor is the mask
    that ``mask_zero`` makes. Backward keeps the input. Source: ``keras.layers.Embedding``.

    >>> facts = Embedding(input_dim=1000, output_dim=64).facts((10,))
    >>> facts.output, facts.weights
    ((10, 64), (Weight(name='embeddings', shape=(1000, 64), trainable=True),))
    """

    without_effect: ClassVar[frozenset[str]] = weight_settings("embeddings") | {
        "input_length",  # of Keras 2, which Keras 3 takes and drops
        "quantization_config",
    }

    input_dim: Size
    output_dim: Size
    mask_zero: bool = False

    def facts(self, *shapes: Shape) -> Facts:
        (shape,) = shapes
        table = Weight("embeddings", (self.input_dim, self.output_dim))
        reads = tuple(map(Window, range(len(shape))))
        return Facts((*shape, self.output_dim), (table,), reads=reads, kept=INPUT_FOR_WEIGHTS)

    def describe(self, *shapes: Shape) -> str:
        return f"looks up rows of {self.output_dim} values in a table of {self.input_dim}"
