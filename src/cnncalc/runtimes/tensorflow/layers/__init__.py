"""Layer kinds as the operations that Keras's ``call`` makes of them on TensorFlow: one rule per kind.

``RULES`` is put together from the families, each in a file of its own. A kind without a rule has no
figure: the planner says which.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers import (
    activating,
    adaptive,
    arranging,
    attending,
    augmenting,
    convolving,
    embedding,
    merging,
    normalizing,
    operating,
    pooling,
    regularizing,
    reshaping,
    wrapping,
)
from cnncalc.runtimes.tensorflow.layers.call import Rule

RULES: dict[str, Rule] = {
    **activating.RULES,
    **adaptive.RULES,
    **arranging.RULES,
    **attending.RULES,
    **augmenting.RULES,
    **convolving.RULES,
    **embedding.RULES,
    **merging.RULES,
    **normalizing.RULES,
    **operating.RULES,
    **pooling.RULES,
    **regularizing.RULES,
    **reshaping.RULES,
}
RULES.update(wrapping.wrappers(RULES))
