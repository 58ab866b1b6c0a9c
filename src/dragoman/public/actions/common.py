"""What every verb of the public plane needs: one writer of files at a time, no page before its proof, and the
numbered event that ends each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from dragoman.audit.actions import note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib.problems import Conflict
from dragoman.public import press, queries, site, words
from dragoman.public.models import Pulse, Story
from dragoman.public.values import RecordRef

FILES_LOCK = 0x64726167_70756201
EVENTS_LOCK = 0x64726167_70756202
CHANNEL = "pulse"


@contextmanager
def files() -> Iterator[None]:
    """One writer of the shared files at a time, or a list read early could be written late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [FILES_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [FILES_LOCK])


def writing() -> bool:
    """Whether somebody else writes the shared files at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN pg_try_advisory_lock(%s) THEN NOT pg_advisory_unlock(%s) ELSE true END",
            [FILES_LOCK, FILES_LOCK],
        )
        return bool(cursor.fetchone()[0])


def need_proof(record: RecordRef) -> None:
    if not site.has(record.proof_path):
        raise Conflict(
            f"The proof {record.proof_path} is not there, so nothing may be shown.",
            code="proof-missing",
            mend="Seal the text in the record first.",
        )


def index_anew(ref: str) -> None:
    if Story.objects.filter(ref=ref).update(said_at=None):
        later("public.index_said", ref=ref)


def announce(by: Actor, verb: str, data: dict[str, Any]) -> int:
    ref, rev, kind = str(data["ref"]), int(data["rev"]), str(data["kind"])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EVENTS_LOCK])
        known = Pulse.objects.filter(ref=ref, rev=rev, kind=kind).first()
        if known:
            return known.number
        newest = Pulse.objects.order_by("-number").values_list("number", flat=True).first()
        number = (newest or 0) + 1
        process = str((data.get("talks") or {}).get("process", ""))
        Pulse.objects.create(
            number=number, kind=kind, ref=ref, rev=rev, at=clock.now(), talks=process, data=data
        )
        if kind == "withdrawal":
            _empty_events(ref)
        targets = {"notice": "notice", "talks": "talks"}
        target = f"{targets.get(kind, 'statement')}:{process if kind == 'talks' else ref}"
        index_anew(ref)
        note(by=by, verb=verb, target=target, data={"rev": rev, "event": number})
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(number)])
    with files():
        for lang in queries.languages():
            press.live(lang)
    return number


def _empty_events(ref: str) -> None:
    """What was withdrawn is not sent again to those who come later; that there was an event stays."""
    for row in Pulse.objects.filter(ref=ref).exclude(kind="withdrawal"):
        texts = {lang: {key: one[key] for key in ("url", "name")} for lang, one in row.data["texts"].items()}
        row.data = {**row.data, "texts": texts, "withdrawn": True}
        row.save(update_fields=["data", "updated"])


def name_of(lang: str) -> dict[str, str]:
    return {"name": words.language_name(lang)}
