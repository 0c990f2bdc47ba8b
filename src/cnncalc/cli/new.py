"""``cnncalc new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.errors import FileError

STARTER = """\
# A model file of cnncalc. Try:  cnncalc estimate {file}
#                                cnncalc explain {file}
# For completion in an editor:   cnncalc schema > cnncalc.schema.json
# yaml-language-server: $schema=cnncalc.schema.json
name: {name}
input: [200, 300, 3]              # height, width, channels; the batch is never written
layers:                           # names, settings and defaults are those of Keras
  - Conv2D: {{filters: 100, kernel_size: 3, strides: 2, padding: same}}
  - Conv2D: {{filters: 200, kernel_size: 3, strides: 2, padding: same}}
  - Conv2D: {{filters: 400, kernel_size: 3, strides: 2, padding: same}}
# - MaxPooling2D                  # more to try: take away the hash signs
# - Flatten
# - Dense: {{units: 10, activation: softmax}}
#   name: classes                 # beside its kind a layer has name, inputs, trainable, ...
settings:                         # defaults; flags such as --batch-size override them
  batch_size: 50                  # of training
  # inference_batch_size: 1
  # dtype: float32                # float16, mixed_float16, ...
  # optimizer: sgd                # or {{name: SGD, momentum: 0.9}}
"""


def new(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The model file to write.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented model file to start from: three convolutions."""
    path = Path(file)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise FileError(f"{file}: a model file that is written by hand ends in .yaml or .yml.")
    if path.exists() and not force:
        raise FileError(f"{file}: there is such a file already; --force writes over it.")
    try:
        path.write_text(STARTER.format(file=file, name=path.stem), encoding="utf-8")
    except OSError as error:
        raise FileError(f"{file}: cannot be written: {error.strerror}.") from None
    typer.echo(f"{file} is written: three convolutions to change.\nNext: cnncalc estimate {file}")
