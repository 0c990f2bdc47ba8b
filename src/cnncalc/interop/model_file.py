"""The model file: YAML to :class:`cnncalc.Model`. ``docs/model-file.md`` describes it.

Every mistake that can be found independently of the others is reported, each with its line.
"""

from __future__ import annotations

from typing import Any

from cnncalc.errors import CnncalcError, GraphError, Problem, SettingError, nearest
from cnncalc.interop.blocks import read_blocks
from cnncalc.interop.entries import Entry, Mistakes
from cnncalc.interop.marked import Mapping, Mark, Sequence, locate, parse
from cnncalc.interop.unfolding import Unfolding
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.model import Call, Model, Nested
from cnncalc.settings import Settings

TOP = ("name", "input", "inputs", "blocks", "layers", "outputs", "settings", "source")


def model_from_text(text: str, file: str, name: str) -> Model:
    """The model that a text in the project's own format describes.

    ``file`` stands in messages, ``name`` is the model's where the text gives none. Raises
    FileError with one line per mistake.
    """
    data, mark = parse(text, file)
    mistakes = Mistakes(file)
    model = _Reader(mistakes, name).model(data, mark)
    if model is None or mistakes:
        raise mistakes.error()
    return model


class _Reader:
    """Reads one mapping that describes a model, and the models nested in it."""

    def __init__(self, mistakes: Mistakes, name: str) -> None:
        self.mistakes = mistakes
        self.name = name

    def model(self, data: object, mark: Mark) -> Model | None:
        if not isinstance(data, Mapping):
            self.mistakes.add(mark, "a model file is a mapping with input and layers.")
            return None
        for key in data:
            if key not in TOP:
                self.mistakes.add(data.key_marks[key], f'no key "{key}".{nearest(key, TOP)}')
        unfolding = Unfolding(read_blocks(data, self.mistakes), self.mistakes)
        entries = unfolding.layers(self.items(data, mark))
        given = {"layers": [self.layer(entry) for entry in entries], "settings": self.settings(data)}
        if data.get("outputs") is not None:
            given["outputs"] = unfolding.outputs(data["outputs"])
        return None if self.mistakes else self.build(data, mark, entries, given)

    def items(self, data: Mapping, mark: Mark) -> Sequence:
        layers = data.get("layers")
        if isinstance(layers, Sequence) and layers:
            return layers
        place = data.value_marks.get("layers", mark)
        self.mistakes.add(place, "a model needs layers: a list with one item per layer.")
        return Sequence(mark)

    def layer(self, entry: Entry) -> Layer | None:
        try:
            return self.layer_of(entry)
        except SettingError as error:
            for problem in error.problems:
                self.mistakes.add(self.place(entry, problem), f"{problem}{entry.used}")
        except CnncalcError as error:
            self.mistakes.add(entry.mark, f"{error}{entry.used}")
        return None

    def layer_of(self, entry: Entry) -> Layer | None:
        if entry.kind == "call":
            return Call(layer=entry.settings, **entry.beside)
        if entry.kind == "Model":
            return self.nested(entry)
        if not isinstance(entry.settings, dict):
            found = f"{entry.settings!r}"[:60]
            self.mistakes.add(
                entry.mark, f"{entry.kind}: settings are a mapping such as {{units: 10}}, found {found}."
            )
            return None
        return layer_class(entry.kind)(**{**_named(entry.settings), **entry.beside})

    def nested(self, entry: Entry) -> Layer | None:
        inner = _Reader(self.mistakes, entry.beside.get("name") or "model")
        model = inner.model(entry.settings, entry.mark)
        return Nested(model=model, **entry.beside) if model else None

    def place(self, entry: Entry, problem: Problem) -> Mark:
        """The key where the setting is not known, else the value; the kind for the whole layer."""
        settings = entry.settings
        if not problem.path:
            return entry.mark
        if isinstance(settings, Mapping) and problem.path[0] in settings:
            unknown = "no setting" in problem.message
            marks = settings.key_marks if unknown else settings.value_marks
            return marks[problem.path[0]]
        return entry.beside_marks.get(str(problem.path[0]), entry.mark)

    def settings(self, data: Mapping) -> Settings:
        given = data.get("settings") or {}
        try:
            if not isinstance(given, dict):
                raise CnncalcError("settings are a mapping such as {batch_size: 50}.")
            return Settings(**_named(given))
        except SettingError as error:
            for problem in error.problems:
                self.mistakes.add(locate(data, ("settings", *problem.path), data.mark), str(problem))
        except CnncalcError as error:
            self.mistakes.add(data.value_marks["settings"], str(error))
        return Settings()

    def build(self, data: Mapping, mark: Mark, entries: list[Entry], given: dict[str, Any]) -> Model | None:
        shapes = {key: data[key] for key in ("input", "inputs") if data.get(key) is not None}
        if not shapes:
            wanted = "its shape without the batch, such as [200, 300, 3]"
            self.mistakes.add(mark, f"a model needs input: {wanted}.")
            return None
        try:
            return Model(**shapes, **given, name=data.get("name", self.name), source=data.get("source") or "")
        except GraphError as error:
            for problem in error.problems:
                self.graph_mistake(data, entries, problem)
        except SettingError as error:
            for problem in error.problems:
                self.mistakes.add(locate(data, problem.path, mark), str(problem))
        except CnncalcError as error:
            self.mistakes.add(mark, str(error))
        return None

    def graph_mistake(self, data: Mapping, entries: list[Entry], problem: Problem) -> None:
        """Nested models are resolved when they are made, so that the first index is one of ours."""
        index = problem.path[1] if len(problem.path) > 1 else None
        if isinstance(index, int):
            self.mistakes.add(entries[index].mark, f"{problem}{entries[index].used}")
        else:
            self.mistakes.add(locate(data, problem.path, data.mark), str(problem))


def _named(settings: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in settings.items()}
