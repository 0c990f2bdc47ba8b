"""How a model is run: batch sizes, data type, optimizer and loss, validated, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from cnncalc import losses, optimizers
from cnncalc.errors import Problem, SettingError
from cnncalc.specs import Options, Savable, Spec, refusal, saved, under
from cnncalc.tensors import policy
from cnncalc.validation import Rule, Size, problem


def optimizer(identifier: object) -> OptimizerSpec:
    """The optimizer that a name or a mapping stands for.

    >>> optimizer("adam")
    OptimizerSpec('Adam', {})
    >>> optimizer({"name": "sgd", "momentum": 0.9})
    OptimizerSpec('SGD', {'momentum': 0.9})

    Raises SettingError for a name or an option that Keras does not know, and for a value that it refuses.
    """
    return OptimizerSpec.read(identifier)


def loss(identifier: object) -> LossSpec:
    """The loss that a name or a mapping stands for; for a function the class that does the same.

    >>> loss("mse"), loss({"name": "Huber", "delta": 0.5})
    (LossSpec('MeanSquaredError', {}), LossSpec('Huber', {'delta': 0.5}))

    Raises SettingError for a name or an option that Keras does not know, and for a value that it refuses.
    """
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
        with under("config"):
            return LossSpec(LossSpec.class_name(identifier.get("config")))
    return LossSpec.read(identifier)


class OptimizerSpec(Spec):
    """An optimizer, ``OptimizerSpec("SGD", {"momentum": 0.9})``.

    An ``inner_optimizer`` is held as a spec, an ``optimizer_map`` as an :class:`OptimizerMap`.
    """

    noun = "optimizer"
    module = "keras.optimizers"
    table = optimizers.OPTIMIZERS
    spellings = optimizers.SPELLINGS
    fixed = optimizers.FIXED

    @classmethod
    def spelt(cls, name: str) -> str:
        return name.lower()

    def rule(self, option: str) -> Rule:
        if option == "inner_optimizer":
            return optimizer
        return OptimizerMap.read if option == "optimizer_map" else optimizers.rule_for(self.name, option)

    def clashes(self, settings: Mapping[str, Any]) -> Iterable[str]:
        return optimizers.clashes(settings)


class LossSpec(Spec):
    """A loss, ``LossSpec("Huber", {"delta": 0.5})``."""

    noun = "loss"
    module = "keras.losses"
    table = losses.LOSSES
    spellings = losses.SPELLINGS

    def rule(self, option: str) -> Rule:
        return losses.rule_for(self.name, option)


class OptimizerMap(Savable):
    """Which optimizer updates which variables: by patterns of variable paths, and one for all others."""

    def __init__(
        self, default_optimizer: OptimizerSpec, optimizer_map: Mapping[str, OptimizerSpec] = Options()
    ) -> None:
        self.default_optimizer = default_optimizer
        self.optimizer_map = optimizer_map

    def __repr__(self) -> str:
        return f"OptimizerMap({self.default_optimizer!r}, {self.optimizer_map!r})"

    @classmethod
    def read(cls, given: object) -> OptimizerMap:
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            raise ValueError("must be a mapping with a default_optimizer")
        if given.get("class_name") == "OptimizerMap":
            with under("config"):
                return cls.read(given.get("config"))
        return cls._read_fields(given)

    @classmethod
    def _read_fields(cls, given: Mapping[Any, Any]) -> OptimizerMap:
        if "default_optimizer" not in given or given.keys() - {"default_optimizer", "optimizer_map"}:
            raise ValueError("must have a default_optimizer, an optimizer_map and nothing else")
        with under("default_optimizer"):
            default = optimizer(given["default_optimizer"])
        with under("optimizer_map"):
            return cls(default, Options(_mapped(given.get("optimizer_map") or {})))

    def config(self) -> dict[str, Any]:
        fields = {"default_optimizer": self.default_optimizer, "optimizer_map": self.optimizer_map}
        return saved(OptimizerSpec.module, "OptimizerMap", fields)


def _mapped(given: object) -> Iterator[tuple[str, OptimizerSpec]]:
    if not isinstance(given, Mapping):
        raise ValueError("must map patterns of variable paths to optimizers")
    for pattern, identifier in given.items():
        if not isinstance(pattern, str):
            raise ValueError("must map patterns, which are texts, to optimizers")
        with under(pattern):
            yield pattern, _updating(optimizer(identifier))


def _updating(spec: OptimizerSpec) -> OptimizerSpec:
    if "learning_rate" not in spec.table[spec.name]:
        raise refusal(f"{spec.name} cannot stand for some of the variables: it wraps other optimizers.")
    return spec


class _RefusedError(ValueError):
    """The library's own problems on their way through pydantic."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)


def _passing(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def passed(value: Any) -> Any:
        try:
            return read(value)
        except SettingError as error:
            raise _RefusedError(error.problems) from None

    return passed


def _policy_name(name: str) -> str:
    try:
        return policy(name).name
    except SettingError as error:  # its path is the setting's, which pydantic says once more
        raise _RefusedError([Problem((), str(error))]) from None


_IDENTIFIER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]})
_Optimizer = Annotated[
    OptimizerSpec, PlainValidator(_passing(optimizer)), PlainSerializer(Spec.config), _IDENTIFIER
]
_Loss = Annotated[LossSpec, PlainValidator(_passing(loss)), PlainSerializer(Spec.config), _IDENTIFIER]
_DType = Annotated[str, AfterValidator(_policy_name)]


class Settings(BaseModel):
    """How a model is trained and used; frozen.

    ``batch_size`` is that of training, ``dtype`` the policy of every layer without its own. Without
    a ``loss`` the last activation chooses one. ``segments``: names of layers that run again in the backward
    pass instead of keeping what it reads (:func:`cnncalc.checkpoint` finds them). A wrong setting raises
    :class:`cnncalc.errors.SettingError`.

    >>> Settings(batch_size=50, optimizer="adam").optimizer.name
    'Adam'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    batch_size: Size = 32
    inference_batch_size: Size = 1
    dtype: _DType = "float32"
    optimizer: _Optimizer = Field(default_factory=lambda: OptimizerSpec("SGD"))
    loss: _Loss | None = None
    segments: tuple[tuple[str, ...], ...] = ()

    if TYPE_CHECKING:  # a name or a mapping may be given where a spec is kept

        def __init__(
            self,
            *,
            batch_size: int = ...,
            inference_batch_size: int = ...,
            dtype: str = ...,
            optimizer: OptimizerSpec | str | Mapping[str, Any] = ...,
            loss: LossSpec | str | Mapping[str, Any] | None = ...,
            segments: Iterable[Sequence[str]] = ...,
        ) -> None: ...

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, given: Any, build: Any) -> Any:
        try:
            return build(given)
        except ValidationError as error:
            items = error.errors(include_url=False)
            raise SettingError([found for item in items for found in cls._problems(item)]) from None

    @classmethod
    def _problems(cls, item: Any) -> list[Problem]:
        refused = item.get("ctx", {}).get("error")
        if isinstance(refused, _RefusedError):
            return [Problem((*item["loc"], *inner.path), inner.message) for inner in refused.problems]
        return [problem("settings", cls.model_fields, item)]

    def changed(self, **given: Any) -> Self:
        """These settings with those given in place of the old; None leaves a setting as it is.

        >>> Settings(batch_size=8).changed(batch_size=None, loss="mse").loss.name
        'MeanSquaredError'
        """
        changes = {name: value for name, value in given.items() if value is not None}
        return type(self)(**{**dict(self), **changes})
