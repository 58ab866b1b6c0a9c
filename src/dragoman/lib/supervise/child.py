"""One supervised process: how it is started, when it comes back, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dragoman.lib.supervise import kernel

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
# A process that lived this long was well; its next end starts the pauses anew.
WELL_AFTER = 30.0


@dataclass(frozen=True)
class Plan:
    """What to run. `last` is stopped after all others; `patience` is how long it may take to stop."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    last: bool = False
    patience: float = 5.0


class Child:
    """A plan and its present process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.process: subprocess.Popen[bytes] | None = None
        self.since = 0.0
        self.failures = 0
        self.due = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """Begin, in a process group of its own; our death ends it."""
        self.process = subprocess.Popen(
            list(self.plan.command),
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.plan.env},
            start_new_session=True,
            preexec_fn=kernel.follow_parent(),  # noqa: PLW1509 - one thread, one system call
        )
        self.since = time.monotonic()

    def ended(self) -> int | None:
        """The exit code, once, if it has ended. What its group left behind is ended too."""
        if self.process is None:
            return None
        code = self.process.poll()
        if code is None:
            return None
        self.signal_group(signal.SIGKILL)
        self.process = None
        return code

    def plan_return(self) -> float:
        """Fix when it comes back: at once-ish, then ever later while it keeps failing. Returns the pause."""
        if time.monotonic() - self.since > WELL_AFTER:
            self.failures = 0
        pause = min(FIRST_PAUSE * 2.0**self.failures, LONGEST_PAUSE)
        self.failures += 1
        self.due = time.monotonic() + pause
        return pause

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    def signal_group(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
