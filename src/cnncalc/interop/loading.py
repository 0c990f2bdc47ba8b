"""``load``: a model from a file, whatever its format."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from cnncalc.errors import FileError
from cnncalc.interop.model_file import model_from_text
from cnncalc.model import Model

MAX_BYTES = 16 * 2**20
"""The largest model file that is read."""

SUFFIXES = (".yaml", ".yml", ".json")


def load(path: str | PathLike[str]) -> Model:
    """The model that a file describes: ``.yaml``, ``.yml`` or ``.json``.

    Raises FileError, one line per mistake with file, line and column, where the file cannot be
    read or does not describe a network.
    """
    file = fspath(path)
    text = read_text(Path(file))
    if Path(file).suffix.lower() not in SUFFIXES:
        raise FileError(f"{file}: a model file ends in {', '.join(SUFFIXES)}.")
    return model_from_text(text, file, Path(file).stem)


def read_text(path: Path) -> str:
    """The text of a file, which is bounded in size."""
    if path.is_dir():
        raise FileError(f"{path}: this is a folder, not a model file.")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FileError(
            f"{path}: there is no such file. `cnncalc new {path}` writes one to start from."
        ) from None
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}.") from None
    if len(data) > MAX_BYTES:
        raise FileError(f"{path}: larger than {MAX_BYTES // 2**20} MiB; a model file is smaller.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not a text file: byte {error.start} is not UTF-8.") from None
