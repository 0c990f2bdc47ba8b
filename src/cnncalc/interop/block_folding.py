"""Repeated blocks in a flat list of layers, folded so that a model file says them once.

Layers fold where their names say that they repeat, ``block2_conv``, ``block3_conv``: the same
layers under consecutive numbers, each run of them reading only itself and what stands before it.
Whoever folds checks that the file so written is read as the same model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.model import INPUT, PREVIOUS


class Run(NamedTuple):
    """Layers from ``start`` on: ``times`` times ``length`` of them, named ``stem`` and a number."""

    start: int
    length: int
    times: int
    stem: str
    first: int


Item = dict[str, Any]


def fold(layers: list[Item], names: list[str]) -> tuple[list[Item], dict[str, Item]]:
    """The layers with each repetition once, and the blocks that they use.

    ``layers`` are those of a model file, each a mapping with all its inputs written; ``names`` are
    their names.
    """
    found: list[Item] = []
    blocks: dict[str, Item] = {}
    index = 0
    while index < len(layers):
        run = _longest(layers, names, index)
        if run is None:
            found.append(without_default(layers[index], names[index - 1 : index]))
            index += 1
            continue
        block = _block(layers, names, run)
        name = next((known for known, body in blocks.items() if body == block), _block_name(run.stem, blocks))
        blocks[name] = block
        found.append(_use(name, run))
        index += run.length * run.times
    return found, blocks


def _block_name(stem: str, blocks: dict[str, Item]) -> str:
    plain = f"{stem.rstrip('_')}_block" if not stem.endswith("block") else stem
    return plain if plain not in blocks else f"{plain}_{len(blocks)}"


def _longest(layers: list[Item], names: list[str], start: int) -> Run | None:
    runs = [run for stem, number in _stems(names[start]) if (run := _run(layers, names, start, stem, number))]
    return max(runs, key=lambda run: run.length * run.times, default=None)


def _stems(name: str) -> Iterator[tuple[str, int]]:
    """Each way to read a name as a stem, a number and the name of a layer in a block."""
    for match in re.finditer(r"(\d+)_", name):
        yield name[: match.start()], int(match[1])


def _run(layers: list[Item], names: list[str], start: int, stem: str, number: int) -> Run | None:
    length = _length(names, start, f"{stem}{number}_")
    body = _local(layers, names, start, length, f"{stem}{number}_")
    times = 1
    while body is not None:
        begin = start + times * length
        prefix = f"{stem}{number + times}_"
        if begin + length > len(layers) or _length(names, begin, prefix) != length:
            break
        if _local(layers, names, begin, length, prefix) != body:
            break
        times += 1
    return Run(start, length, times, stem, number) if times > 1 and length > 1 else None


def _length(names: list[str], start: int, prefix: str) -> int:
    end = start
    while end < len(names) and names[end].startswith(prefix):
        end += 1
    return end - start


def _local(layers: list[Item], names: list[str], start: int, length: int, prefix: str) -> list[Item] | None:
    """The layers in names of their own; None where they read more than what stands just before them."""
    if start == 0:
        return None
    own = {name: name.removeprefix(prefix) for name in names[start : start + length]}
    if {INPUT, PREVIOUS} & set(own.values()):
        return None
    own[names[start - 1]] = INPUT
    found = []
    for index in range(start, start + length):
        inputs = layers[index]["inputs"]
        if any(name not in own for name in inputs):
            return None
        read = [own[name] for name in inputs]
        found.append({**layers[index], "name": own[names[index]], "inputs": read})
    return found


def _block(layers: list[Item], names: list[str], run: Run) -> Item:
    local = _local(layers, names, run.start, run.length, f"{run.stem}{run.first}_") or []
    before = [INPUT, *(item["name"] for item in local)]
    return {"layers": [without_default(item, [name]) for item, name in zip(local, before, strict=False)]}


def without_default(item: Item, default: list[str]) -> Item:
    """The layer without its inputs, where they are what it would read anyway."""
    return {key: value for key, value in item.items() if key != "inputs" or value != default}


def _use(name: str, run: Run) -> Item:
    last = run.first + run.times - 1
    repeat: Any = run.times if run.first == 1 else {"from": run.first, "to": last}
    return {name: None, "name": run.stem, "repeat": repeat}
