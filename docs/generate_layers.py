"""Writes docs/layers.md from the catalogue and the layers' classes: ``python docs/generate_layers.py``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import AliasChoices

from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.layers.base import COMMON, Layer
from cnncalc.layers.refused import ALIASES, REFUSED

PAGE = Path(__file__).with_name("layers.md")
HEAD = f"""\
# Layers

Every kind that cnncalc knows ({len(CATALOGUE)}), by family: layers, and then [operations](#operations).
Names, settings and defaults are those of Keras. A setting in **bold** must be given; the others show
their default, as Python writes it: `None` is `null` in a [model file](model-file.md), `True` is `true`.
One number stands for all axes where each could have its own. Shapes are per sample. Beside these
settings every layer takes {", ".join(f"`{name}`" for name in COMMON)}.

A setting that is not listed is refused, and so is a kind: neither becomes a wrong number. At the end
stand [the names of `keras.layers` that are refused](#refused-names), each with its reason.

<!-- Written by docs/generate_layers.py from the catalogue: do not edit. -->
"""

OPERATIONS = "operations_"
"""What the names of the families of operations begin with."""
OF_OPERATIONS = """\
## Operations

What a Keras model records where tensors are used directly, as in `x + y` or `x[:, 1:]`. A kind is
written `ops.Add`, after Keras's class. Operands that are no tensors are settings:
`ops.Multiply: {x2: 2.0}` doubles its input. Axes are counted as Keras counts them, with the batch axis
as 0; an operation that would mix the samples of a batch is refused.
"""
OF_OTHER_NAMES = """\
## Other names

Keras has more than one name for some layers. Model files use the name of the kind.
"""
OF_REFUSED = """\
## Refused names

With the kinds and the other names above these are all of `keras.layers` (Keras 3.15). A model that
holds one of them is refused with this reason.
"""


def page() -> str:
    """The whole page."""
    families = [(str(name), list(kinds)) for name, kinds in groupby(CATALOGUE, CATALOGUE.get)]
    layers = [family(heading(name), kinds) for name, kinds in families if not is_of_operations(name)]
    operations = [
        family(f"Operations: {heading(name.removeprefix(OPERATIONS)).lower()}", kinds)
        for name, kinds in families
        if is_of_operations(name)
    ]
    return "\n".join([HEAD, *layers, OF_OPERATIONS, *operations, other_names(), refused()])


def is_of_operations(name: str) -> bool:
    return name.startswith(OPERATIONS)


def heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def family(title: str, kinds: list[str]) -> str:
    classes = [layer_class(kind) for kind in kinds]
    rows = [" | ".join([f"`{kind}`", *cells(cls)]) for kind, cls in zip(kinds, classes, strict=True)]
    head = ["kind | what it is | input → output | settings | source", "--- | --- | --- | --- | ---"]
    table = "\n".join(f"| {row} |" for row in [*head, *rows])
    return "\n".join([f"## {title}\n", f"{table}\n", *without_effect(dict(zip(kinds, classes, strict=True)))])


def other_names() -> str:
    rows = [f"| `{name}` | `{kind}` |" for name, kind in ALIASES.items()]
    return "\n".join([OF_OTHER_NAMES, "| name | kind |\n| --- | --- |", *rows, ""])


def refused() -> str:
    rows = [f"| `{name}` | {reason} |" for name, reason in REFUSED.items()]
    return "\n".join([OF_REFUSED, "| name | reason: it |\n| --- | --- |", *rows, ""])


def cells(cls: type[Layer]) -> tuple[str, ...]:
    summary, *body = (inspect.getdoc(cls) or "").split("\n\n")
    text = " ".join(" ".join(body).split(">>>")[0].split())
    return (
        code(" ".join(summary.split())),
        code(shapes(text)),
        settings(cls),
        code(source(text)),
    )


def shapes(text: str) -> str:
    """What the docstring says of input and output: the clause that begins with "Input"."""
    several = "Two inputs|Inputs|Operands"
    found = re.search(rf"(?:Input(?: of)?|({several})) (.*?)[,;] output (.*?)(?=;|\. |\.$)", text)
    if found:
        return f"{found[1] + ' ' if found[1] else ''}{found[2]} → {found[3]}"
    both = re.search(r"Input and output (as .*?)[,;(]", text)
    return both[1].strip() if both else ""


def source(text: str) -> str:
    found = re.search(r"``((?:keras|tf)\.[\w.]+)``", text)
    return f"``{found[1]}``" if found else ""


def code(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def settings(cls: type[Layer]) -> str:
    """Those that must be given first."""
    names = sorted(cls.setting_names(), key=lambda name: not cls.model_fields[name].is_required())
    return ", ".join(setting(cls, name) for name in names)


def setting(cls: type[Layer], name: str) -> str:
    if cls.model_fields[name].is_required():
        return f"**`{name}`**"
    aliases = cls.model_fields[name].validation_alias
    others = [item for item in aliases.choices if item != name] if isinstance(aliases, AliasChoices) else []
    also = f" (also `{others[0]}`)" if others else ""
    return f"`{name}={plain(cls.default(name))!r}`{also}"


def plain(value: Any) -> Any:
    """One number where all axes have the same."""
    if isinstance(value, tuple):
        items = [plain(item) for item in value]
        return items[0] if len(set(map(repr, items))) == 1 else tuple(items)
    return value


def without_effect(classes: dict[str, type[Layer]]) -> Iterator[str]:
    """Kinds that accept the same settings without effect, in one line each."""
    by_settings: dict[frozenset[str], list[str]] = {}
    for kind, cls in classes.items():
        if cls.without_effect:
            by_settings.setdefault(cls.without_effect, []).append(f"`{kind}`")
    for names, kinds in by_settings.items():
        accepted = ", ".join(f"`{name}`" for name in sorted(names))
        yield f"Accepted, and changes no number ({', '.join(kinds)}): {accepted}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
