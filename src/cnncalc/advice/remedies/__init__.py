"""The remedies: one per file, each a function from a question to what may be changed.

The catalogue is in the order of what they cost, the cheapest first. Those that change no result: a smaller
batch with its gradients added up, another order of branches, layers that run twice. Then those that change
how the network is trained: its types, its optimizer, which layers learn. Then more hardware. Last those that
make another network of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnncalc.advice.question import Question, Remedy
from cnncalc.advice.remedies.batch import smaller_batch
from cnncalc.advice.remedies.checkpoint import segments_run_again
from cnncalc.advice.remedies.devices import more_devices
from cnncalc.advice.remedies.float16 import half_precision
from cnncalc.advice.remedies.freeze import frozen_layers
from cnncalc.advice.remedies.image_size import smaller_images
from cnncalc.advice.remedies.optimizer import lighter_optimizer
from cnncalc.advice.remedies.order import better_order
from cnncalc.advice.remedies.pooling import max_pooling
from cnncalc.advice.remedies.remove_layer import fewer_layers
from cnncalc.advice.remedies.separable import separable_convolution
from cnncalc.advice.remedies.stride import larger_stride

CATALOGUE: dict[str, Callable[[Question], Iterator[Remedy]]] = {
    "batch": smaller_batch,
    "order": better_order,
    "checkpoint": segments_run_again,
    "float16": half_precision,
    "optimizer": lighter_optimizer,
    "freeze": frozen_layers,
    "devices": more_devices,
    "image-size": smaller_images,
    "stride": larger_stride,
    "pooling": max_pooling,
    "separable": separable_convolution,
    "remove-layer": fewer_layers,
}
"""Every kind with its function, the cheapest first."""
