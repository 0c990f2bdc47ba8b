"""Augmentation of images: when predicting the image as it is, in training nothing that can be said.

Source: keras/src/layers/preprocessing/image_preprocessing/*.py.
"""

from __future__ import annotations

from cnncalc.runtimes.tensorflow.layers.call import Call, Rule
from cnncalc.runtimes.tensorflow.ops import Value

KINDS = (
    *("RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomShear", "RandomPerspective"),
    *("RandomElasticTransform", "RandomErasing", "RandomGaussianBlur", "CutMix", "MixUp", "RandomBrightness"),
    *(
        "RandomContrast",
        "Solarization",
        "RandomSaturation",
        "RandomHue",
        "RandomSharpness",
        "RandomColorDegeneration",
    ),
    *("RandomColorJitter", "RandomGrayscale", "RandomInvert", "RandAugment", "AugMix"),
)


def _passing(call: Call) -> Value:
    if call.training:
        raise NotImplementedError("augmentation of images in training")
    return call.inputs[0]


RULES: dict[str, Rule] = dict.fromkeys(KINDS, _passing)
