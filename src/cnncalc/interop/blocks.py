"""The blocks that a model file defines: lists of layers with parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.errors import nearest
from cnncalc.interop.entries import BESIDE, OTHER_KINDS, Mistakes
from cnncalc.interop.marked import Mapping, Mark, Sequence
from cnncalc.layers import known_kinds
from cnncalc.model import INPUT

KEYS = ("parameters", "inputs", "layers", "output")


class Block(NamedTuple):
    """A block as the file defines it."""

    name: str
    parameters: dict[str, Any]
    required: frozenset[str]
    inputs: tuple[str, ...]
    layers: Sequence
    output: str | None


def read_blocks(data: Mapping, mistakes: Mistakes) -> dict[str, Block]:
    """The blocks that a model file defines, by name."""
    given = data.get("blocks")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        mistakes.add(data.value_marks["blocks"], "blocks are a mapping from a name to a block.")
        return {}
    found = {}
    for name, body in given.items():
        block = _read_block(str(name), body, given.key_marks[name], mistakes)
        if block:
            found[block.name] = block
    return found


def _read_block(name: str, body: object, mark: Mark, mistakes: Mistakes) -> Block | None:
    if name in known_kinds() or name in OTHER_KINDS or name in BESIDE:
        mistakes.add(mark, f'a block cannot be called "{name}": that name has a meaning already.')
        return None
    if not isinstance(body, Mapping) or not isinstance(body.get("layers"), Sequence) or not body["layers"]:
        mistakes.add(mark, f'block "{name}" needs layers: a list with one item per layer.')
        return None
    for key in body:
        if key not in KEYS:
            mistakes.add(body.key_marks[key], f'block "{name}": no key "{key}".{nearest(key, KEYS)}')
    parameters = _parameters(name, body, mistakes)
    inputs = body.get("inputs") or (INPUT,)
    names = (inputs,) if isinstance(inputs, str) else tuple(map(str, inputs))
    required = frozenset(key for key, value in parameters.items() if value is None)
    return Block(name, parameters, required, names, body["layers"], body.get("output"))


def _parameters(name: str, body: Mapping, mistakes: Mistakes) -> dict[str, Any]:
    """Parameters and their defaults; one without a default must be given."""
    given = body.get("parameters") or {}
    if isinstance(given, list):
        return {str(item): None for item in given}
    if isinstance(given, dict):
        return {str(key): value for key, value in given.items()}
    mistakes.add(
        body.value_marks["parameters"], f'block "{name}": parameters are a list of names or a mapping.'
    )
    return {}
