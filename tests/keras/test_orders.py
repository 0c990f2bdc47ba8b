"""TensorFlow keeps to an order that control dependencies ask for: measured live."""

from __future__ import annotations

import cnncalc
from benchmarks.accuracy.orders import best_waits, layers_in, measured, predicted, worst_waits
from cnncalc.layers import Concatenate, Conv2D

BATCH = 8


def branches() -> cnncalc.Model:
    """Three branches that widen and then narrow, on images of 64 x 64."""

    def conv(name: str, filters: int, inputs: str) -> Conv2D:
        return Conv2D(filters=filters, kernel_size=3, padding="same", name=name, inputs=inputs)

    stem = conv("stem", 4, "input")
    wide = [conv(f"wide{n}", 16 * n, "stem") for n in (1, 2, 3)]
    thin = [conv(f"thin{n}", 2 * n, f"wide{n}") for n in (1, 2, 3)]
    end = Concatenate(inputs=("thin1", "thin2", "thin3"))
    return cnncalc.Model(input=(64, 64, 3), layers=[stem, *wide, *thin, end])


def test_the_runtime_keeps_to_the_best_and_to_the_worst_order() -> None:
    model = branches()
    estimate = cnncalc.estimate(model, inference_batch_size=BATCH)
    best, worst = estimate.orders.best, estimate.orders.worst
    channel = 8 * 64 * 64 * 4  # bytes of one, in the whole batch
    least = channel * (4 + 48 + 6)  # stem, wide3 and thin3: the widest is first, and done before the next
    most = channel * (16 + 32 + 48 + 6)  # all are wide before the widest becomes thin; the stem is gone
    assert (predicted(model, BATCH, "best"), predicted(model, BATCH, "worst")) == (least, most)
    assert measured(model, BATCH, layers_in(model, best), best_waits(estimate)) == least
    assert measured(model, BATCH, layers_in(model, worst), worst_waits(estimate)) == most
