"""Open messages are read again when a model or the library of answers has changed since."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.inbox import reading
from dragoman.inbox.actions import triage
from dragoman.inbox.models import Message
from dragoman.inbox.triage.values import ModelMissing
from dragoman.staff.models import Mission

LONGEST = timedelta(seconds=50)
AT_ONCE = 100


def retriage_outdated(*, by: Actor) -> int:
    """Read what waits again, newest first, for a while; the clock comes back for the rest. Gives how many.

    A match that was made with another library may name an answer that is gone, and misses one that is new.
    """
    try:
        reader = reading.reader()
    except ModelMissing:
        return 0
    began, total = clock.now(), 0
    waiting = Message.objects.filter(mission=OuterRef("pk"), state__in=("open", "ready"))
    for mission in Mission.objects.filter(Exists(waiting)).order_by("pk"):
        now_by = triage.matched_by(reader, triage.library_of(mission))
        while clock.now() - began < LONGEST:
            rows = Message.objects.filter(
                mission=mission, state__in=("open", "ready"), erased_at__isnull=True
            ).exclude(match_model=now_by)
            old = list(rows.order_by("-at", "-pk")[:AT_ONCE])
            read = triage.retriage(by=by, messages=old) if old else 0
            total += read
            if not read:
                break
    return total
