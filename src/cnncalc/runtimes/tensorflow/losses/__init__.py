"""Losses as operations: what is added behind the last layer, and the gradient with which backward begins.

Sources: keras/src/losses/losses.py and keras/src/backend/tensorflow/nn.py (categorical_crossentropy, ...),
with what Grappler leaves of them. A loss is a mean, so the gradient of each of its values is a constant, and
so is what follows from that alone: it costs the step nothing up to the size to which constants are folded.
Under a LossScaleOptimizer it is not constant.

``comparing`` has the losses that compare value by value, ``classifying`` those of probabilities and logits,
``overlapping`` those of whole sets.
"""

from cnncalc.runtimes.tensorflow.losses.call import UnknownLoss
from cnncalc.runtimes.tensorflow.losses.reducing import GRADIENTS, SPARSE, gradients

__all__ = ["GRADIENTS", "SPARSE", "UnknownLoss", "gradients"]
