"""``measure``: what Keras on TensorFlow allocates for a model, over several fresh compilations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from os import PathLike
from statistics import median_low, multimode
from tempfile import TemporaryFile
from typing import Any

from cnncalc.errors import CnncalcError
from cnncalc.estimation import Estimate, estimate
from cnncalc.footprints import Footprint
from cnncalc.interop.keras_build import require_tensorflow
from cnncalc.interop.writing import to_json
from cnncalc.measuring.job import Facts, Job, Mode, Run
from cnncalc.model import Model

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measurement:
    """What was measured, beside the estimate of the same model under the same settings.

    All figures of ``runs`` are in requested bytes above variables and batch; on the CPU of buffers of
    256 KiB and more, which are all that TensorFlow traces there.
    """

    estimate: Estimate
    mode: Mode
    batch_size: int
    runs: tuple[Run, ...]
    facts: Facts

    @property
    def low_bytes(self) -> int:
        return min(run.step_bytes for run in self.runs)

    @property
    def median_bytes(self) -> int:
        """The lower one of two in the middle: a value that was measured."""
        return median_low(run.step_bytes for run in self.runs)

    @property
    def high_bytes(self) -> int:
        return max(run.step_bytes for run in self.runs)

    @property
    def modes_bytes(self) -> tuple[int, ...]:
        """The value that most runs took; several, where as many took each."""
        return tuple(sorted(multimode(run.step_bytes for run in self.runs)))

    @property
    def variables_bytes(self) -> int:
        """Weights and the optimizer's variables, its scalars included."""
        return self.facts.weights_bytes + self.facts.optimizer_bytes

    @property
    def estimated(self) -> Footprint | None:
        """What the tensorflow rule says of the same step; None where it has no rule for it."""
        answer = self.estimate.answers.get("tensorflow")
        if answer is None:
            return None
        return answer.training if self.mode == "training" else answer.inference


def measure(
    model: Model | str | PathLike[str],
    *,
    mode: Mode = "training",
    batch_size: int | None = None,
    dtype: str | None = None,
    optimizer: Any = None,
    loss: Any = None,
    compilations: int = 4,
    timeline: bool = False,
    segments: Iterable[Sequence[str]] | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Build the model in Keras in a fresh process, run it, and read what TensorFlow allocates.

    ``segments``: names of layers that run again in the backward pass (see ``to_keras``). ``progress`` is
    called with the compilations done and their number. Raises MissingExtraError without TensorFlow,
    CnncalcError where the process fails, with its last line.
    """
    require_tensorflow()
    found = estimate(
        model,
        batch_size=batch_size,
        inference_batch_size=batch_size,
        dtype=dtype,
        optimizer=optimizer,
        loss=loss,
        segments=segments,
    )
    job = _job(found, mode, compilations, timeline)
    runs, facts = [], None
    for kind, record in _answers(job):
        if kind == "run":
            runs.append(_run(record))
            if progress:
                progress(len(runs), compilations)
        else:
            facts = Facts(**record)
    if facts is None:
        raise CnncalcError("the measuring process has ended without an answer.")
    return Measurement(found, mode, job.batch_size, tuple(runs), facts)


def _job(found: Estimate, mode: Mode, compilations: int, timeline: bool) -> Job:
    settings = found.settings
    if compilations < 1:
        raise CnncalcError(f"compilations must be at least 1, found {compilations}.")
    return Job(
        model=to_json(found.model),
        mode=mode,
        batch_size=settings.batch_size if mode == "training" else settings.inference_batch_size,
        dtype=settings.dtype,
        optimizer=settings.optimizer.config(),
        loss=settings.loss.config() if settings.loss else {},
        compilations=compilations,
        timeline=timeline,
        segments=settings.segments,
    )


def _run(record: dict[str, Any]) -> Run:
    pairs = tuple((total, op) for total, op in record["timeline"])
    buffers = tuple((op, size, shape) for op, size, shape in record["buffers"])
    return Run(**{**record, "timeline": pairs, "buffers": buffers})


def _answers(job: Job) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the process says, a record a line, as it comes."""
    command = [sys.executable, "-m", "cnncalc.measuring.worker"]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=quiet
        )
        with process, process.stdout or nullcontext(()) as lines:
            if process.stdin:
                process.stdin.write(json.dumps(job._asdict()))
                process.stdin.close()
            for line in lines:
                yield from json.loads(line).items()
        if process.returncode:
            said.seek(0)
            last = said.read().strip().splitlines()[-1:]
            raise CnncalcError(f"measuring failed: {last[0] if last else 'the process was killed'}")
