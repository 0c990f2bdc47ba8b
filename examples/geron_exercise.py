"""The exercise in Python: three convolutions over RGB images of 200 x 300, solved through the public API."""

from __future__ import annotations

import cnncalc
from cnncalc.layers import Conv2D

MIB = 2**20


def exercise() -> cnncalc.Model:
    """The network: 3 x 3 kernels, stride 2, SAME padding, 100, 200 and 400 feature maps."""
    convolutions = [
        Conv2D(filters=filters, kernel_size=3, strides=2, padding="same") for filters in (100, 200, 400)
    ]
    return cnncalc.Sequential(convolutions, input=(200, 300, 3), name="geron_exercise")


def main() -> None:
    estimate = cnncalc.estimate(exercise(), batch_size=50)
    for layer in estimate.layers:
        size = layer.output_bytes / MIB
        print(f"{layer.name}: output {layer.output_shape}, {layer.parameters:,} parameters, {size:.1f} MiB")
    print(f"parameters: {estimate.parameters:,}")
    print(f"multiply-accumulates, one image: {estimate.macs:,}")

    rule = estimate.memory["textbook"]
    print(f"predicting one image: {in_words(rule.inference.total_bytes)}")
    if rule.training:
        print(f"training on a batch of 50: {in_words(rule.training.total_bytes)}")


def in_words(size: int) -> str:
    return f"{size:,} B = {size / MIB:.1f} MiB"


if __name__ == "__main__":
    main()
