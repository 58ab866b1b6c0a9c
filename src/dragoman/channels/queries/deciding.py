"""What a person needs who decides whether a post is out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Min

from dragoman.audit.models import Event
from dragoman.channels.models import Delivery

# A network may show a post a little before or after it says that it took it.
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=15)


def window(delivery: Delivery) -> tuple[datetime, datetime]:
    """Between which times the post would have appeared: around the attempts to send it."""
    found = delivery.attempts.filter(verb="send").aggregate(first=Min("started"), last=Max("started"))
    first, last = found["first"] or delivery.due, found["last"] or delivery.due
    return first - BEFORE, last + AFTER


def neighbour(delivery: Delivery) -> Delivery | None:
    """The newest post of ours on the same account that has an address: the way to our own timeline there."""
    rows = Delivery.objects.filter(channel=delivery.channel, remote_url__startswith="http", state="sent")
    return rows.exclude(pk=delivery.pk).order_by("-sent_at").first()


def decisions(delivery: Delivery) -> list[Event]:
    """What people have said of it so far, the newest first."""
    return list(
        Event.objects.filter(verb="channels.decide_unsure", target=delivery.target).order_by("-at")[:20]
    )
