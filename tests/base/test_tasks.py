"""What a dead worker held is begun again; finished jobs do not pile up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from dragoman.base import clock, tasks


def held_by_nobody(task: str = "base.forget_beats") -> int:
    """A job as a worker leaves it that was killed and whose row was pruned."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status)"
            " VALUES (%s, 'default', '{}', 'doing') RETURNING id",
            [task],
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_job_of_a_dead_worker_is_begun_again() -> None:
    job = held_by_nobody()
    async_to_sync(tasks.retry_stalled.func)(timestamp=0)
    assert ProcrastinateJob.objects.get(pk=job).status == "todo"


@pytest.mark.django_db
def test_job_of_a_living_worker_is_left_alone() -> None:
    job = held_by_nobody()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET worker_id = %s WHERE id = %s", [worker, job])
    async_to_sync(tasks.retry_stalled.func)(timestamp=0)
    assert ProcrastinateJob.objects.get(pk=job).status == "doing"


@pytest.mark.django_db
def test_finished_jobs_are_purged_after_a_day_and_failed_ones_kept() -> None:
    old = clock.now() - timedelta(hours=tasks.KEPT_HOURS + 1)
    ids = {}
    for status in ("succeeded", "failed"):
        ids[status] = held_by_nobody()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s",
                [status, ids[status]],
            )
            cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [old, ids[status]])
    async_to_sync(tasks.purge_jobs.func)(timestamp=0)
    left = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    assert ids["succeeded"] not in left
    assert ids["failed"] in left


def test_upkeep_holds_no_lock() -> None:
    assert tasks.retry_stalled.lock is None
    assert tasks.retry_stalled.queueing_lock == "base.retry_stalled"
