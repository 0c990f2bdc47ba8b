"""``load``: a model from a file, whatever its format; and from a live Keras model."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from cnncalc import zoo
from cnncalc.collector import collector_paused
from cnncalc.errors import CnncalcError, FileError, nearest
from cnncalc.interop.model_file import model_from_text
from cnncalc.interop.reading import Reading
from cnncalc.model import Model
from cnncalc.tensors import Shape

MAX_BYTES = 16 * 2**20
"""The largest model file that is read."""

SUFFIXES = (".yaml", ".yml", ".json", ".keras", ".h5", ".hdf5")


@collector_paused()
def load(
    path: str | PathLike[str], *, input_shape: Shape | None = None, allow_unknown: bool = False
) -> Model:
    """The model that a file describes, or one of the zoo by its name.

    ``.yaml`` and ``.yml`` are model files; ``.json`` is one too, or what Keras's ``to_json`` writes;
    ``.keras`` is Keras's archive and ``.h5`` or ``.hdf5`` its older file (needs h5py). Neither Keras nor
    TensorFlow is needed. ``input_shape`` fills in sizes that a Keras model leaves open;
    ``allow_unknown`` lets layers without a rule pass, not counted. A file wins over a name of the zoo;
    ``origin`` of the model says which it was.
    Raises FileError, one line per mistake with its place, where the file cannot be read or does not
    describe a network.
    """
    file = Path(fspath(path))
    if not _is_file(file):
        text = zoo.text_of(str(file))
        if text is None:
            raise FileError(_missing(file))
        return model_from_text(text, f"zoo/{file}", str(file)).read_from("zoo")
    return _load_file(file, Reading(input_shape, allow_unknown)).read_from(str(file))


def _load_file(file: Path, reading: Reading) -> Model:
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"{file}: a model file ends in {', '.join(SUFFIXES)}.")
    if suffix in (".yaml", ".yml"):
        return model_from_text(read_text(file), str(file), file.stem)
    return _load_json(file, reading) if suffix == ".json" else _load_saved(file, reading)


@collector_paused()
def from_keras(model: Any, *, input_shape: Shape | None = None, allow_unknown: bool = False) -> Model:
    """The model of a live Keras model: Sequential, Functional, nested, with shared layers.

    ``input_shape`` fills in sizes that it leaves open; ``allow_unknown`` lets layers without a rule
    pass, not counted. Raises CnncalcError for a model of the legacy
    tf_keras, for a subclassed model (which has no config of layers), and for layers without a rule.
    """
    import json

    from cnncalc.interop.keras_config import model_from_config

    package = type(model).__module__.split(".")[0]
    if package == "tf_keras" or not callable(getattr(model, "to_json", None)):
        raise CnncalcError(f"a {type(model).__name__} of {package} is not a model of Keras 3.")
    try:
        config = json.loads(model.to_json())
    except NotImplementedError:
        raise CnncalcError(
            f"{type(model).__name__} is a subclassed model: it has no config of layers."
        ) from None
    return model_from_config(config, str(model.name), Reading(input_shape, allow_unknown))


def _load_json(file: Path, reading: Reading) -> Model:
    """A model file, or a Keras config where there is a ``class_name``."""
    text = read_text(file)
    if '"class_name"' not in text:
        return model_from_text(text, str(file), file.stem)
    from cnncalc.interop.keras_config import is_keras, model_from_config
    from cnncalc.interop.keras_files import parsed

    data = parsed(text, file)
    return (
        model_from_config(data, str(file), reading)
        if is_keras(data)
        else model_from_text(text, str(file), file.stem)
    )


def _load_saved(file: Path, reading: Reading) -> Model:
    from cnncalc.interop.keras_config import is_keras, model_from_config
    from cnncalc.interop.keras_files import config_of_archive, config_of_hdf5

    data = config_of_archive(file) if file.suffix.lower() == ".keras" else config_of_hdf5(file)
    if not is_keras(data):
        raise FileError(f"{file}: its config is not that of a Keras model.")
    return model_from_config(data, str(file), reading)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError) as error:
        raise FileError(f"{str(path)[:200]!r}: cannot be read: {error}.") from None


def _missing(path: Path) -> str:
    if path.is_dir():
        return f"{path}: this is a folder, not a model file."
    if path.suffix:
        return f"{path}: there is no such file. `cnncalc new {path}` writes one to start from."
    near = nearest(str(path), zoo.names())
    return f"{path}: there is no such file, and no such model in the zoo (cnncalc zoo).{near}"


def read_text(path: Path) -> str:
    """The text of a file, which is bounded in size."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error}.") from None
    if len(data) > MAX_BYTES:
        raise FileError(f"{path}: larger than {MAX_BYTES // 2**20} MiB; a model file is smaller.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not a text file: byte {error.start} is not UTF-8.") from None
