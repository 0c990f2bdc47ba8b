"""Optimizers as operations: what each adds to a step, once the gradients are there.

Sources: keras/src/optimizers/*.py and keras/src/backend/tensorflow/optimizer.py, with what Grappler leaves of
them: scalars are multiplied first, a division by a square root is a product with ``Rsqrt``, a product
with itself a
square. Scalars (step counter, powers of the betas) are left out, but for the learning rate.

``update`` holds what one weight's rule is given, ``averaging``, ``scaling`` and ``shaping`` the rules,
``applying`` what
goes around them: clipping, weight decay, moving averages, accumulation, optimizers that wrap others.
"""

from cnncalc.runtimes.tensorflow.updates.applying import updated
from cnncalc.runtimes.tensorflow.updates.update import UnknownOptimizer

__all__ = ["UnknownOptimizer", "updated"]
