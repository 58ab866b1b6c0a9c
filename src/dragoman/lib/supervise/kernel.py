"""What Linux offers a supervisor, and nothing where it does not: see the parent's death, adopt orphans."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _prctl() -> Callable[..., int] | None:
    call: Callable[..., int] | None = getattr(ctypes.CDLL(None), "prctl", None)
    return call


def follow_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """A call for a child to make before it becomes its program: our death sends it `number`."""
    prctl, parent = _prctl(), os.getpid()

    def follow() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, number)
            # The parent may have died before the call above.
            if os.getppid() != parent:
                os._exit(1)

    return follow


def adopt_orphans() -> None:
    """From now on the children of our dead children become ours, so that none is lost sight of."""
    prctl = _prctl()
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def own_children() -> list[int]:
    """The process numbers of all our children, adopted ones too."""
    numbers: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            numbers += [int(word) for word in task.read_text().split()]
    return numbers
