"""A GPU as XLA is told of it: ``stream_executor.GpuTargetConfigProto`` in the text format."""

from __future__ import annotations

from cnncalc.devices import Device, xla_names
from cnncalc.errors import CnncalcError

DNN_VERSION = (9, 10, 0)
"""The version of cuDNN that XLA is to plan for."""

NOT_FIELDS = ("sources", "compute_capability")
"""The settings of a target that are no fields of the message."""


def target_text(device: Device) -> str:
    """The target that the compiler is given.

    Raises CnncalcError for a device that XLA cannot be asked about.

    >>> from cnncalc.devices import load_device
    >>> target_text(load_device("t4")).splitlines()[1]
    '  cuda_compute_capability { major: 7 minor: 5 }'
    """
    if device.xla is None:
        others = ", ".join(xla_names())
        raise CnncalcError(f'XLA cannot be asked about "{device.id}": no xla section. There are {others}.')
    major, minor = device.xla.compute_capability.split(".")
    fields = device.xla.model_dump(exclude=set(NOT_FIELDS))
    lines = [
        "gpu_device_info {",
        f"  cuda_compute_capability {{ major: {major} minor: {minor} }}",
        f"  device_memory_size: {device.memory_bytes}",
        *(f"  {name}: {value}" for name, value in fields.items()),
        "}",
        'platform_name: "CUDA"',
        "dnn_version_info {{ major: {} minor: {} patch: {} }}".format(*DNN_VERSION),
        f'device_description_str: "{device.id}"',
    ]
    return "\n".join(lines)
