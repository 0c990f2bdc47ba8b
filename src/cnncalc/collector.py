"""Python's search for garbage, held off while much is made that stays.

A model, its graph and its plans are many small objects, which all live until the work is done. Python
searches for garbage after each 700 new objects, and sometimes through all that the process holds,
frameworks included. docs/decisions/speed.md says what that took.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for garbage inside; afterwards, and after an error, as before.

    A search that is off already stays off. The switch is the process's: where threads overlap, one may go
    on with the search turned on again by another, which costs time and changes nothing.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


RARELY = 100_000
"""New objects after which a command's garbage is searched for; Python's own number is 700."""


def spare_a_command() -> None:
    """Search seldom while the process runs, and not at its end: it makes little garbage, and ends soon.

    At its end Python searches through all that is alive, only to give back what the system takes back anyway.
    Frozen objects are passed over.
    """
    gc.set_threshold(RARELY)
    atexit.register(gc.freeze)
