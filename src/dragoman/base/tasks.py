"""Upkeep of the jobs. Every job of ours may run twice, so what a dead worker held is begun again."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dragoman.base import beats
from dragoman.base.jobs import every

log = structlog.get_logger(__name__)

SILENT_AFTER = 30.0
KEPT_HOURS = 24
KEPT_FAILED_HOURS = 24 * 30


# No lock, only a queueing lock: a reaper that holds a lock would, once dead itself, stall everything
# (procrastinate's issue 1408).
@every("* * * * *", "base.retry_stalled")
async def retry_stalled(timestamp: int) -> None:
    """Begin again the jobs whose worker fell silent."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_AFTER):
        await app.job_manager.retry_job(job)
        log.warning("stalled job begun again", job=job.id, task=job.task_name, attempts=job.attempts)


@every("17 * * * *", "base.purge_jobs")
async def purge_jobs(timestamp: int) -> None:
    """Drop finished jobs: a long list makes every worker's start slow. Failed ones are kept a month."""
    await app.job_manager.delete_old_jobs(KEPT_HOURS, include_cancelled=True, include_aborted=True)
    await app.job_manager.delete_old_jobs(KEPT_FAILED_HOURS, include_failed=True)


@every("31 * * * *", "base.forget_beats")
def forget_beats(timestamp: int) -> None:
    """Drop the beats of processes long gone."""
    beats.forget_old()
