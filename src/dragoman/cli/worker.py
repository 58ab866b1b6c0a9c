"""The worker: does the jobs, and beats. `python -m dragoman.cli.worker`, or `dragoman run worker`."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import django
import structlog

log = structlog.get_logger("dragoman.worker")

BEAT_EVERY = 4.0
GRACE = 4.0
SPARE_THREADS = 4
ORPHAN_GRACE = 8.0


async def work(jobs_at_a_time: int) -> None:
    """Until SIGTERM or SIGINT, or until the database is gone: then a supervisor starts it anew."""
    # Django must be set up before its parts are imported.
    from procrastinate.contrib.django import app  # noqa: PLC0415

    # A thread for every job and some to spare: jobs that wait for each other must not keep it from beating.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(jobs_at_a_time + SPARE_THREADS))
    # An app of its own for fetching: a job that starts jobs goes on doing so with Django's connection, in its
    # own transaction. Were the one connector replaced, they would run before their rows are committed.
    fetching = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]  # Django's
    async with fetching.open_async():
        beating = asyncio.create_task(_beat())
        try:
            await fetching.run_worker_async(
                concurrency=jobs_at_a_time,
                name=f"worker@{socket.gethostname()}",
                shutdown_graceful_timeout=GRACE,
                delete_jobs="never",
            )
        finally:
            beating.cancel()


async def _beat() -> None:
    """From the loop that does the jobs: a loop that hangs does not beat."""
    from django.db import DatabaseError, close_old_connections  # noqa: PLC0415 - after set-up

    from dragoman.base import beats  # noqa: PLC0415 - after set-up

    name = f"worker:{socket.gethostname()}:{os.getpid()}"

    def once() -> None:
        close_old_connections()
        beats.beat(name[:60])

    while True:
        try:
            await asyncio.to_thread(once)
        except DatabaseError as error:
            log.warning("beat not written", why=str(error).strip().splitlines()[:1])
        await asyncio.sleep(BEAT_EVERY)


def _end_with(parent: int) -> None:
    """A supervisor that dies takes the database with it: a job that waits for it would never end."""
    while os.getppid() == parent:
        time.sleep(1)
    time.sleep(ORPHAN_GRACE)
    os._exit(1)


def main() -> int:
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dragoman.config.settings")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - after set-up

    asyncio.run(work(settings.DRAGOMAN.worker_jobs))
    log.info("worker ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
