"""Which layers have no kernel for a GPU in TensorFlow 2.21, without XLA.

Of the operations that Keras's layers run, three ways to resize images are registered for the CPU alone
(tensorflow/core/kernels/image: resize_bicubic_op.cc, resize_area_op.cc, scale_and_translate_op.cc). Left out:
types that a kernel is not made for, and what XLA compiles instead.
"""

from __future__ import annotations

from cnncalc.layers.base import Layer

ON_THE_CPU_ALONE = {
    "bicubic": "ResizeBicubic",
    "area": "ResizeArea",
    **dict.fromkeys(("lanczos3", "lanczos5", "gaussian", "mitchellcubic"), "ScaleAndTranslate"),
}
"""The operation that each interpolation is (tensorflow/python/ops/image_ops_impl.py, resize_images_v2)."""


def without_gpu_kernel(layer: Layer) -> str:
    """The operation of a layer that has a kernel for the CPU alone; empty where there is none.

    >>> from cnncalc.layers import UpSampling2D
    >>> without_gpu_kernel(UpSampling2D(interpolation="bicubic")), without_gpu_kernel(UpSampling2D())
    ('ResizeBicubic', '')
    """
    settings = layer.settings()
    interpolation = settings.get("interpolation", "")
    if settings.get("antialias") and interpolation in ("bilinear", "bicubic"):
        return "ScaleAndTranslate"
    return ON_THE_CPU_ALONE.get(interpolation, "")
