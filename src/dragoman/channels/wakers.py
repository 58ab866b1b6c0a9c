"""Jobs of higher apps that are started when something new has come in, so that nobody asks in vain.

A job is a hint: what waits is found by a sweep at any rate, so one process starts two a second at most.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.db import transaction

from dragoman.base import clock
from dragoman.base.jobs import later

BETWEEN = 0.5
# What commits shortly after the job was started is seen by it as well.
AFTER = timedelta(seconds=1)

_jobs: list[str] = []
_lock = threading.Lock()
_last = -BETWEEN


def register(job: str) -> None:
    """Called from an app's `ready()`: start the job of this name, which takes no arguments."""
    if job not in _jobs:
        _jobs.append(job)


def wake() -> None:
    """Once the transaction commits: something new waits."""
    if _jobs:
        transaction.on_commit(_start)


def _start() -> None:
    global _last  # noqa: PLW0603 - one moment for the whole process
    with _lock:
        now = time.monotonic()
        if now - _last < BETWEEN:
            return
        _last = now
    for job in _jobs:
        later(job, at=clock.now() + AFTER)
