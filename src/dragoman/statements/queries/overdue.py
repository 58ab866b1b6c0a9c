"""What the clock should have done by now."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Min, QuerySet

from dragoman.base import clock
from dragoman.facts.models import Fact
from dragoman.public import queries as public
from dragoman.statements.models import Release, Withdrawal


def releases(now: datetime) -> QuerySet[Release]:
    """Due and not done, the oldest first; the crisis lane before the rest."""
    return (
        Release.objects.filter(state__in=("planned", "running"), moment__lte=now)
        .select_related("revision__statement__mission")
        .order_by("-revision__statement__lane", "moment")
    )


def withdrawals() -> QuerySet[Withdrawal]:
    """Not carried through yet."""
    return Withdrawal.objects.filter(state="running").select_related("statement").order_by("at")


def open_elsewhere() -> QuerySet[Release]:
    """Releases whose page does not yet say what became of every copy."""
    return Release.objects.filter(elsewhere_open=True).select_related("revision__statement").order_by("pk")


def awaiting_witnesses() -> QuerySet[Release]:
    """Releases whose page may still come to name more witnesses."""
    return Release.objects.filter(awaiting_witnesses=True).order_by("pk")


def stale_sheets() -> list[str]:
    """Fact sheets whose public page is older than their facts."""
    newest = {
        row["sheet__slug"]: max(row["fact"], row["sheet"])
        for row in Fact.objects.values("sheet__slug").annotate(
            fact=Max("updated"), sheet=Max("sheet__updated")
        )
    }
    return [sheet.slug for sheet in public.sheets() if newest.get(sheet.slug, sheet.changed) > sheet.changed]


def oldest_release() -> datetime | None:
    oldest: datetime | None = releases(clock.now()).aggregate(oldest=Min("moment"))["oldest"]
    return oldest


def oldest_withdrawal() -> datetime | None:
    oldest: datetime | None = withdrawals().aggregate(oldest=Min("at"))["oldest"]
    return oldest
