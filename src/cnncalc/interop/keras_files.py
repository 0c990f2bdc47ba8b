"""Files that Keras saves, read without Keras: ``.keras`` archives and ``.h5``.

Only the config is read, as data and within bounds: no weight is loaded, no path in an archive is
followed, nothing is unpacked to disk.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from cnncalc.errors import FileError, MissingExtraError

MAX_CONFIG = 64 * 2**20
"""The largest config that is read, in bytes."""
MAX_RATIO = 1000
"""How much smaller than itself a compressed config may be."""
MAX_ENTRIES = 100_000
CONFIG = "config.json"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def config_of_archive(path: Path) -> Any:
    """The config in a ``.keras`` file, which is a zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return parsed(_config_bytes(archive, path), path)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError) as error:
        raise FileError(f"{path}: not a .keras archive: {error}.") from None


def _config_bytes(archive: zipfile.ZipFile, path: Path) -> bytes:
    if len(archive.infolist()) > MAX_ENTRIES:
        raise FileError(f"{path}: more than {MAX_ENTRIES:,} files in the archive.")
    try:
        entry = archive.getinfo(CONFIG)
    except KeyError:
        raise FileError(f"{path}: not a .keras archive: it holds no {CONFIG}.") from None
    if entry.compress_type not in METHODS:
        raise FileError(f"{path}: its {CONFIG} is compressed as Keras never does.")
    if entry.file_size > MAX_CONFIG or entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise FileError(f"{path}: its {CONFIG} is {entry.file_size:,} bytes, more than a model's can be.")
    with archive.open(entry) as stream:
        return stream.read(MAX_CONFIG + 1)[: entry.file_size]


def config_of_hdf5(path: Path) -> Any:
    """The config in an ``.h5`` file; needs the package h5py."""
    try:
        import h5py
    except ImportError:
        raise MissingExtraError(
            f"{path}: reading it needs h5py, which is not installed: pip install 'cnncalc[hdf5]'"
        ) from None
    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
    except OSError as error:
        raise FileError(f"{path}: not an HDF5 file: {error}.") from None
    if config is None:
        raise FileError(f"{path}: weights only: the file holds no model_config.")
    return parsed(config, path)


def parsed(text: str | bytes, path: Path) -> Any:
    """JSON, which is bounded in size."""
    if len(text) > MAX_CONFIG:
        raise FileError(f"{path}: its config is larger than {MAX_CONFIG // 2**20} MiB.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: its config is not JSON: {error}.") from None
