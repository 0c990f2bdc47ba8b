"""What a user writes: layers by name, the inputs they read, the outputs; validated and frozen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
    model_validator,
)

from cnncalc.errors import CnncalcError, SettingError
from cnncalc.layers.base import Layer
from cnncalc.settings import Settings
from cnncalc.specs import under
from cnncalc.tensors import Shape, data_type
from cnncalc.validation import Size, problem

if TYPE_CHECKING:
    from cnncalc.graph import Graph

MAX_LAYERS = 100_000
"""More layers than this in one model are taken for a mistake."""

INPUT = "input"
PREVIOUS = "previous"


class Input(BaseModel):
    """One input of a model: its shape per sample, its name, and a dtype where it has its own.

    >>> Input(shape=(200, 300, 3)).name
    'input'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    shape: tuple[Size, ...]
    name: str = INPUT
    dtype: Annotated[str, AfterValidator(data_type)] | None = None


class Call(Layer):
    """A layer that stands earlier in the model, called once more: the same weights, other inputs."""

    layer: str


class Nested(Layer):
    """A model used as a layer of another model."""

    model: InstanceOf[Model]

    @property
    def kind(self) -> str:
        return "Model"


def _as_inputs(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(_as_input(item, str(name), "inputs", str(name)) for name, item in value.items())
    return value


def _as_input(value: object, name: str, *path: str) -> object:
    """An input by its shape or a mapping; ``path`` is where it stands, for the place of a mistake."""
    if isinstance(value, Input):
        return value
    if isinstance(value, Mapping):
        if isinstance(value.get("dtype"), str):
            with under(*path):
                data_type(value["dtype"])
        return {"name": name, **value}
    return {"name": name, "shape": value}


def _as_outputs(value: object) -> object:
    if isinstance(value, str):
        return ((value, value),)
    if isinstance(value, Mapping):
        return tuple(value.items())
    if isinstance(value, (list, tuple)):
        return tuple((item, item) if isinstance(item, str) else item for item in value)
    return value


def _as_layers(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return tuple(Nested(model=item) if isinstance(item, Model) else item for item in value)
    return value


class Model(BaseModel):
    """A network: inputs, layers and outputs.

    ``input`` is the shape of the only input (named ``input``), or ``inputs`` maps names to shapes
    (or is a tuple of :class:`Input`). A layer without ``inputs`` reads the layer before it.
    ``outputs`` names the layers whose outputs the model gives; without it, the last layer's.
    ``source`` says where the architecture is published.
    A mistake in a setting raises :class:`cnncalc.errors.SettingError`; layers that do not fit
    together raise :class:`cnncalc.errors.GraphError` as soon as the model is made.

    >>> from cnncalc.layers import Dense, Flatten
    >>> Model(input=(8, 8, 3), layers=[Flatten(), Dense(units=10)]).graph.output_shapes
    ((10,),)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, protected_namespaces=())

    name: Annotated[str, Field(min_length=1, max_length=200)] = "model"
    inputs: Annotated[tuple[Input, ...], BeforeValidator(_as_inputs), Field(min_length=1)]
    layers: Annotated[tuple[InstanceOf[Layer], ...], BeforeValidator(_as_layers), Field(min_length=1)]
    outputs: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_as_outputs)] = ()
    settings: Settings = Settings()
    source: str = ""

    SHORTHAND: ClassVar[str] = "input"

    if TYPE_CHECKING:  # a type checker knows no validators: this is what a user may write

        def __init__(
            self,
            *,
            layers: Iterable[Layer | Model],
            input: Shape | Input | None = None,
            inputs: Mapping[str, Any] | Iterable[Input] = (),
            outputs: str | Iterable[str] | Mapping[str, str] = (),
            name: str = "model",
            settings: Settings | None = None,
            source: str = "",
        ) -> None: ...

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, given: Any, build: Any) -> Any:
        try:
            model = build(cls._spelt_out(given))
        except ValidationError as error:
            known = (*cls.model_fields, cls.SHORTHAND)
            raise SettingError([problem("Model", known, item) for item in error.errors()]) from None
        _ = model.graph
        return model

    @classmethod
    def _spelt_out(cls, given: Any) -> Any:
        if not isinstance(given, dict) or cls.SHORTHAND not in given:
            return given
        if "inputs" in given:
            raise CnncalcError("Model takes input or inputs, not both.")
        shape = given[cls.SHORTHAND]
        rest = {key: value for key, value in given.items() if key != cls.SHORTHAND}
        return {**rest, "inputs": (_as_input(shape, INPUT, cls.SHORTHAND),)}

    @cached_property
    def origin(self) -> str:
        """Where the model was read: the path of a file, ``zoo``, or nothing. No part of what it is."""
        return ""

    def read_from(self, origin: str) -> Self:
        """The same model, which says where it was read."""
        self.__dict__["origin"] = origin  # as the cached property would keep it
        return self

    @cached_property
    def graph(self) -> Graph:
        """The model resolved: its nodes in run order with shapes, weights and work."""
        from cnncalc.graph import resolve

        return resolve(self)


def Sequential(  # noqa: N802  (Keras's name)
    layers: Iterable[Layer | Model | Input],
    *,
    input: Shape | Input | None = None,
    name: str = "sequential",
    settings: Settings | None = None,
) -> Model:
    """A chain of layers; the input is given apart or, as in Keras, as the first of the layers.

    >>> from cnncalc.layers import Dense
    >>> Sequential([Input(shape=(4,)), Dense(units=2)]).graph.output_shapes
    ((2,),)
    """
    chain = list(layers)
    first: object = input
    if first is None and chain and isinstance(chain[0], Input):
        first = chain.pop(0)
    if first is None:
        raise CnncalcError("Sequential needs the shape of its input: input=(height, width, channels).")
    linked = [layer for layer in chain if isinstance(layer, Layer) and layer.inputs]
    if linked:
        raise CnncalcError(f"{linked[0].kind} has inputs: a graph of layers is a Model, not a Sequential.")
    given: dict[str, Any] = {"inputs": (_as_input(first, INPUT),), "layers": chain}
    return Model(name=name, settings=settings or Settings(), **given)


def snake_case(kind: str) -> str:
    """The name that Keras gives a layer of that kind.

    >>> [snake_case(kind) for kind in ("Conv2D", "MaxPooling2D", "ReLU", "PReLU", "Conv2DTranspose")]
    ['conv2d', 'max_pooling2d', 're_lu', 'p_re_lu', 'conv2d_transpose']
    """
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", kind).lower()


class Namer:
    """Names for layers without one, as Keras gives them: ``conv2d``, ``conv2d_1``, ..."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._counts: dict[str, int] = {}

    def name(self, kind: str) -> str:
        stem = snake_case(kind.removeprefix("ops."))
        while True:
            count = self._counts.get(stem, 0)
            self._counts[stem] = count + 1
            name = f"{stem}_{count}" if count else stem
            if name not in self._taken:
                self._taken.add(name)
                return name
