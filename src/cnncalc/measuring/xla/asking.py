"""``ask_xla``: what XLA's compiler plans for a model on a GPU that need not be there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from cnncalc.devices import Device, load_device
from cnncalc.errors import CnncalcError, NoRuleError
from cnncalc.estimation import Estimate
from cnncalc.interop.writing import to_json
from cnncalc.measuring.job import Mode
from cnncalc.measuring.xla import cache
from cnncalc.measuring.xla.installed import installed_versions
from cnncalc.measuring.xla.job import XlaJob, XlaPlan, plan_from
from cnncalc.measuring.xla.target import target_text

Progress = Callable[[float], None]

TIMEOUT_S = 600.0
"""How long a compilation may take unless said otherwise; the largest networks need some minutes."""
POLL_S = 0.1


@dataclass(frozen=True)
class XlaMeasurement:
    """XLA's plan of one mode, with the estimate of the same model under the same settings."""

    estimate: Estimate
    device: Device
    mode: Mode
    batch_size: int
    plan: XlaPlan
    versions: dict[str, str]
    seconds: float
    """What asking took; 0 where the answer was kept from another time."""

    @property
    def fits(self) -> bool:
        """Whether the plan is no larger than the device's memory, of which a context takes some more."""
        return self.plan.total_bytes <= self.device.memory_bytes


def ask_xla(
    estimate: Estimate,
    device: Device | str,
    mode: Mode,
    *,
    timeout_s: float = TIMEOUT_S,
    progress: Progress | None = None,
    again: bool = False,
) -> XlaMeasurement:
    """Ask the compiler about an estimate's model, under the estimate's settings.

    ``device`` is a :class:`Device` or what ``load_device`` takes. The batch is the settings' ``batch_size``
    for training, ``inference_batch_size`` for prediction. ``progress`` is called with the seconds gone by.
    An answer is kept, by model, settings, device and versions; ``again`` asks all the same.

    Raises MissingExtraError where the ``xla`` extra is missing or of other versions, NoRuleError for
    segments that run again, CnncalcError where the model cannot be compiled, or not within ``timeout_s``.
    """
    gpu = load_device(device) if isinstance(device, str) else device
    if estimate.settings.segments and mode == "training":
        raise NoRuleError("the compiler is not asked about segments that run again.")
    job, versions = _job(estimate, gpu, mode), installed_versions()
    plan = None if again else cache.recalled(job, versions)
    started = time.monotonic()
    seconds = 0.0
    if plan is None:
        plan = _compiled(job, timeout_s, progress or (lambda seconds: None))
        seconds = time.monotonic() - started
        cache.keep(job, versions, plan)
    return XlaMeasurement(estimate, gpu, mode, job.batch_size, plan, versions, seconds)


def _job(estimate: Estimate, device: Device, mode: Mode) -> XlaJob:
    settings = estimate.settings
    training = mode == "training"
    return XlaJob(
        model=to_json(estimate.model),
        mode=mode,
        batch_size=settings.batch_size if training else settings.inference_batch_size,
        dtype=settings.dtype,
        optimizer=settings.optimizer.config() if training else {},
        loss=settings.loss.config() if training and settings.loss else {},
        target=target_text(device),
    )


def _compiled(job: XlaJob, timeout_s: float, progress: Progress) -> XlaPlan:
    command = [sys.executable, "-m", "cnncalc.measuring.xla.worker"]
    with TemporaryFile("w+") as asked, TemporaryFile("w+") as answered, TemporaryFile("w+") as said:
        asked.write(json.dumps(job._asdict()))
        asked.seek(0)
        process = subprocess.Popen(
            command, stdin=asked, stdout=answered, stderr=said, text=True, env=_environment()
        )
        try:
            _wait(process, timeout_s, progress)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise CnncalcError(f"XLA did not answer: {_reason(said)}")
        answered.seek(0)
        answer = json.loads(answered.read().splitlines()[-1])
    if "refused" in answer:
        raise CnncalcError(answer["refused"])
    return plan_from(answer["plan"])


SWITCHES = ("JAX_", "XLA_", "KERAS_", "TF_")
"""Variables that would change what is compiled; the process sets its own."""


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SWITCHES)}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _wait(process: subprocess.Popen[str], timeout_s: float, progress: Progress) -> None:
    started = time.monotonic()
    while True:
        try:
            process.wait(POLL_S)
            return
        except subprocess.TimeoutExpired:
            gone = time.monotonic() - started
        if gone > timeout_s:
            raise CnncalcError(f"XLA has not answered within {timeout_s:g} s; --timeout gives it longer.")
        progress(gone)


def _reason(said: IO[str]) -> str:
    """The last line that names an error; XLA adds lines of advice below it."""
    said.seek(0)
    lines = [line.strip() for line in said.read().splitlines() if line.strip()]
    errors = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    return (errors or lines or ["the process was killed, perhaps for want of memory"])[-1]
