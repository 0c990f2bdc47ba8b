"""``cnncalc schema``."""

from __future__ import annotations

from cnncalc.cli import options


def schema() -> None:
    """Print the JSON Schema of the model file, for editors to complete and check by."""
    import json

    from cnncalc.interop.schema import schema as make

    options.show(json.dumps(make(), indent=1) + "\n")
