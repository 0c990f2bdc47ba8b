"""Cases of the layers that bring images to a size, and of augmentation."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.keras.cases import Case
from tests.keras.cases.common import data_formats, some
from tests.keras.cases.pooling import usually

sizes = st.integers(1, 9)
# Hypothesis draws the first and the last more often than their share
ranks = st.sampled_from([3] * 10 + [2, 3, 4, 3])
images = ranks.flatmap(lambda rank: st.tuples(st.tuples(*[sizes] * (rank - 1), st.just(3)))) | st.tuples(
    st.tuples(sizes, sizes, sizes)
)
numbers: SearchStrategy[Any] = usually(sizes, st.sampled_from([0, -1]))
seeds = st.sampled_from([None, 3])


def to_size(**optional: SearchStrategy[Any]) -> SearchStrategy[Case]:
    needed = {"height": numbers, "width": numbers}
    settings = st.fixed_dictionaries(needed, optional={"data_format": data_formats, **optional})
    return st.tuples(usually(settings, st.just({"height": 3})), images)


factors = st.sampled_from(
    [0.1, 0.5, 0, 1, (0.1, 0.2), [-0.3, 0.2], 1.5, (1, 2, 3), "0.1", (0.5, 1.5), (-2, -1.5)]
)


def with_factors(
    *names: str, factor: SearchStrategy[Any] = factors, **optional: SearchStrategy[Any]
) -> SearchStrategy[Case]:
    needed = dict.fromkeys(names, factor)
    settings = st.fixed_dictionaries(
        needed, optional={"data_format": data_formats, "seed": seeds, **optional}
    )
    return st.tuples(settings, images)


def free(**optional: SearchStrategy[Any]) -> SearchStrategy[Case]:
    return st.tuples(some(data_format=data_formats, **optional), images)


RANGE = st.just((0, 1))
FILL = {"fill_mode": st.just("constant"), "interpolation": st.just("nearest"), "fill_value": st.just(1.0)}
COLORS = (
    "RandomContrast",
    "RandomSaturation",
    "RandomHue",
    "RandomSharpness",
    "RandomColorDegeneration",
    "RandomBrightness",
)

CASES: dict[str, SearchStrategy[Case]] = {
    "Resizing": to_size(
        crop_to_aspect_ratio=st.booleans(),
        pad_to_aspect_ratio=st.booleans(),
        interpolation=st.sampled_from(["bilinear", "nearest", "bicubic", "lanczos3"]),
        antialias=st.booleans(),
        fill_value=st.just(1.0),
    ),
    "CenterCrop": to_size(),
    "RandomCrop": to_size(seed=seeds),
    "RandomFlip": free(mode=st.sampled_from(["horizontal", "vertical"]), seed=seeds),
    "RandomRotation": with_factors("factor", **FILL),
    "RandomZoom": with_factors("height_factor", width_factor=factors, **FILL),
    "RandomTranslation": with_factors("height_factor", "width_factor", **FILL),
    "RandomShear": free(x_factor=st.just(0.1), y_factor=st.just(0.2), seed=seeds, **FILL),
    "RandomPerspective": free(factor=st.just(0.5), scale=st.just(0.3), seed=seeds),
    "RandomElasticTransform": free(factor=st.just(0.5), scale=st.just(0.3), value_range=RANGE),
    "RandomErasing": free(factor=st.just(0.5), scale=st.just((0.1, 0.2)), value_range=RANGE),
    "RandomGaussianBlur": free(factor=st.just(0.5), kernel_size=st.just(5), sigma=st.just(0.5)),
    "CutMix": free(factor=st.just(0.5), seed=seeds),
    "MixUp": free(alpha=st.just(0.5), seed=seeds),
    **{kind: with_factors("factor", value_range=RANGE) for kind in COLORS},
    "RandomColorJitter": free(brightness_factor=st.just(0.5), hue_factor=st.just(0.1), value_range=RANGE),
    "RandomGrayscale": free(factor=st.just(0.5), seed=seeds),
    "RandomInvert": free(factor=st.just(0.5), value_range=RANGE),
    "RandomPosterization": with_factors("factor", factor=st.sampled_from([1, 4, 8, (2, 5), 3, 9, 0.5])),
    "Solarization": free(addition_factor=st.just(0.5), threshold_factor=st.just(0.1)),
    "RandAugment": free(num_ops=st.just(1), factor=st.just(0.1)),
    "AugMix": free(num_chains=st.just(2), alpha=st.just(0.5)),
    "Equalization": free(bins=st.just(16), value_range=RANGE),
    "AutoContrast": free(value_range=RANGE),
    "ContrastLimitedAdaptiveHistogramEqualization": free(clip_limit=st.just(2.0)),
}

STRICTER = (
    # Keras states a shape for any number of axes and any size, and fails when it runs.
    *(f"{kind} takes an input of 3 axes" for kind in CASES),
    *(
        f"{kind}: {size} must be at least 1"
        for kind in ("Resizing", "CenterCrop", "RandomCrop")
        for size in ("height", "width")
    ),
    "crop_to_aspect_ratio does not go with pad_to_aspect_ratio",
)
