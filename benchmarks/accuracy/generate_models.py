"""Writes ``models/``: those models of keras.applications that are not in the zoo, over images of 96 pixels.

Needs TensorFlow: ``python -m benchmarks.accuracy.generate_models``.
"""

from __future__ import annotations

import cnncalc
from benchmarks.accuracy.rows import MODELS
from cnncalc.interop.converting import convert

PIXELS = 96
APPLICATIONS = {
    "convnext_small": "ConvNeXtSmall",
    "convnext_base": "ConvNeXtBase",
    "convnext_large": "ConvNeXtLarge",
    "convnext_xlarge": "ConvNeXtXLarge",
    "efficientnet_v2_b0": "EfficientNetV2B0",
    "efficientnet_v2_b1": "EfficientNetV2B1",
    "efficientnet_v2_b2": "EfficientNetV2B2",
    "efficientnet_v2_b3": "EfficientNetV2B3",
    "efficientnet_v2_s": "EfficientNetV2S",
    "efficientnet_v2_m": "EfficientNetV2M",
    "efficientnet_v2_l": "EfficientNetV2L",
    "inception_resnet_v2": "InceptionResNetV2",
    "nasnet_mobile": "NASNetMobile",
    "nasnet_large": "NASNetLarge",
}
"""File and name in Keras."""


def main() -> None:
    import keras

    MODELS.mkdir(exist_ok=True)
    for name, application in APPLICATIONS.items():
        built = getattr(keras.applications, application)(weights=None, input_shape=(PIXELS, PIXELS, 3))
        convert(cnncalc.from_keras(built), str(MODELS / f"{name}.yaml"))
        keras.backend.clear_session()
        print(name, flush=True)


if __name__ == "__main__":
    main()
