"""``convert``: a model from any format that is read to any that is written."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path

from cnncalc.errors import FileError
from cnncalc.model import Model

FORMATS = (".yaml", ".yml", ".keras.json", ".json", ".py", ".keras")
"""What is written, by the ending of the file; the longer ending first."""


def convert(model: Model, path: str | PathLike[str]) -> Path:
    """Write a model: ``.yaml`` or ``.json`` as a model file, ``.keras.json`` as Keras's own JSON,
    ``.py`` as Keras code, ``.keras`` as Keras's archive with fresh weights.

    The third and the last need TensorFlow. Raises FileError where the file cannot be written.
    """
    file = Path(fspath(path))
    ending = next((known for known in FORMATS if file.name.lower().endswith(known)), None)
    if ending is None:
        raise FileError(f"{file}: a model is written to a file that ends in {', '.join(FORMATS)}.")
    try:
        _WRITERS[ending](model, file)
    except OSError as error:
        raise FileError(f"{file}: cannot be written: {error.strerror}.") from None
    return file


def _write_yaml(model: Model, file: Path) -> None:
    from cnncalc.interop.writing import to_yaml

    file.write_text(to_yaml(model), encoding="utf-8")


def _write_json(model: Model, file: Path) -> None:
    from cnncalc.interop.writing import to_json

    file.write_text(to_json(model), encoding="utf-8")


def _write_keras_json(model: Model, file: Path) -> None:
    from cnncalc.interop.keras_build import to_keras

    file.write_text(to_keras(model, segments=()).to_json(indent=1) + "\n", encoding="utf-8")


def _write_code(model: Model, file: Path) -> None:
    from cnncalc.interop.keras_code import to_code

    file.write_text(to_code(model), encoding="utf-8")


def _write_archive(model: Model, file: Path) -> None:
    from cnncalc.interop.keras_build import to_keras

    to_keras(model, segments=()).save(file)


_WRITERS: dict[str, Callable[[Model, Path], None]] = {
    ".yaml": _write_yaml,
    ".yml": _write_yaml,
    ".json": _write_json,
    ".keras.json": _write_keras_json,
    ".py": _write_code,
    ".keras": _write_archive,
}
