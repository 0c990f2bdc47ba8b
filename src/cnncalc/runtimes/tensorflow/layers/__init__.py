"""Layer kinds as the operations that Keras's ``call`` makes of them on TensorFlow: one rule per kind.

``RULES`` is put together from the families, each in a file of its own, which is imported when it is needed. A
kind without a rule has no figure: the planner says which.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.families import Families
from cnncalc.runtimes.tensorflow.layers.call import Rule
from cnncalc.runtimes.tensorflow.layers.wrapping import wrappers

RULES: Families[Rule] = Families(
    __name__,
    "convolving",
    "activating",
    "merging",
    "normalizing",
    "pooling",
    "reshaping",
    "regularizing",
    "operating",
    "arranging",
    "attending",
    "embedding",
    "adaptive",
    "augmenting",
)
RULES.update(wrappers(RULES))
