"""Whether the desk does its work: the database answers, a worker beats, there is room for what goes out,
nothing automatic is late."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from dragoman.base import clock, overdue
from dragoman.base.access import allow
from dragoman.base.models import Beat

WORKER_GRACE = timedelta(seconds=20)
OVERDUE_GRACE = timedelta(seconds=60)
ROOM = 4_000_000  # less than one release with its pictures may take
WORKER = "worker"


@dataclass(frozen=True)
class Check:
    """One thing that must be in order. `late` is a sentence for whoever must act, empty when all is well."""

    name: str
    late: str = ""
    since: datetime | None = None

    @property
    def ok(self) -> bool:
        return not self.late


def checks() -> tuple[Check, ...]:
    """Every check. Without a database there is only one."""
    now = clock.now()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '3s'")
            cursor.execute("SELECT 1")
            late = (_overdue(name, now) for name in overdue.names())
            return (Check("database"), _worker(now), _disk(), *late)
    except DatabaseError:
        return (Check("database", "The database does not answer."),)


def _worker(now: datetime) -> Check:
    seen = Beat.objects.filter(name__startswith=WORKER).order_by("-at").values_list("at", flat=True).first()
    if seen is None:
        return Check("worker", "No worker has ever beaten.")
    if now - seen > WORKER_GRACE:
        return Check("worker", f"No worker has beaten for {_seconds(now - seen)}.", seen)
    return Check("worker", since=seen)


def _disk() -> Check:
    """Whether the record and the pages can still grow; each may have a disk of its own."""
    public: Path = settings.DRAGOMAN.public_dir
    for folder, words in ((public / "record", "the record"), (public, "the public pages")):
        if not folder.is_dir():
            continue
        left = shutil.disk_usage(folder).free
        if left < ROOM:
            return Check(
                "disk",
                f"The disk of {words} has {left / 1e6:.1f} MB left: releases wait until there is room. "
                "Nothing is lost.",
            )
    return Check("disk")


def _overdue(name: str, now: datetime) -> Check:
    due = overdue.oldest_of(name)
    if due is not None and now - due >= OVERDUE_GRACE:
        return Check(f"overdue {name}", f"The oldest of {name} is {_seconds(now - due)} late.", due)
    return Check(f"overdue {name}", since=due)


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())} s"


@allow.anyone
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """`GET /health`: 200 when all is well, else 503 naming what is late. Tells no secret and no text."""
    found = checks()
    ok = all(check.ok for check in found)
    answer = {
        "status": "ok" if ok else "late",
        "late": [check.late for check in found if check.late],
        "checks": {
            check.name: {"ok": check.ok, "since": check.since.isoformat() if check.since else None}
            for check in found
        },
    }
    return JsonResponse(answer, status=200 if ok else 503)


@allow.anyone
@never_cache
def alive(_request: HttpRequest) -> JsonResponse:
    """That this process answers and can read the database; says nothing else, for anyone may ask."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
