"""Which memory each step of a prediction needs and frees, whatever the order in which steps run.

Values that are views of one another are one storage. What is alive follows from the steps that have
run, not from their order: a storage is alive from the step that makes it (the images': from the first
that reads it) until all that read it have run; what the model gives stays. An output that is written
over an input takes the place of what is freed, so it changes what a step needs, not what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.memory.forward import overwrites
from cnncalc.memory.sizes import Sizes


class Flow:
    """``sizes``: bytes of each storage. ``readers``: the steps that read it. ``stays``, ``loaded``: it is
    what the model gives, an image. ``reads``, ``home``: the storages that each step reads, that its
    output is in. ``made``: bytes that its output needs of its own; a view needs none. ``unread``: no
    one reads what the step makes.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.graph = graph = sizes.graph
        first = len(graph.inputs)
        homes = list(range(first))
        self.sizes = sizes.values[:first]
        self.made: list[int] = []
        for index, node in enumerate(graph.nodes):
            size = sizes.values[first + index]
            seen = homes[node.inputs[0]]
            view = node.facts.alias == "view" and self.sizes[seen] == size
            self.made.append(0 if view else size)
            homes.append(seen if view else len(self.sizes))
            self.sizes += [] if view else [size]
        self.home = homes[first:]
        self.reads = [tuple(dict.fromkeys(homes[value] for value in node.inputs)) for node in graph.nodes]
        self.readers: list[list[int]] = [[] for _ in self.sizes]
        for index, storages in enumerate(self.reads):
            for storage in storages:
                self.readers[storage].append(index)
        self.stays = [False] * len(self.sizes)
        for value in graph.outputs:
            self.stays[homes[value]] = True
        self.loaded = [storage < first for storage in range(len(self.sizes))]
        self.unread = [not (self.readers[home] or self.stays[home]) for home in self.home]

    def places(self, index: int) -> list[int]:
        """The storages over which the output of a step may be written once no one else reads them."""
        if not self.made[index] or not overwrites(self.graph.nodes[index].facts):
            return []
        size = self.made[index]
        return [
            s for s in self.reads[index] if self.sizes[s] == size and not (self.stays[s] or self.loaded[s])
        ]

    def fixed(self) -> list[bool]:
        """For each step whether it runs at its place in every order: all others lead to it or follow it."""
        first, nodes = len(self.graph.inputs), self.graph.nodes
        before = [[value - first for value in dict.fromkeys(node.inputs) if value >= first] for node in nodes]
        after = [list(self.graph.readers[first + index]) for index in range(len(nodes))]
        behind = _all_meet(before, range(len(nodes)))
        ahead = _all_meet(after, range(len(nodes) - 1, -1, -1))
        return [one and other for one, other in zip(behind, ahead, strict=True)]

    def segments(self) -> Iterator[range]:
        """The steps in stretches: one that is fixed, or all between two such."""
        start = 0
        for index, fixed in enumerate(self.fixed()):
            if fixed:
                if start < index:
                    yield range(start, index)
                yield range(index, index + 1)
                start = index + 1
        if start < len(self.made):
            yield range(start, len(self.made))


def _all_meet(links: list[list[int]], order: range) -> list[bool]:
    """For each step whether all that come earlier in the order lead to it.

    They do where it is linked to each of those that lead to none of the others.
    """
    loose = [False] * len(links)
    count = 0
    met = [False] * len(links)
    for index in order:
        ends = [link for link in links[index] if loose[link]]
        met[index] = len(ends) == count
        for link in ends:
            loose[link] = False
        loose[index] = True
        count += 1 - len(ends)
    return met
