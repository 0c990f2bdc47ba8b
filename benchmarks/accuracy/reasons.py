"""Why rows of the ledger miss, as far as it is known; docs/memory.md explains the mechanisms."""

from __future__ import annotations

from benchmarks.accuracy.ledger import Entry

ANOTHER_ORDER = "measured too: in this row another order came more often"
UNEXPLAINED = "not explained"

REASONS = {
    "ds_cnn": "scratch of oneDNN's first convolution, 438,320 bytes, is not modelled",
    "inference, mixed_float16": "traced: some weights are converted to 16 bits late; planned are all first",
    "gradients accumulated": "all gradients are held until the last is there, which is not modelled",
    "lenet5, own size, batch 512, momentum": "the second convolution is put off in every compilation",
    "random-16,": "the layer next to the loss is put off in most compilations",
    "random-43,": "the layer next to the loss is put off in most compilations",
}
"""By a part of the row's name; the first that fits counts."""


def reason(entry: Entry) -> str:
    """Why the estimate is not the most frequent measured value."""
    if entry.estimate is None:
        return entry.reason
    if entry.estimate.step_bytes in entry.measured:
        return ANOTHER_ORDER
    return next((text for part, text in REASONS.items() if part in entry.row.id), UNEXPLAINED)
