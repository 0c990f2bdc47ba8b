"""Whether XLA's compiler for NVIDIA's GPUs is installed, and whether its parts fit together."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from cnncalc.errors import MissingExtraError

INSTALL = "pip install 'cnncalc[xla]'"

PLUGINS = ("jax-cuda12-pjrt", "jax-cuda13-pjrt")
"""The compiler; either will do. That of CUDA 13 knows no GPU before compute capability 7.5."""
ASSEMBLERS = {
    "jax-cuda12-pjrt": ("nvidia-cuda-nvcc-cu12",),
    "jax-cuda13-pjrt": ("nvidia-cuda-nvcc", "nvidia-nvvm"),
}
"""Without ptxas and libdevice, which these packages hold, the compiler stops half-way."""
NEEDED = ("jax", "jaxlib", "keras")

JAX = ((0, 10), (0, 11))
"""The minor versions that are known to answer, the oldest first; one may plan otherwise than the other."""
OLDEST_KERAS = (3, 15)


def installed_versions() -> dict[str, str]:
    """The versions of all that takes part in a plan.

    Raises MissingExtraError, with the command that installs it, where something is missing, or too old
    or too new.
    """
    if sys.platform != "linux":
        raise MissingExtraError("XLA's compiler for NVIDIA GPUs comes for Linux only; measure there.")
    plugin = next((name for name in PLUGINS if _version(name)), PLUGINS[0])
    found = {name: _version(name) for name in (*NEEDED, plugin, *ASSEMBLERS[plugin])}
    missing = [name for name, number in found.items() if not number]
    if missing:
        raise MissingExtraError(f"this needs {' and '.join(missing)}, not installed here: {INSTALL}")
    _refuse_other_versions(found, plugin)
    return found


def _refuse_other_versions(found: dict[str, str], plugin: str) -> None:
    jax, other = found["jax"], found[plugin]
    if _minor(other) != _minor(jax):
        age = "older" if _minor(other) < _minor(jax) else "newer"
        raise MissingExtraError(f"{plugin} {other} is {age} than jax {jax}; they go together: {INSTALL}")
    if _minor(jax) not in JAX:
        age = "old" if _minor(jax) < JAX[0] else "new"
        known = " and ".join(".".join(map(str, minor)) for minor in JAX)
        raise MissingExtraError(f"jax {jax} is too {age}; {known} are known to answer: {INSTALL}")
    if _minor(found["keras"]) < OLDEST_KERAS:
        raise MissingExtraError(f"keras {found['keras']} is too old: {INSTALL}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _minor(number: str) -> tuple[int, int]:
    """
    >>> _minor("0.10.2")
    (0, 10)
    """
    major, minor = number.split(".")[:2]
    return int(major), int(minor)
