"""Bookkeeping of the API: no deed of anybody, so the audit does not have it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpResponse

from dragoman.api import rules
from dragoman.api.models import StoredAnswer, Window
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Token


def count_request(*, token: Token, now: datetime) -> int:
    """Count one request of a token; gives how many it made in this minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_window (token_id, minute, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (token_id, minute) DO UPDATE SET count = api_window.count + 1 RETURNING count",
            [token.pk, rules.window_of(now)],
        )
        row = cursor.fetchone()
    return int(row[0])


@transaction.atomic
def begin_answer(*, token: Token, key: str, digest: str, now: datetime) -> tuple[StoredAnswer, bool]:
    """Reserve a key. Gives the row, and whether it holds an answer to be given again.

    Raises Conflict while the first request is still being worked on, and Invalid when the key belongs to
    another request.
    """
    fresh, made = StoredAnswer.objects.get_or_create(
        token=token, key=key, defaults={"digest": digest, "begun": now}
    )
    if made:
        return fresh, False
    row = StoredAnswer.objects.select_for_update().get(pk=fresh.pk)
    verdict = rules.judge(rules.Earlier(row.digest, row.status is not None, row.begun), digest, now)
    if verdict == "replay":
        return row, True
    if verdict == "in-flight":
        raise Conflict(
            "The first request with this Idempotency-Key is still being worked on.",
            mend="Wait a second and send the same request again.",
            code="in-flight",
        )
    if verdict == "other-request":
        raise Invalid(
            "This Idempotency-Key was used for another request.",
            mend="Use a new key for a new request; send the old one unchanged to see its answer again.",
            code="key-reused",
            where=[{"field": "header.Idempotency-Key", "message": "used for another request"}],
        )
    row.digest, row.begun, row.status = digest, now, None
    row.media_type = row.location = ""
    row.body = b""
    row.save()
    return row, False


def keep_answer(*, row: StoredAnswer, response: HttpResponse) -> None:
    """Keep the answer, in the transaction of the deed: either both are there or neither."""
    row.status = response.status_code
    row.media_type = response.headers.get("Content-Type", "")
    row.location = response.headers.get("Location", "")
    row.body = response.content
    row.save(update_fields=["status", "media_type", "location", "body"])


def drop_answer(*, row: StoredAnswer) -> None:
    """Let go of a key whose request failed on our side, so that it may be tried again."""
    StoredAnswer.objects.filter(pk=row.pk, status__isnull=True).delete()


def forget_old(*, now: datetime) -> int:
    """Drop answers older than a day, and counts of past minutes."""
    gone, _ = StoredAnswer.objects.filter(begun__lt=now - rules.KEPT).delete()
    Window.objects.filter(minute__lt=now - timedelta(hours=1)).delete()
    return gone
