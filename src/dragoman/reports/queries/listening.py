"""The day of questions in figures: by hour, language and country, how soon answered, what goes round.

Reads only. The number of queries does not grow with the number of messages. No figure names a person, and
groups under five are not shown by country.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncHour

from dragoman.base import clock
from dragoman.inbox.models import HelpCall, Message
from dragoman.inbox.queries import misunderstandings
from dragoman.staff.models import Mission, Officer

FEWEST = 5
ASKING = ("question", "complaint", "press")
TOP = 12


@dataclass(frozen=True)
class Hour:
    """One hour: all that came in, what asked something, what of it is answered by now, calls for help."""

    at: datetime
    all: int
    asked: int
    answered: int
    help: int


@dataclass(frozen=True)
class Wait:
    """How long people waited. `open` when that share is not reached yet: they wait still, `seconds` so far.

    Questions without an answer count as waiting, never as missing.
    """

    seconds: float | None
    open: bool

    @property
    def span(self) -> timedelta | None:
        return None if self.seconds is None else timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Country:
    code: str
    number: str
    name: str
    many: int


@dataclass(frozen=True)
class Day:
    """Everything on the page of one day, in one zone."""

    day: date
    zone: str
    now: datetime
    hours: tuple[Hour, ...]
    messages: int
    asked: int
    answered: int
    kinds: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int, int], ...]
    countries: tuple[Country, ...]
    hidden_countries: int
    median: Wait
    ninetieth: Wait
    backlog: int
    unsorted: int
    help_open: int
    help_late: int
    beliefs: tuple[misunderstandings.Line, ...]

    @property
    def share(self) -> int:
        return round(100 * self.answered / self.asked) if self.asked else 0


def zone_for(officer: Officer) -> str:
    """The zone of the first mission that the officer serves."""
    mission = Mission.objects.visible_to(officer).order_by("path").first()
    return mission.zone if mission else "UTC"


def latest_day(officer: Officer, zone: str) -> date:
    """The day of the newest message, so that a replayed day is what opens; today when there is none."""
    newest = Message.objects.visible_to(officer).order_by("-at").values_list("at", flat=True).first()
    return (newest or clock.now()).astimezone(ZoneInfo(zone)).date()


def day(officer: Officer, which: date, zone: str) -> Day:
    """The figures of one day on the clock of `zone`, as they are now."""
    begin = datetime.combine(which, time(), tzinfo=ZoneInfo(zone))
    end = datetime.combine(which + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    now = clock.now()
    rows = Message.objects.visible_to(officer).filter(at__gte=begin, at__lt=end, gone_at__isnull=True)
    asked = rows.filter(kind__in=ASKING)
    calls = HelpCall.objects.visible_to(officer).open()
    kinds = Counter(dict(rows.values_list("kind").annotate(many=Count("pk")).order_by()))
    countries, hidden = _countries(asked)
    live = Message.objects.visible_to(officer)
    return Day(
        day=which,
        zone=zone,
        now=now,
        hours=_hours(rows, begin, end, zone),
        messages=sum(kinds.values()),
        asked=sum(kinds[kind] for kind in ASKING),
        answered=asked.filter(answered_at__isnull=False).count(),
        kinds=tuple(kinds.most_common()),
        languages=_languages(asked),
        countries=countries,
        hidden_countries=hidden,
        median=_wait(asked, 0.5, now),
        ninetieth=_wait(asked, 0.9, now),
        backlog=live.filter(state__in=("open", "ready")).count(),
        unsorted=live.to_triage().count(),
        help_open=calls.count(),
        help_late=calls.filter(due_at__lte=now).count(),
        beliefs=tuple(
            line
            for line in misunderstandings.listing(officer)
            if line.row.state not in ("dismissed", "proposed")
        )[:8],
    )


def _hours(rows: QuerySet[Message], begin: datetime, end: datetime, zone: str) -> tuple[Hour, ...]:
    counted: dict[datetime, dict[str, Any]] = {
        row["hour"]: dict(row)
        for row in rows.annotate(hour=TruncHour("at", tzinfo=ZoneInfo(zone)))
        .values("hour")
        .annotate(
            all=Count("pk"),
            asked=Count("pk", filter=Q(kind__in=ASKING)),
            answered=Count("pk", filter=Q(kind__in=ASKING, answered_at__isnull=False)),
            help=Count("pk", filter=Q(is_help=True)),
        )
        .order_by()
    }
    hours, at = [], begin
    # Steps of real time: a day of 23 or 25 hours has that many rows.
    while at < end:
        row = counted.get(at, {})
        hours.append(
            Hour(at, row.get("all", 0), row.get("asked", 0), row.get("answered", 0), row.get("help", 0))
        )
        at = (at.astimezone(ZoneInfo("UTC")) + timedelta(hours=1)).astimezone(ZoneInfo(zone))
    return tuple(hours)


def _languages(asked: QuerySet[Message]) -> tuple[tuple[str, int, int], ...]:
    rows = (
        asked.values("lang")
        .annotate(many=Count("pk"), answered=Count("pk", filter=Q(answered_at__isnull=False)))
        .order_by("-many", "lang")
    )
    return tuple((row["lang"], row["many"], row["answered"]) for row in rows)


def _countries(asked: QuerySet[Message]) -> tuple[tuple[Country, ...], int]:
    rows = (
        asked.exclude(countries__code=None)
        .values("countries__code")
        .annotate(many=Count("pk", distinct=True))
    )
    many = sorted(((row["countries__code"], row["many"]) for row in rows), key=lambda one: (-one[1], one[0]))
    names = Locale("en").territories
    shown = tuple(
        Country(code, _numbers().get(code, ""), str(names.get(code, code)), count)
        for code, count in many
        if count >= FEWEST
    )
    return shown, sum(count < FEWEST for _, count in many)


def _numbers() -> dict[str, str]:
    """ISO 3166-1 alpha-2 to its three digits (UN M49), which files of borders use. From CLDR's aliases."""
    aliases: dict[str, Sequence[str]] = get_global("territory_aliases")  # type: ignore[assignment]  # lists
    return {
        codes[0]: number
        for number, codes in aliases.items()
        if number.isdigit() and len(number) == 3 and len(codes) == 1 and len(codes[0]) == 2
    }


def _wait(asked: QuerySet[Message], share: float, now: datetime) -> Wait:
    """The wait within which this share was answered; those who wait still are the longest of all."""
    sql, parameters = asked.values("at", "answered_at").order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_disc(%s) WITHIN GROUP ("  # noqa: S608 - the inner text is the ORM's own
            "ORDER BY CASE WHEN answered_at IS NULL THEN 'infinity'::float8 "
            "ELSE extract(epoch FROM answered_at - at) END), "
            "percentile_disc(%s) WITHIN GROUP ("
            "ORDER BY extract(epoch FROM coalesce(answered_at, %s) - at)) "
            f"FROM ({sql}) AS asked",
            [share, share, now, *parameters],
        )
        row = cursor.fetchone()
    answered, so_far = row if row else (None, None)
    if answered is None or so_far is None:
        return Wait(None, open=False)
    if answered == float("inf"):
        return Wait(max(0.0, float(so_far)), open=True)
    return Wait(max(0.0, float(answered)), open=False)
