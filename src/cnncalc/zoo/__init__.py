"""The zoo: architectures as model files, each with its source, and what is published of them.

A network is one YAML file in this folder. ``published.yaml`` beside them holds the figures that
others print, which the tests compare with ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cnncalc.errors import fold

FOLDER = Path(__file__).parent
SUFFIX = ".yaml"
PUBLISHED = "published"
"""The one file that is no network."""


class Published(NamedTuple):
    """What is printed of a network elsewhere.

    ``parameters`` are ``trainable`` ones where the source counts no moving averages. ``macs`` are
    as printed, ``"4.089 G"``; they and ``macs_source`` are empty where nobody prints them for this
    very network.
    """

    parameters: int
    trainable: bool
    source: str
    macs: str = ""
    macs_source: str = ""


def names() -> tuple[str, ...]:
    """The networks of the zoo.

    >>> names()[:3]
    ('alexnet', 'alexnet_single', 'convnext_tiny')
    """
    stems = (file.name.removesuffix(SUFFIX) for file in FOLDER.iterdir() if file.name.endswith(SUFFIX))
    return tuple(sorted(stem for stem in stems if stem != PUBLISHED))


def name_of(name: str) -> str | None:
    """The zoo's own spelling of a name; None where there is no such network.

    >>> name_of("ResNet-50 v1.5"), name_of("resnet51")
    ('resnet50_v1_5', None)
    """
    wanted = fold(name)
    return next((known for known in names() if fold(known) == wanted), None)


def text_of(name: str) -> str | None:
    """The model file of a network, whatever the case and the separators of its name.

    >>> str(text_of("LeNet-5")).splitlines()[0]
    'name: lenet5'
    """
    known = name_of(name)
    return None if known is None else _read(known)


def published(name: str) -> Published | None:
    """The figures that are published of a network; None where there is no such network."""
    from yaml import safe_load

    known = name_of(name)
    if known is None:
        return None
    data = safe_load(_read(PUBLISHED))
    sources, entry = data["sources"], data["networks"][known]
    trainable = "trainable_parameters" in entry
    return Published(
        parameters=entry["trainable_parameters" if trainable else "parameters"],
        trainable=trainable,
        source=sources.get(entry["from"], entry["from"]),
        macs=entry.get("macs", ""),
        macs_source=sources.get(entry.get("macs_from", ""), entry.get("macs_from", "")),
    )


def _read(stem: str) -> str:
    return (FOLDER / f"{stem}{SUFFIX}").read_text(encoding="utf-8")
