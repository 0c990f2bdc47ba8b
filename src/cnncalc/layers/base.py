"""The base of every layer kind: common settings, validation, and the method ``facts``.

Annotations are values here and wherever a layer kind is written, not texts (``from __future__ import
annotations``): texts pydantic evaluates again for each class that inherits them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from cnncalc.errors import Problem, SettingError, ShapeError
from cnncalc.layers.facts import Facts
from cnncalc.tensors import Shape, Weight, policy
from cnncalc.units import shape_text
from cnncalc.validation import LARGEST, Size, problem

Natural = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
Integer = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
Flag = Annotated[bool, Field(strict=True)]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(_lower)
"""Keras takes these names in any case."""
DataFormat = Annotated[
    Literal["channels_last", "channels_first"],
    AnyCase,
    BeforeValidator(lambda value: "channels_last" if value is None else value),
]
"""Where the channels are. None is Keras's way to say its default."""
Padding = Annotated[Literal["valid", "same"], AnyCase]


def _dtype_name(name: str) -> str:
    return policy(name).name


def _one_name_is_a_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_NUMBERS = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}
if TYPE_CHECKING:
    PerAxis = Any  # a type checker knows no validators: a user may write 3, the layer holds (3, 3)
else:
    PerAxis = Annotated[tuple[Size, ...], WithJsonSchema(_NUMBERS)]
"""One number per spatial axis; a single number stands for all of them, as in Keras."""


if TYPE_CHECKING:
    Names = Any  # a single name may be written without its list
else:
    Names = Annotated[
        tuple[str, ...],
        BeforeValidator(_one_name_is_a_list),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ]


PER_AXIS = ("kernel_size", "strides", "dilation_rate", "output_padding", "pool_size")


class Part(NamedTuple):
    """One step of a composition: a primitive layer, and the weights that Keras names otherwise."""

    name: str
    layer: "Layer"
    weight_names: Mapping[str, str] = {}


class Layer(BaseModel):
    """One layer as a user writes it; frozen.

    Settings carry Keras's names and defaults. Beside them every layer takes ``name``, ``inputs``
    (names of the layers that it reads; the layer before it where none are given), ``trainable``,
    ``dtype`` and ``device``. A wrong setting raises :class:`cnncalc.errors.SettingError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, protected_namespaces=())

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    inputs: Names = ()
    trainable: Flag = True
    dtype: Annotated[str, AfterValidator(_dtype_name)] | None = None
    device: str | None = None

    arity: ClassVar[tuple[int, int]] = (1, 1)
    """The least and the largest number of inputs."""

    counted: ClassVar[bool] = True
    """Whether its facts say all; False only for a layer without a rule."""

    unit: ClassVar[str] = ""
    """What each bias belongs to, in the words of an explanation: a filter, a unit."""

    without_effect: ClassVar[frozenset[str]] = frozenset()
    """Settings of the Keras class that change no number: accepted, and not kept."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, settings: Any, build: Any) -> Any:
        if isinstance(settings, dict) and cls.without_effect:
            settings = {key: value for key, value in settings.items() if key not in cls.without_effect}
        try:
            layer = build(settings)
            layer.check()
        except ValidationError as error:
            raise SettingError(_problems(cls, error)) from None
        except ValueError as error:
            raise SettingError([Problem((), f"{cls.__name__}: {error}.")]) from None
        return layer

    def check(self) -> None:
        """Raise ValueError where settings that are right one by one do not go together."""

    @property
    def kind(self) -> str:
        """The name of the layer kind, as in ``keras.layers``."""
        return type(self).__name__

    @property
    def layout(self) -> DataFormat | None:
        """Where the layer finds the channels; None where it has no such setting."""
        return self.__dict__.get("data_format")

    @property
    def activation_name(self) -> str:
        """The activation that this layer is, by which a loss is chosen; empty for other layers."""
        return ""

    @property
    def seed_generators(self) -> int:
        """How many random generators Keras makes for the layer; each keeps a state of its own."""
        return 0

    def variable_dtypes(self, weights: Sequence[Weight], dtype: str) -> tuple[str, ...]:
        """The types in which Keras keeps these weights of the layer, under this policy around it."""
        return (policy(self.dtype or dtype).variable,) * len(weights)

    def facts(self, *shapes: Shape) -> Facts:
        """Output shape, weights and work for inputs of these shapes (per sample)."""
        raise NotImplementedError

    def parts(self) -> tuple[Part, ...]:
        """The chain of primitive layers that this layer is; empty for a primitive."""
        return ()

    def describe(self, *shapes: Shape) -> str:
        """The layer in a phrase, for a reader who sees its name and output elsewhere."""
        return self.kind

    def output_sum(self, *shapes: Shape) -> str:
        """How the output shape is worked out, ``⌈200 / 2⌉ x ⌈300 / 2⌉ x 100``; or nothing to work out."""
        return ""

    def settings(self) -> dict[str, Any]:
        """The settings of the kind, all of them, without the five that every layer has."""
        return {name: getattr(self, name) for name in self.setting_names()}

    def changed_settings(self) -> dict[str, Any]:
        """The settings of the kind that differ from their defaults."""
        return {name: value for name, value in self.settings().items() if value != self.default(name)}

    @classmethod
    def default(cls, setting: str) -> Any:
        """The default of a setting, in the form in which the layer keeps it."""
        return cls.model_fields[setting].get_default(call_default_factory=True)

    @classmethod
    @cache
    def setting_names(cls) -> tuple[str, ...]:
        return tuple(name for name in cls.model_fields if name not in COMMON)


