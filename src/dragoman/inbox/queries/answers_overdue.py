"""What the clock should have done about answers by now."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min

from dragoman.base import clock
from dragoman.channels.models import Delivery
from dragoman.inbox.models import AnswerVersion, Reply, Send

USUAL = timedelta(minutes=1)


def oldest_unpublished() -> datetime | None:
    """When the oldest approved version should have been in the record and on its page."""
    late = clock.now() - USUAL
    rows = AnswerVersion.objects.filter(approved_at__lte=late, page_at__isnull=True)
    oldest: datetime | None = rows.aggregate(oldest=Min("approved_at"))["oldest"]
    return oldest


def oldest_send() -> datetime | None:
    """When the oldest press that is not done should have begun."""
    late = clock.now() - USUAL
    rows = Send.objects.filter(state__in=("waiting", "running"), starts_at__lte=late)
    oldest: datetime | None = rows.aggregate(oldest=Min("starts_at"))["oldest"]
    return oldest


def oldest_unsettled() -> datetime | None:
    """When the oldest reply was sent that does not say so yet."""
    keys = Reply.objects.filter(state="queued").values("key")
    rows = Delivery.objects.filter(key__in=keys, state="sent", sent_at__lte=clock.now() - USUAL)
    oldest: datetime | None = rows.aggregate(oldest=Min("sent_at"))["oldest"]
    return oldest
