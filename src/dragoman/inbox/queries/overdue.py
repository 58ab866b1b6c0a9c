"""What is late in the inbox, for the sweep and for health."""

from __future__ import annotations

from datetime import datetime, timedelta

from dragoman.base import clock
from dragoman.channels.queries import arrivals
from dragoman.inbox.models import HelpCall, Message

# A batch takes seconds; what waits longer than this is behind.
USUAL = timedelta(minutes=2)
FORGET_USUAL = timedelta(hours=2)


def arrivals_wait() -> bool:
    """Does anything wait to be taken in?"""
    return arrivals.oldest_waiting() is not None


def messages_wait() -> bool:
    """Does anything wait to be read?"""
    return Message.objects.to_triage().exists()


def oldest_arrival() -> datetime | None:
    """When the oldest arrival ought to have been taken in."""
    found = arrivals.oldest_waiting()
    return found + USUAL if found and found + USUAL <= clock.now() else None


def oldest_unread() -> datetime | None:
    """When the oldest new message ought to have been read."""
    found = Message.objects.to_triage().order_by("id").values_list("created", flat=True).first()
    return found + USUAL if found and found + USUAL <= clock.now() else None


def oldest_help() -> datetime | None:
    """The due time of the oldest call for help that the clock has not marked as late."""
    late = HelpCall.objects.filter(state="waiting", escalated_at__isnull=True, due_at__lte=clock.now())
    return late.order_by("due_at").values_list("due_at", flat=True).first()


def oldest_to_forget() -> datetime | None:
    """Since when something is kept that should be gone."""
    late = Message.objects.filter(erased_at__isnull=True, keep_until__lte=clock.now() - FORGET_USUAL)
    late = late.exclude(pk__in=HelpCall.objects.open().values("message"))
    return late.order_by("keep_until").values_list("keep_until", flat=True).first()
