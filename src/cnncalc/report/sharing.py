"""How TensorFlow shares a GPU: who gets what, why the second process ends, and the code that sets it."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.fitting import Fit
from cnncalc.advice.sharing import Sharing, code
from cnncalc.report.table import Grid, fitted
from cnncalc.units import bytes_text


def sharing_lines(fit: Fit) -> Iterator[str]:
    """Paragraphs on TensorFlow's settings; none where no GPU is asked about, or nothing is set."""
    if fit.device is None or not fit.processes or fit.sharing == Sharing():
        return
    yield _setting(fit)
    if len(fit.processes) > 1:
        yield process_table(fit)
    yield from _outcome(fit)
    lines = code(fit.device, fit.sharing)
    if lines:
        yield "\n".join(["In TensorFlow, before anything runs:", *(f"    {line}" for line in lines)])
    yield (
        "On a machine with several GPUs give each process one of its own, before it starts: "
        "CUDA_VISIBLE_DEVICES=0, CUDA_VISIBLE_DEVICES=1, ..."
    )


def _setting(fit: Fit) -> str:
    if fit.sharing.memory_fraction is not None:
        share = f"{100 * fit.sharing.memory_fraction:g} %"
        return f"Each process is limited to {share} of the GPU, whether it needs it or not."
    if fit.sharing.memory_growth:
        return (
            "With memory growth a process takes what it needs, and gives nothing back before it ends "
            "(TF_FORCE_GPU_ALLOW_GROWTH=true does the same without a change in the code)."
        )
    return "By default TensorFlow takes nearly all that is free of the GPU as soon as it first uses it."


def process_table(fit: Fit) -> str:
    """One row per process, in the order in which they start."""
    rows = [
        (str(item.number), bytes_text(item.pool_bytes), "yes" if item.verdict == "fits" else item.verdict)
        for item in fit.processes
    ]
    return fitted(Grid(("process", "gets at least", "the model fits"), tuple(rows), frozenset({2})), None)


def _outcome(fit: Fit) -> Iterator[str]:
    """Why a process ends, where one does."""
    dies = [item.number for item in fit.processes if item.verdict == "does not fit"]
    if not dies or len(fit.processes) == 1:
        return
    who = f"Process {dies[0]}" if len(dies) == 1 else f"Processes {dies[0]} to {dies[-1]}"
    yield (
        f"{who} will end with an error. Asking the driver for memory that another process holds gives "
        "CUDA_ERROR_OUT_OF_MEMORY; TensorFlow tries again with less, and the first tensor that finds no "
        "place raises ResourceExhaustedError."
    )
