"""Jobs are hints, rows are truth: `later` starts one by name in the transaction; `every` is the clock.

Procrastinate writes the job with Django's own connection, so a job exists if and only if its rows do.
Arguments are ids only: the job table is readable, so neither secrets nor personal data go there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.tasks import Task

Work = Callable[..., Any]


def later(name: str, *, at: datetime | None = None, priority: int = 0, **args: Any) -> None:
    """Start the job `name` once the transaction commits, not before `at`. Higher priority goes first."""
    app.configure_task(name, schedule_at=at, priority=priority, allow_unknown=False).defer(**args)


def task(name: str, *, queue: str = "default") -> Callable[[Work], Task[Any, Any, Any]]:
    """Declare a job. It loads by id and calls one action; it may run twice."""
    return app.task(name=name, queue=queue)


def every(cron: str, name: str) -> Callable[[Work], Task[Any, Any, Any]]:
    """Declare periodic work (cron; a sixth field is seconds). The function takes the tick's timestamp."""

    def wrap(work: Work) -> Task[Any, Any, Any]:
        return app.periodic(cron=cron)(app.task(name=name, queueing_lock=name)(work))

    return wrap
