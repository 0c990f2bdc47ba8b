"""Blocks and repetition of the model file, unfolded into a flat list of layers.

Using a block is written like a layer. ``$name`` stands for a parameter's value; there are no
expressions. Inside a block names are its own: outside they are known behind the name of the use,
``stage1_conv``.
"""

from __future__ import annotations

from typing import Any

from cnncalc.errors import nearest
from cnncalc.interop.blocks import Block
from cnncalc.interop.entries import Entry, EntryReader, Mistakes, TooManyLayersError
from cnncalc.interop.marked import Mapping, Mark, Sequence
from cnncalc.model import INPUT, MAX_LAYERS, PREVIOUS, Namer

MAX_DEPTH = 20
"""How deep blocks may use each other."""


INHERITED = ("trainable", "dtype", "device")
"""What stands beside a block's use and holds for each of its layers."""


class _Place:
    """Where layers are being unfolded: the prefix of names, the parameters, what names mean here."""

    def __init__(self, prefix: str, names: dict[str, str], namer: Namer, previous: str | None) -> None:
        self.prefix = prefix
        self.names = names
        self.namer = namer
        self.previous = previous
        self.arguments: dict[str, Any] = {}
        self.trail: tuple[str, ...] = ()
        self.used = ""
        self.inherited: dict[str, Any] = {}
        self.inherited_marks: dict[str, Mark] = {}

    def inside(
        self, block: Block, use: Entry, local: str, arguments: dict[str, Any], inputs: list[str]
    ) -> _Place:
        """The place of the layers of a block that is used here under the name ``local``."""
        names = dict(zip(block.inputs, inputs, strict=True))
        namer = Namer([*_given_names(block.layers), *block.inputs])
        inner = _Place(f"{self.prefix}{local}_", names, namer, inputs[0])
        inner.arguments = arguments
        own = [key for key in INHERITED if key in use.beside]
        inner.inherited = self.inherited | {key: use.beside[key] for key in own}
        inner.inherited_marks = self.inherited_marks | {key: use.beside_marks[key] for key in own}
        inner.trail = (*self.trail, block.name)
        inner.used = self.used or f' (in block "{block.name}", used at line {use.mark.line})'
        return inner

    def full(self, name: Any) -> Any:
        """The name in the whole model of what is called so here."""
        if name == PREVIOUS and self.previous is not None:
            return self.previous
        owner, dot, output = str(name).rpartition(".")
        if dot and name not in self.names and owner in self.names:
            return f"{self.names[owner]}.{output}"
        return self.names.get(name, name) if isinstance(name, str) else name


