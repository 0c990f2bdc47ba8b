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

PAGE = Path(__file__).with_name("layers.md")
HEAD = f"""\
# Layers

Every kind that cnncalc knows ({len(CATALOGUE)}), by family. Names, settings and defaults are those of Keras.
A setting in **bold** must be given; the others show their default, as Python writes it: `None` is `null` in a
[model file](model-file.md), `True` is `true`. One number stands for all axes where each could have its own.
Shapes are per sample. Beside these settings every layer takes {", ".join(f"`{name}`" for name in COMMON)}.

A setting that is not listed is refused, and so is a kind: neither becomes a wrong number.

<!-- Written by docs/generate_layers.py from the catalogue: do not edit. -->
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [HEAD, *(family(name, list(kinds)) for name, kinds in groupby(CATALOGUE, CATALOGUE.get))]
    )


def family(name: str | None, kinds: list[str]) -> str:
    classes = [layer_class(kind) for kind in kinds]
    rows = [" | ".join(cells(cls)) for cls in classes]
    head = ["kind | what it is | input → output | settings | source", "--- | --- | --- | --- | ---"]
    table = "\n".join(f"| {row} |" for row in [*head, *rows])
    return "\n".join([f"## {str(name).capitalize()}\n", f"{table}\n", *without_effect(classes)])


def cells(cls: type[Layer]) -> tuple[str, ...]:
    summary, *body = (inspect.getdoc(cls) or "").split("\n\n")
    text = " ".join(" ".join(body).split(">>>")[0].split())
    return (
        f"`{cls.__name__}`",
        code(" ".join(summary.split())),
        code(shapes(text)),
        settings(cls),
        code(source(text)),
    )


def shapes(text: str) -> str:
    """What the docstring says of input and output: the clause that begins with "Input"."""
    found = re.search(r"(?:Input(?: of)?|(Two inputs|Inputs)) (.*?)[,;] output (.*?)(?=;|\. |\.$)", text)
    return f"{found[1] + ' ' if found[1] else ''}{found[2]} → {found[3]}" if found else ""


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


def without_effect(classes: list[type[Layer]]) -> Iterator[str]:
    """Kinds that accept the same settings without effect, in one line each."""
    by_settings: dict[frozenset[str], list[str]] = {}
    for cls in classes:
        if cls.without_effect:
            by_settings.setdefault(cls.without_effect, []).append(f"`{cls.__name__}`")
    for names, kinds in by_settings.items():
        accepted = ", ".join(f"`{name}`" for name in sorted(names))
        yield f"Accepted, and changes no number ({', '.join(kinds)}): {accepted}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
