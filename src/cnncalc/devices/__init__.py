"""Devices as data: one YAML file each, with its memory, where the figures come from, and when they were read.

``memory_bytes`` is what the driver reports as the device's whole memory, which is less than the label says.
A GPU's ``xla`` section is what XLA's compiler is told of it, and ``peak`` says how fast it is by its vendor;
a device without them can be asked for its memory only. A file of one's own has the same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cnncalc.errors import CnncalcError, FileError, fold, nearest
from cnncalc.tensors import ITEM_BYTES, POLICIES
from cnncalc.validation import problem, shown

FOLDER = Path(__file__).parent
SUFFIX = ".yaml"


def _whole(given: object) -> object:
    """A rate as a whole number, also of 8.1e12; YAML takes that for a text, as its exponent has no sign."""
    try:
        number = float(given) if isinstance(given, str) else given
    except ValueError:
        return given
    return int(number) if isinstance(number, float) and number.is_integer() else given


def _computed(name: str) -> str:
    """A type that layers compute in. Raises CnncalcError, which passes through pydantic, for another."""
    if name not in ITEM_BYTES:
        raise CnncalcError(
            f'device: peak.operations_per_s: no type "{name[:60]}".{nearest(name, ITEM_BYTES)}'
        )
    return name


Count = Annotated[int, Field(strict=True, ge=1)]
Rate = Annotated[Count, BeforeValidator(_whole)]
Computed = Annotated[str, AfterValidator(_computed)]


class XlaTarget(BaseModel):
    """A GPU as XLA's ``GpuDeviceInfoProto`` describes it; limits that all of NVIDIA's share have defaults.

    ``memory_bandwidth`` is in bytes a second, ``l2_cache_size`` and the shared memories are in bytes. A
    "core" is a streaming multiprocessor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sources: tuple[str, ...]
    compute_capability: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    core_count: Count
    fpus_per_core: Count
    threads_per_core_limit: Count
    shared_memory_per_core: Count
    shared_memory_per_block_optin: Count
    memory_bandwidth: Count
    l2_cache_size: Count
    clock_rate_ghz: Annotated[float, Field(gt=0)]
    threads_per_block_limit: Count = 1024
    threads_per_warp: Count = 32
    shared_memory_per_block: Count = 49152
    registers_per_core_limit: Count = 65536
    registers_per_block_limit: Count = 65536
    block_dim_limit_x: Count = 2**31 - 1
    block_dim_limit_y: Count = 65535
    block_dim_limit_z: Count = 65535


class PeakRates(BaseModel):
    """What the vendor states: operations a second by data type, and bytes a second from the device's memory.

    A multiply-accumulate is two operations. Matrix units count, without sparsity, summing in float32. The
    rate of ``float32`` is that of convolutions as frameworks run them unless told otherwise, ``float32_as``
    what they multiply in then: TensorFloat-32 on NVIDIA's GPUs from Ampere on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sources: tuple[str, ...]
    operations_per_s: Mapping[Computed, Rate]
    bytes_per_s: Rate
    float32_as: str = "float32"

    def macs_per_s(self, dtype: str) -> float:
        """Multiply-accumulates a second. Raises CnncalcError for a type without a rate.

        >>> load_device("h200").rates.macs_per_s("bfloat16") / 1e12
        494.7
        """
        stated = self.operations_per_s
        if dtype not in stated:
            known = ", ".join(item.name for item in POLICIES.values() if item.compute in stated)
            raise CnncalcError(
                f"the device has no stated peak rate for {dtype}; dtypes with one are {known}."
            )
        return stated[dtype] / 2


class Device(BaseModel):
    """A device; frozen. ``kind`` is what it is, ``gpu`` for one.

    ``xla`` is None where XLA cannot be asked, ``peak`` where no rates are stated.

    >>> load_device("h100").memory_bytes
    84942979072
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    name: str
    kind: str
    memory_bytes: Count
    source: str
    date: date
    xla: XlaTarget | None = None
    peak: PeakRates | None = None

    @property
    def rates(self) -> PeakRates:
        """The peak rates. Raises CnncalcError where none are stated."""
        if self.peak is None:
            known = ", ".join(rated_names())
            raise CnncalcError(f"no peak rates are stated for {self.id}; there are those of {known}.")
        return self.peak


def device_names() -> tuple[str, ...]:
    """The devices that come with cnncalc.

    >>> device_names()[:3]
    ('a100-40gb', 'a100-80gb', 'a10g')
    """
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in FOLDER.glob(f"*{SUFFIX}")))


def xla_names() -> tuple[str, ...]:
    """Those of them that XLA can be asked about."""
    return tuple(name for name in device_names() if load_device(name).xla)


def rated_names() -> tuple[str, ...]:
    """Those of them whose peak rates are stated."""
    return tuple(name for name in device_names() if load_device(name).peak)


def load_device(
    given: Device | str | PathLike[str], known: Callable[[], Iterable[str]] = device_names
) -> Device:
    """A device by its name, whatever the case and the separators, or from a file of one's own.

    A device is given back as it is. ``known``: the names that a message offers in place of an unknown one.
    Raises CnncalcError for that and for what is no device, FileError for a file that cannot be read as one.

    >>> load_device("RTX 3060").id
    'rtx-3060'
    """
    if isinstance(given, Device):
        return given
    if not isinstance(given, (str, PathLike)):
        raise CnncalcError(
            f"a device is a name, a file or a Device of cnncalc.devices; found {shown(given)}."
        )
    text = str(given)
    if text.endswith((SUFFIX, ".yml")):
        return _read(Path(text))
    name = next((name for name in device_names() if fold(name) == fold(text)), None)
    if name is None:
        names = tuple(known())
        hint = nearest(text, names) or f" Known are {', '.join(names)}."
        raise CnncalcError(f'no device "{text}".{hint}')
    return _read(FOLDER / f"{name}{SUFFIX}")


def _read(path: Path) -> Device:
    data = _data(path)
    try:
        return Device(**{"id": path.stem, **data})
    except ValidationError as error:
        found = _problems([_flat(item) for item in error.errors(include_url=False)])
        raise FileError("\n".join(f"{path}: {item}" for item in found)) from None
    except CnncalcError as error:
        raise FileError(f"{path}: {error}") from None


def _problems(items: list[Any]) -> list[str]:
    """What is missing in one line, each other mistake in its own."""
    known = [*Device.model_fields, *XlaTarget.model_fields, *PeakRates.model_fields]
    missing = [item["loc"][0] for item in items if item["type"] == "missing"]
    other = [str(problem("device", known, item)) for item in items if item["type"] != "missing"]
    return [*([f"device needs {', '.join(missing)}."] if missing else []), *other]


def _flat(item: Any) -> Any:
    """A mistake inside ``xla`` with the path ``xla.core_count``."""
    return {**item, "loc": (".".join(map(str, item["loc"])),)}


def _data(path: Path) -> dict[str, Any]:
    from yaml import YAMLError, safe_load

    try:
        data = safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or 'cannot be read').lower()}.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: not YAML: {str(error).splitlines()[0]}.") from None
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise FileError(f"{path}: a device is a mapping with name, kind, memory_bytes, source and date.")
    return data
