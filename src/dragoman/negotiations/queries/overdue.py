"""What the clock should have done by now, however long ago."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Q, QuerySet

from dragoman.base import clock
from dragoman.negotiations.models import Line, Process, Protocol, Round
from dragoman.negotiations.queries import agreed, shown
from dragoman.negotiations.rules import timing


def to_enact() -> QuerySet[Protocol]:
    """Agreed by all and not in force."""
    return Protocol.objects.filter(state="agreed").exclude(process__state="closed").order_by("state_at")


def to_settle(now: datetime) -> QuerySet[Round]:
    """Joint texts and protocols whose time is over."""
    return Round.objects.filter(state="open", closes_at__lte=now).exclude(kind="notice").order_by("closes_at")


def windows_over(now: datetime) -> QuerySet[Round]:
    """Notices whose time for objections is over."""
    found = Round.objects.filter(state="open", closes_at__lte=now, kind="notice", process__state="open")
    return found.order_by("closes_at")


def to_carry_out() -> QuerySet[Round]:
    """Joint texts whose moment has come, and plans that may have been taken back elsewhere."""
    due = Q(state="releasing") | Q(state="armed")
    return Round.objects.filter(due, kind="joint").order_by("moment")


def with_lines_due() -> list[int]:
    """Processes with a line that is not shown yet."""
    found = Line.objects.filter(state__in=("due", "sealed"), process__published=True)
    return list(found.values_list("process_id", flat=True).distinct().order_by("process_id"))


def pages_due() -> QuerySet[Process]:
    """Processes whose page or ledger shows less than is so."""
    found = Process.objects.filter(protocol__isnull=False)
    now = clock.now()
    return found.filter(Q(page_due_at__isnull=False) | Q(ledger_due_at__lte=now)).order_by("pk")


def pulses(now: datetime) -> list[int]:
    """Processes whose pulse line is due."""
    talks = Process.objects.filter(state="open", published=True).order_by("pk")
    return [process.pk for process in talks if shown.pulse_is_due(process, now)]


def oldest_round() -> datetime | None:
    """The oldest end of a round that was not settled. A notice that waits for quiet hours to end is not late,
    nor is one of talks that rest."""
    now = clock.now()
    late = [about.closes_at for about in to_settle(now)]
    late += [
        about.closes_at
        for about in windows_over(now).select_related("process")
        if not timing.quiet_now(agreed.rules_of(about.process), now)
    ]
    return min((moment for moment in late if moment), default=None)


def oldest_release() -> datetime | None:
    """The oldest moment of a release that has not reached its page."""
    found = Round.objects.filter(state__in=("armed", "releasing"), moment__lte=clock.now())
    oldest: datetime | None = found.aggregate(oldest=Min("moment"))["oldest"]
    return oldest


def oldest_protocol() -> datetime | None:
    """Since when a protocol waits to come into force."""
    oldest: datetime | None = to_enact().aggregate(oldest=Min("state_at"))["oldest"]
    return oldest


def oldest_line() -> datetime | None:
    """Since when a line waits to be shown."""
    found = Line.objects.filter(state__in=("due", "sealed"))
    oldest: datetime | None = found.aggregate(oldest=Min("due"))["oldest"]
    return oldest