class Unfolding:
    """Unfolds the layers of one model.

    In a file without blocks and repetition names and inputs stay as they are written; else every
    layer gets its full name and the full names of its inputs.
    """

    def __init__(self, blocks: dict[str, Block], mistakes: Mistakes) -> None:
        self.blocks = blocks
        self.mistakes = mistakes
        self.reader = EntryReader(blocks, mistakes)
        self.found: list[Entry] = []
        self.names: dict[str, str] = {}
        """What the names of the file, those of blocks' uses among them, mean in the whole model."""

    def layers(self, items: Sequence) -> list[Entry]:
        place = _Place("", self.names, Namer(_given_names(items)), None)
        self.renames = bool(self.blocks) or any(isinstance(item, dict) and "repeat" in item for item in items)
        try:
            self.unfold(items, place)
        except TooManyLayersError as error:
            self.mistakes.add(error.mark, f"more than {MAX_LAYERS:,} layers in one model.")
        return [self.looking_ahead(entry) for entry in self.found]

    def looking_ahead(self, entry: Entry) -> Entry:
        """The entry with the names, as its inputs, of blocks' uses that stand behind it."""
        names = entry.beside.get("inputs")
        if self.renames and isinstance(names, list):
            entry.beside["inputs"] = [self.names.get(name, name) for name in names if isinstance(name, str)]
        return entry

    def outputs(self, given: Any) -> Any:
        """The model's outputs in names of the whole model."""
        if isinstance(given, str):
            return {given: self.names.get(given, given)}
        if isinstance(given, list):
            return tuple((name, self.names.get(name, name)) for name in map(str, given))
        if isinstance(given, dict):
            return {name: self.names.get(str(value), value) for name, value in given.items()}
        return given

    def unfold(self, items: Sequence, place: _Place) -> None:
        for item, mark in zip(items, items.marks, strict=True):
            entry = self.reader.read(item, mark)
            if entry is not None:
                self.repeat(entry, place)

    def repeat(self, entry: Entry, place: _Place) -> None:
        before = self.mistakes.added
        filled = self.filled(entry, place)
        if self.mistakes.added > before:
            return
        if "repeat" not in filled.beside:
            self.place_one(filled, "", place)
            return
        for number in self.reader.numbers(filled):
            self.place_one(filled.once(), number, place)
            filled = filled.behind_itself()

    def place_one(self, entry: Entry, number: str, place: _Place) -> None:
        name = entry.beside.get("name")
        local = f"{name}{number}" if name else None
        if entry.kind in self.blocks:
            self.use(self.blocks[entry.kind], entry, local, place)
        else:
            self.append(entry, local, place)
        if name and place.previous:
            place.names[str(name)] = place.previous

    def filled(self, entry: Entry, place: _Place) -> Entry:
        """The entry with the values of the block's parameters in it, and what the use imposes."""
        if not place.trail:
            return entry
        beside = {key: self.fill(value, entry.mark, place) for key, value in entry.beside.items()}
        settings = self.fill(entry.settings, entry.mark, place)
        marks = {**place.inherited_marks, **entry.beside_marks}
        return Entry(entry.kind, settings, {**place.inherited, **beside}, entry.mark, marks, place.used)

    def fill(self, value: Any, mark: Mark, place: _Place) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self.argument(value[1:], mark, place)
        if isinstance(value, Mapping):
            return value.mapped(lambda item, at: self.fill(item, at, place))
        if isinstance(value, Sequence):
            return value.mapped(lambda item, at: self.fill(item, at, place))
        return value

    def argument(self, name: str, mark: Mark, place: _Place) -> Any:
        if name in place.arguments:
            return place.arguments[name]
        self.mistakes.add(mark, f'the block has no parameter "{name}".{nearest(name, place.arguments)}')
        return None

    def append(self, entry: Entry, local: str | None, place: _Place) -> None:
        if len(self.found) >= MAX_LAYERS:
            raise TooManyLayersError(entry.mark)
        if self.renames:
            local = local or place.namer.name(entry.kind)
            self.link(entry, place)
            entry = entry._replace(settings=place.full(entry.settings)) if entry.kind == "call" else entry
            place.names[local] = place.previous = place.prefix + local
        if local:
            entry.beside["name"] = place.prefix + local
        self.found.append(entry)

    def link(self, entry: Entry, place: _Place) -> None:
        """Write the inputs in names of the whole model."""
        given = entry.beside.get("inputs")
        names = [given] if isinstance(given, str) else given
        if given is None and place.previous is not None:
            names = [PREVIOUS]
        if isinstance(names, list):
            entry.beside["inputs"] = [place.full(name) for name in names]

    def use(self, block: Block, entry: Entry, local: str | None, place: _Place) -> None:
        """Unfold one use of a block."""
        if block.name in place.trail or len(place.trail) >= MAX_DEPTH:
            trail = " > ".join([*place.trail, block.name])
            self.mistakes.add(entry.mark, f'block "{block.name}" uses itself: {trail}.')
            return
        arguments = self.arguments(block, entry)
        inputs = self.inputs(block, entry, place)
        if arguments is None or inputs is None:
            return
        local = local or place.namer.name(block.name)
        inner = place.inside(block, entry, local, arguments, inputs)
        self.unfold(block.layers, inner)
        output = self.output(block, entry, inner)
        inside = {f"{local}_{name}": full for name, full in inner.names.items() if name not in block.inputs}
        place.names |= {local: output} | inside
        place.previous = output

    def output(self, block: Block, entry: Entry, inner: _Place) -> str:
        if block.output and block.output not in inner.names:
            near = nearest(block.output, inner.names)
            message = f'block "{block.name}": its output "{block.output}" is not there.{near}'
            self.mistakes.add(entry.mark, message)
        return str(inner.full(block.output or PREVIOUS))

    def arguments(self, block: Block, entry: Entry) -> dict[str, Any] | None:
        given = entry.settings
        if not isinstance(given, Mapping):
            given = Mapping(entry.mark)
        known = block.parameters
        wrong = [key for key in given if key not in known]
        for key in wrong:
            near = nearest(key, known)
            self.mistakes.add(given.key_marks[key], f'block "{block.name}": no parameter "{key}".{near}')
        missing = sorted(block.required - {str(key) for key in given})
        if missing:
            self.mistakes.add(entry.mark, f'block "{block.name}" needs {", ".join(missing)}.')
        return None if wrong or missing else {**known, **given}

    def inputs(self, block: Block, entry: Entry, place: _Place) -> list[str] | None:
        given = entry.beside.get("inputs")
        names = [given] if isinstance(given, str) else given
        if given is None:
            names = [place.previous or INPUT]
        if not isinstance(names, list) or len(names) != len(block.inputs):
            count, wanted = len(block.inputs), ", ".join(block.inputs)
            self.mistakes.add(entry.mark, f'block "{block.name}" reads {count} inputs: {wanted}.')
            return None
        return [place.full(name) for name in names]


def _given_names(items: Sequence) -> list[str]:
    return [str(item["name"]) for item in items if isinstance(item, dict) and item.get("name")]
