"""Deliveries before their first attempt: planned, started, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import pacing, queries, states
from dragoman.channels.actions.claiming import URGENT
from dragoman.channels.actions.common import note
from dragoman.channels.connector import PREPARE, Post
from dragoman.channels.models import Channel, Delivery
from dragoman.lib.problems import Conflict


@transaction.atomic
def plan_delivery(
    *, by: Actor, channel: Channel, source: str, rev: int, post: Post, due: datetime, urgent: bool = False
) -> Delivery:
    """The row and its key, before the first attempt. Asked again with the same key it gives the same row.

    Nothing goes out before `start_deliveries`. Conflict when the key stands for another text.
    """
    rendition = post.rendition.as_json()
    delivery, made = Delivery.objects.get_or_create(
        key=post.key,
        defaults={
            "channel": channel,
            "source": source,
            "rev": rev,
            "lang": post.lang,
            "rendition": rendition,
            "post": queries.post_json(post),
            "due": due,
            "last_useful": due + timedelta(hours=channel.useful_hours),
            "arm_at": _arm_at(channel, due),
            "urgent": urgent,
            "state": "queued",
        },
    )
    if not made:
        if delivery.rendition != rendition or delivery.channel_id != channel.pk:
            raise Conflict(f"The key {post.key!r} belongs to another delivery.", code="key-taken")
        return delivery
    if delivery.arm_at is not None:
        later("channels.prepare", at=delivery.arm_at, delivery_id=delivery.pk)
    note(by, "plan_delivery", delivery, channel=channel.slug, source=source, rev=rev, lang=post.lang)
    return delivery


def _arm_at(channel: Channel, due: datetime) -> datetime | None:
    return pacing.arm_first(due, clock.now()) if queries.able(channel, PREPARE) else None


@transaction.atomic
def start_deliveries(*, by: Actor, source: str, rev: int) -> int:
    """The text is out on our own ground: let its deliveries go. Asked again it starts nothing twice."""
    now = clock.now()
    rows = Delivery.objects.filter(source=source, rev=rev, state__in=states.WAITING, started__isnull=True)
    rows = rows.select_for_update().order_by("pk")
    started = list(rows)
    Delivery.objects.filter(pk__in=[row.pk for row in started]).update(
        started=now, next_at=Greatest(F("due"), Value(now)), arm_at=None
    )
    for row in started:
        later(
            "channels.deliver",
            at=row.due if row.due > now else None,
            priority=URGENT if row.urgent else 0,
            delivery_id=row.pk,
        )
        note(by, "start_deliveries", row)
    return len(started)


@transaction.atomic
def cancel_deliveries(
    *, by: Actor, source: str, rev: int | None = None, why: str, keys: Sequence[str] | None = None
) -> int:
    """Take back what has not been tried yet; with `keys`, of these alone. What has been tried may be out, and
    is a withdrawal's affair."""
    rows = queries.deliveries_of(source, rev).filter(state__in=states.WAITING, tries=0)
    rows = rows if keys is None else rows.filter(key__in=list(keys))
    rows = rows.select_for_update(of=("self",))
    cancelled = 0
    for row in rows:
        try:
            row.move_to("cancelled", frm=states.WAITING, next_at=None, arm_at=None, why=why)
        except Conflict:
            continue  # it has begun this moment
        cancelled += 1
        note(by, "cancel_deliveries", row, why=why)
    return cancelled
