"""The line of the day: what goes out today, as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dragoman.reports.queries.links import page
from dragoman.staff.models import Mission, Officer
from dragoman.statements.models import Release

SHOWN = 12
PLOT_FROM, PLOT_TO, ROW = 40, 744, 34
LABEL = 46


@dataclass(frozen=True)
class Mark:
    """One release on the line of the day, in the plot's coordinates."""

    x: float
    y: int
    end: bool
    state: str
    label: str
    at: datetime
    zone: str
    href: str
    title: str
    lang: str


@dataclass(frozen=True)
class Day:
    """The line of the day."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    now_x: float
    now_word: str
    height: int
    zone: str
    words: str


def around(officer: Officer, now: datetime, zone: str) -> list[Release]:
    """The releases of this day, on the officer's clock."""
    begin, end = _bounds(now, zone)
    return list(
        Release.objects.filter(
            moment__gte=begin,
            moment__lt=end,
            revision__statement__mission__in=Mission.objects.visible_to(officer),
        )
        .exclude(state="cancelled")
        .select_related("revision__statement__mission")
        .order_by("moment")[:SHOWN]
    )


def _bounds(now: datetime, zone: str) -> tuple[datetime, datetime]:
    local = now.astimezone(ZoneInfo(zone))
    begin = datetime.combine(local.date(), time(), tzinfo=ZoneInfo(zone))
    return begin, begin + timedelta(days=1)


def line(releases: Sequence[Release], now: datetime, zone: str) -> Day:
    """The line of the day: from 06:00, or earlier when something was, to 22:00, or later."""
    begin, end = _bounds(now, zone)
    first, last = begin + timedelta(hours=6), begin + timedelta(hours=22)
    moments = [now, *(item.moment for item in releases)]
    while first > min(moments) and first > begin:
        first -= timedelta(hours=2)
    while last < max(moments) and last < end:
        last += timedelta(hours=2)
    scale = (PLOT_TO - PLOT_FROM) / (last - first).total_seconds()

    def place(at: datetime) -> float:
        return round(PLOT_FROM + (at - first).total_seconds() * scale, 1)

    marks = tuple(_mark(item, number, place(item.moment), zone) for number, item in enumerate(releases))
    hours = int((last - first).total_seconds() // 3600)
    step = 2 if hours <= 16 else 4
    ticks = tuple(
        (place(first + timedelta(hours=hour)), f"{(first + timedelta(hours=hour)):%H:%M}")
        for hour in range(0, hours + 1, step)
    )
    done = sum(item.state == "done" for item in releases)
    words = f"Releases today: {done} out, {len(releases) - done} to come"
    local = now.astimezone(ZoneInfo(zone))
    return Day(
        marks, ticks, place(now), f"now {local:%H:%M}", 32 + max(1, len(marks)) * ROW + 22, zone, words
    )


def _mark(item: Release, number: int, x: float, zone: str) -> Mark:
    statement = item.revision.statement
    title = statement.title or "Untitled"
    short = title if len(title) <= LABEL else title[:LABEL].rpartition(" ")[0] + "…"
    return Mark(
        x=x,
        y=40 + number * ROW,
        end=x > (PLOT_FROM + PLOT_TO) / 2,
        state=item.revision.state,
        label=short,
        at=item.moment,
        zone=zone,
        href=page("statements:release", statement.ref),
        title=title,
        lang=statement.source_language,
    )
