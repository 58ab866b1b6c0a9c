"""Today: what needs an officer, what goes out, how the desk is. Never more queries, however much there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F

from dragoman.base import clock
from dragoman.base.context import Pulse, pulse
from dragoman.record import queries as record
from dragoman.record.values import Head
from dragoman.reports.queries.line import Day, around, line
from dragoman.reports.queries.need import SHOWN, Need
from dragoman.reports.queries.needs import WRITERS, needs, urgency
from dragoman.staff.models import Mission, Officer
from dragoman.statements.models import Release, Statement, Text


@dataclass(frozen=True)
class Language:
    """How much has been said in one language."""

    lang: str
    count: int


@dataclass(frozen=True)
class Board:
    """Everything on the front page."""

    now: datetime
    zone: str
    needs: tuple[Need, ...]
    need_count: int
    day: Day
    pulse: Pulse
    head: Head
    awaiting: int
    latest: tuple[Release, ...]
    languages: tuple[Language, ...]
    states: tuple[tuple[str, int], ...]
    may_write: bool


def today(officer: Officer) -> Board:
    """The whole page for one officer."""
    now = clock.now()
    home = officer.memberships.select_related("mission").first()
    zone = home.mission.zone if home else "UTC"
    roles = set(officer.memberships.values_list("role", flat=True))
    waiting = sorted(needs(officer, roles, now, zone), key=urgency)
    releases = around(officer, now, zone)
    return Board(
        now=now,
        zone=zone,
        needs=tuple(waiting[:SHOWN]),
        need_count=len(waiting),
        day=line(releases, now, zone),
        pulse=pulse(),
        head=record.head(),
        awaiting=record.awaiting_witnesses(),
        latest=tuple(_latest(officer)),
        languages=tuple(_languages(officer)),
        states=tuple(_states(officer)),
        may_write=bool(roles & set(WRITERS)),
    )


def _latest(officer: Officer) -> list[Release]:
    rows = Release.objects.filter(
        state="done", revision__statement__mission__in=Mission.objects.visible_to(officer)
    )
    return list(rows.select_related("revision__statement__mission").order_by("-moment", "-id")[:5])


def _languages(officer: Officer) -> list[Language]:
    """In how many languages the latest releases spoke; bounded, so that it costs the same at any size."""
    newest = (
        Statement.objects.visible_to(officer)
        .filter(state="released")
        .order_by("-changed", "-id")
        .values_list("pk", flat=True)[:200]
    )
    rows = (
        Text.objects.filter(
            revision__statement__in=list(newest), revision__number=F("revision__statement__newest")
        )
        .values_list("lang")
        .annotate(many=Count("id"))
        .order_by("-many", "lang")[:8]
    )
    return [Language(lang, many) for lang, many in rows]


def _states(officer: Officer) -> list[tuple[str, int]]:
    """How many statements stand where, of those still in the house."""
    rows = (
        Statement.objects.visible_to(officer)
        .filter(state__in=("draft", "review", "approved", "armed", "releasing"))
        .values_list("state")
        .annotate(many=Count("id"))
    )
    found = dict(rows)
    return [
        (state, found[state])
        for state in ("draft", "review", "approved", "armed", "releasing")
        if state in found
    ]
