"""The layers of one model by name: what each reads, and the order in which they run."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cnncalc.errors import Problem, nearest
from cnncalc.layers.base import Layer
from cnncalc.model import INPUT, PREVIOUS, Call, Model, Namer, Nested

MAX_DEPTH = 20
"""How deep models may be nested."""

MAX_NAME = 200 + 1
"""No layer has a longer name, the dot behind it counted."""


class Link(NamedTuple):
    """Where an input comes from: a layer (one of its outputs) or, without a layer, a model input."""

    layer: int | None
    output: int | None


class Scope:
    """The layers of one model with their names, links and order; made once, run at each call."""

    def __init__(self, model: Model, path: tuple[str | int, ...], problems: list[Problem]) -> None:
        self.model = model
        self.path = path
        self.problems = problems
        self.names = _names(model)
        self.wrong: set[int] = set()
        self._check_names()
        self.index = {name: index for index, name in reversed(list(enumerate(self.names)))}
        self.input_index = {item.name: index for index, item in enumerate(model.inputs)}
        self.inner = {
            index: Scope(layer.model, (*path, "layers", index), problems)
            for index, layer in enumerate(model.layers)
            if isinstance(layer, Nested) and self._not_too_deep(index)
        }
        self.links = [self._links(index, layer) for index, layer in enumerate(model.layers)]
        self.outputs = self._outputs()
        self.order = self._order()
        self._check_all_used()

    def _not_too_deep(self, index: int) -> bool:
        if len(self.path) < 2 * MAX_DEPTH:
            return True
        self.problem(index, f"models are nested more than {MAX_DEPTH} deep.")
        return False

    def problem(self, index: int, message: str) -> None:
        """Note a mistake of a layer; what follows from it is none."""
        self.wrong.add(index)
        layer = self.model.layers[index]
        self.problems.append(
            Problem((*self.path, "layers", index), f'{layer.kind} "{self.names[index]}": {message}')
        )

    def _check_names(self) -> None:
        seen = {item.name for item in self.model.inputs}
        for index, name in enumerate(self.names):
            if name in seen or name == PREVIOUS:
                self.problem(index, "the name is given twice." if name in seen else "this name is reserved.")
            seen.add(name)

    def _links(self, index: int, layer: Layer) -> tuple[Link, ...]:
        if isinstance(layer, Call) and not self._callable(index, layer):
            return ()
        names = layer.inputs or ((PREVIOUS,) if index else self._first_inputs(index))
        return tuple(link for name in names if (link := self._link(index, name)) is not None)

    def _callable(self, index: int, layer: Call) -> bool:
        target = self.index.get(layer.layer)
        if target is None or isinstance(self.model.layers[target], Call):
            self.problem(
                index, f'there is no layer "{layer.layer}" to call.{nearest(layer.layer, self.index)}'
            )
            return False
        return True

    def _first_inputs(self, index: int) -> tuple[str, ...]:
        inputs = tuple(item.name for item in self.model.inputs)
        if len(inputs) > 1 and self.model.layers[index].arity[1] == 1:
            self.problem(index, f"needs inputs: the model has {len(inputs)}, {', '.join(inputs)}.")
            return ()
        return inputs

    def _link(self, index: int, name: str) -> Link | None:
        found = self._find(index, name)
        if found is None:
            known = (*self.names, *self.input_index)
            self.problem(index, f'its input "{name}" is not there.{nearest(name, known)}')
        return found

    def _find(self, index: int, name: str) -> Link | None:
        if name == PREVIOUS and index:
            return Link(index - 1, None)
        if name in self.index:
            return Link(self.index[name], None)
        if name in self.input_index:
            return Link(None, self.input_index[name])
        if name == INPUT and len(self.input_index) == 1:
            return Link(None, 0)
        return self._find_output(name)

    def _find_output(self, name: str) -> Link | None:
        """``encoder.skip``: the output ``skip`` of the nested model ``encoder``."""
        for dot in [at for at, letter in enumerate(name[:MAX_NAME]) if letter == "."]:
            owner, output = self.index.get(name[:dot]), name[dot + 1 :]
            names = [] if owner is None else self.output_names(owner)
            if output in names:
                return Link(owner, names.index(output))
        return None

    def called(self, index: int) -> int:
        """The layer itself, or the one that a call calls."""
        layer = self.model.layers[index]
        return self.index.get(layer.layer, index) if isinstance(layer, Call) else index

    def output_names(self, index: int) -> list[str]:
        """The named outputs of a nested model (or of a call of one)."""
        layer = self.model.layers[self.called(index)]
        return [name for name, _ in layer.model.outputs] if isinstance(layer, Nested) else []

    def _outputs(self) -> list[Link]:
        references = [reference for _, reference in self.model.outputs] or [self.names[-1]]
        found = [self._output(reference) for reference in references]
        return [link for link in found if link is not None]

    def _output(self, reference: str) -> Link | None:
        link = self._find(0, reference)
        if link is None:
            self._output_problem(f'output "{reference}" is not there.{nearest(reference, self.names)}')
        elif link.layer is not None and link.output is None and len(self.output_names(link.layer)) > 1:
            names = ", ".join(f"{reference}.{name}" for name in self.output_names(link.layer))
            self._output_problem(f'output "{reference}": say which of its outputs: {names}.')
        return link

    def _output_problem(self, message: str) -> None:
        self.problems.append(Problem((*self.path, "outputs"), message))

    def _order(self) -> list[int]:
        """Layers so that each comes behind all that it reads, else in the order written."""
        needs = [[link.layer for link in links if link.layer is not None] for links in self.links]
        if all(all(need < index for need in needed) for index, needed in enumerate(needs)):
            return list(range(len(needs)))
        order = _sorted(needs)
        missing = sorted(set(range(len(needs))) - set(order))
        if missing:
            loop = self._loop(needs, missing)
            self.problem(missing[0], f"is in a cycle, it reads through others its own output: {loop}.")
        return order

    def _loop(self, needs: list[list[int]], missing: list[int]) -> str:
        inside = set(missing)
        trail = [missing[0]]
        while True:
            step = next(need for need in needs[trail[-1]] if need in inside)
            if step in trail:
                return " <- ".join(self.names[index] for index in [*trail[trail.index(step) :], step][:6])
            trail.append(step)

    def _check_all_used(self) -> None:
        used = {link.layer for links in self.links for link in links} | {link.layer for link in self.outputs}
        for index in range(len(self.names)):
            if index not in used and not self.problems:
                self.problem(index, "nothing reads it, and it is not one of the model's outputs.")


def _names(model: Model) -> list[str]:
    given = [
        layer.name or (layer.model.name if isinstance(layer, Nested) else None) for layer in model.layers
    ]
    namer = Namer([name for name in given if name] + [item.name for item in model.inputs])
    return [name or namer.name(layer.kind) for name, layer in zip(given, model.layers, strict=True)]


def _sorted(needs: list[list[int]]) -> list[int]:
    """Topological order, always the earliest written of those that are ready; cycles left out."""
    waiting = [len(set(needed)) for needed in needs]
    readers: list[list[int]] = [[] for _ in needs]
    for index, needed in enumerate(needs):
        for need in set(needed):
            readers[need].append(index)
    ready = [index for index, count in enumerate(waiting) if not count]
    heapify(ready)
    order = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    return order
