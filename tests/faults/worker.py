"""The desk's own worker with short clocks, so that a thousand leases run out in an afternoon.

What is shortened: leases, limits, pauses and the rhythm of the sweep. What is done is not.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import timedelta

import django

django.setup()

from django.db import DatabaseError, close_old_connections  # noqa: E402 - Django must be set up first
from tests.faults import run  # noqa: E402

from dragoman.base.jobs import task  # noqa: E402
from dragoman.channels import actions, rules  # noqa: E402
from dragoman.channels.actions.common import WORKER  # noqa: E402
from dragoman.cli import worker  # noqa: E402
from dragoman.lib import http, steps  # noqa: E402

rules.VERB_LIMIT = timedelta(seconds=3)
rules.ASKED_WITHIN = timedelta(seconds=4)
rules.LEASE = timedelta(seconds=6)
rules.FIRST_PAUSE = timedelta(seconds=0.2)
rules.LONGEST_PAUSE = timedelta(seconds=1)
SHORT = http.Limits(connect=1.0, read=1.0, total=1.5)
http.Door.__init__.__kwdefaults__["limits"] = SHORT


@task("faults.put_out")
def put_out(source: str) -> None:
    """The moment of one release, as the release job makes it."""
    actions.book_answers(by=WORKER, volley=actions.put_out(by=WORKER, source=source, rev=1))


def sweep_often() -> None:
    """The sweep, five times as often as in service."""
    while True:
        time.sleep(2.0)
        try:
            close_old_connections()
            actions.sweep(by=WORKER, grace=timedelta(seconds=1.0))
        except DatabaseError:
            continue


def die_later(step: str, after: float) -> None:
    """From `after` seconds on, the next time anything comes to `step` is the end."""
    time.sleep(after)
    os.environ[steps.VARIABLE] = step


if __name__ == "__main__":
    run.unpaced()
    threading.Thread(target=sweep_often, daemon=True).start()
    if len(sys.argv) > 2:
        threading.Thread(target=die_later, args=[sys.argv[1], float(sys.argv[2])], daemon=True).start()
    sys.exit(worker.main())