class Ranked(Layer):
    """Base of the kinds that come in one, two and three spatial axes."""

    rank: ClassVar[int]

    @field_validator(*PER_AXIS, mode="before", check_fields=False)
    @classmethod
    def _one_number_per_axis(cls, value: object) -> object:
        value = cls._spread(value)
        if not isinstance(value, (tuple, list)) or len(value) != cls.rank:
            raise ValueError(f"must be one number or {cls.rank} numbers")
        return value

    @classmethod
    def _spread(cls, value: object) -> object:
        return (value,) * cls.rank if isinstance(value, int) else value

    @classmethod
    def default(cls, setting: str) -> Any:
        default = super().default(setting)
        return cls._spread(default) if setting in PER_AXIS else default


COMMON = tuple(Layer.model_fields)
"""The settings that every layer has: name, inputs, trainable, dtype, device."""


def weight_settings(*weights: str) -> frozenset[str]:
    """What Keras lets a user say of the values of these weights, and of the output's penalty.

    >>> sorted(weight_settings("bias"))
    ['activity_regularizer', 'bias_constraint', 'bias_initializer', 'bias_regularizer']
    """
    settings = ("initializer", "regularizer", "constraint")
    return frozenset(f"{weight}_{setting}" for weight in weights for setting in settings) | {
        "activity_regularizer"
    }


def require_rank(shape: Shape, rank: int, kind: str) -> None:
    """Raise ShapeError unless the shape has that many axes (per sample)."""
    if len(shape) != rank:
        raise ShapeError(f"{kind} takes an input of {rank} axes, found {len(shape)}: {shape_text(shape)}.")


def split_channels(shape: Shape, data_format: DataFormat) -> tuple[Shape, int]:
    """Spatial axes and channels of a shape."""
    return (shape[:-1], shape[-1]) if data_format == "channels_last" else (shape[1:], shape[0])


def join_channels(spatial: Iterable[int], channels: int, data_format: DataFormat) -> Shape:
    """The inverse of :func:`split_channels`."""
    return (*spatial, channels) if data_format == "channels_last" else (channels, *spatial)


def first_spatial_axis(data_format: DataFormat) -> int:
    return 0 if data_format == "channels_last" else 1


def _problems(cls: type[Layer], error: ValidationError) -> list[Problem]:
    """pydantic's list of errors in the library's words."""
    known = (*cls.setting_names(), *COMMON)
    return list(dict.fromkeys(problem(cls.__name__, known, item) for item in error.errors(include_url=False)))
