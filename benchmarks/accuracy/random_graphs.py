"""Random networks for the ledger: the same number gives the same network in every version of Python.

Each pairs kinds of the catalogue in a small graph with branches, over maps large enough that their
buffers are traced (256 KiB and more at a batch of 16).
"""

from __future__ import annotations

from random import Random
from typing import Any

from cnncalc import Model
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer

SIZE, CHANNELS = 32, 16
"""Height and width of the images and the channels of the maps: 1 MiB at a batch of 16 in float32."""

ACTIVATIONS = (
    *("relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "softsign", "silu", "gelu"),
    *("leaky_relu", "hard_sigmoid", "hard_silu", "mish", "exponential", "log_sigmoid", "celu", "softmax"),
)

Choice = tuple[str, dict[str, Any]]

CONVOLUTIONS: tuple[Choice, ...] = (
    ("Conv2D", {"filters": CHANNELS, "kernel_size": 3, "padding": "same"}),
    ("Conv2D", {"filters": CHANNELS, "kernel_size": 1, "use_bias": False}),
    ("Conv2D", {"filters": CHANNELS, "kernel_size": 3, "padding": "same", "dilation_rate": 2}),
    ("Conv2D", {"filters": CHANNELS, "kernel_size": 3, "padding": "same", "groups": 4}),
    ("DepthwiseConv2D", {"kernel_size": 3, "padding": "same"}),
    ("DepthwiseConv2D", {"kernel_size": 5, "padding": "same", "use_bias": False}),
    ("SeparableConv2D", {"filters": CHANNELS, "kernel_size": 3, "padding": "same"}),
    ("Conv2DTranspose", {"filters": CHANNELS, "kernel_size": 3, "padding": "same"}),
    ("Dense", {"units": CHANNELS}),
)
KEEPING: tuple[Choice, ...] = (
    *(("Activation", {"activation": name}) for name in ACTIVATIONS),
    ("ReLU", {}),
    ("ReLU", {"max_value": 6.0}),
    ("ReLU", {"negative_slope": 0.1, "threshold": 0.5}),
    ("LeakyReLU", {}),
    ("ELU", {}),
    ("PReLU", {"shared_axes": [1, 2]}),
    ("Softmax", {}),
    ("BatchNormalization", {}),
    ("BatchNormalization", {"scale": False}),
    ("LayerNormalization", {}),
    ("GroupNormalization", {"groups": 4}),
    ("UnitNormalization", {}),
    ("RMSNormalization", {}),
    ("LocalResponseNormalization", {}),
    ("Dropout", {"rate": 0.3}),
    ("SpatialDropout2D", {"rate": 0.3}),
    ("GaussianNoise", {"stddev": 0.1}),
    ("GaussianDropout", {"rate": 0.1}),
    ("AlphaDropout", {"rate": 0.1}),
    ("Rescaling", {"scale": 0.5, "offset": 1.0}),
    ("Identity", {}),
    ("MaxPooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("AveragePooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("Permute", {"dims": [2, 1, 3]}),
    ("Reshape", {"target_shape": [SIZE * 2, SIZE // 2, CHANNELS]}),
)
SCALING: tuple[tuple[Choice, ...], ...] = (
    (("MaxPooling2D", {}), ("UpSampling2D", {})),
    (("AveragePooling2D", {"pool_size": 2}), ("UpSampling2D", {"interpolation": "bilinear"})),
    (("Conv2D", {"filters": 32, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"}),
     ("Conv2DTranspose", {"filters": CHANNELS, "kernel_size": 2, "strides": 2})),
    (("ZeroPadding2D", {"padding": 1}), ("Cropping2D", {"cropping": 1})),
    (("Resizing", {"height": SIZE // 2, "width": SIZE // 2}), ("UpSampling2D", {})),
)  # fmt: skip
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
ENDS: tuple[tuple[Choice, ...], ...] = (
    (("GlobalAveragePooling2D", {}), ("Dense", {"units": 10, "activation": "softmax"})),
    (("GlobalMaxPooling2D", {}), ("Dense", {"units": 10})),
    (
        ("Flatten", {}),
        ("Dense", {"units": 16, "activation": "relu"}),
        ("Dense", {"units": 1, "activation": "sigmoid"}),
    ),
    (("Conv2D", {"filters": 1, "kernel_size": 1, "activation": "sigmoid"}),),
    (("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}),),
)


def random_model(number: int) -> Model:
    """The network of that number."""
    return _Growing(Random(f"cnncalc accuracy {number}")).model(f"random_{number}")


class _Growing:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.layers: list[Layer] = []

    def model(self, name: str) -> Model:
        self.add("Conv2D", {"filters": CHANNELS, "kernel_size": 3, "padding": "same"})
        for _ in range(self.random.randint(2, 4)):
            self.random.choice((self.chain, self.chain, self.branch, self.scale))()
        for choice in self.random.choice(ENDS):
            self.add(*choice)
        return Model(name=name, input=(SIZE, SIZE, 3), layers=self.layers)

    def add(self, kind: str, settings: dict[str, Any], *inputs: str) -> str:
        name = f"{kind.lower()}_{len(self.layers)}"
        self.layers.append(layer_class(kind)(name=name, inputs=inputs, **settings))
        return name

    def chain(self) -> str:
        """A convolution and one or two layers that keep the shape."""
        name = self.add(*self.random.choice(CONVOLUTIONS))
        for _ in range(self.random.randint(1, 2)):
            kind, settings = self.random.choice(KEEPING)
            if kind in ("Permute", "Reshape"):
                name = self.there_and_back(kind, settings)
            else:
                name = self.add(kind, settings)
        return name

    def there_and_back(self, kind: str, settings: dict[str, Any]) -> str:
        self.add(kind, settings)
        return self.add("Reshape", {"target_shape": [SIZE, SIZE, CHANNELS]})

    def branch(self) -> str:
        """Two ways from one value, merged again."""
        start = self.layers[-1].name or ""
        one = self.chain()
        straight = self.random.random() < 0.5  # the other way is a shortcut
        other = start if straight else self.add(*self.random.choice(CONVOLUTIONS), start)
        merge = self.random.choice(MERGES)
        name = self.add(merge, {}, one, other)
        if merge == "Concatenate":
            name = self.add("Conv2D", {"filters": CHANNELS, "kernel_size": 1})
        return name

    def scale(self) -> str:
        """Smaller or larger, and back."""
        down, up = self.random.choice(SCALING)
        self.add(*down)
        return self.add(*up)
