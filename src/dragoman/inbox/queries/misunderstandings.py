"""Reads of misunderstandings: the list with its plot, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dragoman.base import clock
from dragoman.inbox import misunderstood
from dragoman.inbox.models import Message, Misunderstanding
from dragoman.inbox.queries.board import FEWEST
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Officer

ALIVE = ("rising", "planned", "corrected")
PLOTTED = 4
HOURS = 24
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 290, 44, 420, 14, 258
LABEL = 36  # two lines of words
DASHES = ("", "7 3", "9 3 2 3", "2 3")


@dataclass(frozen=True)
class Line:
    """One misunderstanding in the list."""

    row: Misunderstanding
    trend: misunderstood.Trend
    share: int
    languages: int
    places: tuple[tuple[str, int], ...]
    half_life: timedelta | None


@dataclass(frozen=True)
class Curve:
    """One line of the plot, its label set apart from the others."""

    row: Misunderstanding
    points: str
    x: float
    y: float
    label_y: float
    words: str
    colour: int
    dash: str


@dataclass(frozen=True)
class Scale:
    """Where the plot begins, how many hours it spans, and the share at its top."""

    begin: datetime
    hours: int
    top: float


@dataclass(frozen=True)
class Plot:
    """Shares of all questions by hour. `words` say it for those who do not see it."""

    curves: tuple[Curve, ...]
    marks: tuple[tuple[float, str], ...]
    grid: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str], ...]
    words: str


def listing(officer: Officer, *, state: str = "") -> list[Line]:
    """Those this officer may see, the most held first; what waits for a decision stands at the top."""
    found = Misunderstanding.objects.visible_to(officer).select_related("mission", "question")
    if state:
        found = found.filter(state=state)
    rows = sorted(found[:500], key=lambda row: (row.state != "proposed", row.state not in ALIVE, -row.count))
    now = clock.now()
    return [line(row, now) for row in rows]


def line(row: Misunderstanding, now: datetime) -> Line:
    """With its trend, and the countries of at least five people."""
    going = misunderstood.trend(row.hours, now)
    places = sorted(
        ((code, many) for code, many in row.countries.items() if many >= FEWEST), key=lambda item: -item[1]
    )
    life = misunderstood.half_life(row.hours, row.corrected_at, now) if row.corrected_at else None
    return Line(row, going, round(going.now * 100), len(row.languages), tuple(places), life)


def misunderstanding_of(officer: Officer, ref: str) -> Misunderstanding:
    """By its name. NotFound when not visible."""
    found = Misunderstanding.objects.visible_to(officer).select_related("mission", "question")
    row = found.filter(ref__iexact=ref).first()
    if row is None:
        raise NotFound(f"There is no misunderstanding {ref!r} that you may see.")
    return row


def examples(row: Misunderstanding, limit: int = 12) -> list[Message]:
    """What was written, one of each language first. Never by whom."""
    found = (
        Message.objects.filter(held__misunderstanding=row, gone_at__isnull=True, erased_at__isnull=True)
        .order_by("-at")
        .prefetch_related("countries")
        .select_related("channel")[:200]
    )
    seen: set[str] = set()
    first: list[Message] = []
    later: list[Message] = []
    for message in found:
        (later if message.lang in seen else first).append(message)
        seen.add(message.lang)
    return (first + later)[:limit]


def waiting_count(officer: Officer) -> int:
    """For the menu: rising ones, and proposals to decide."""
    return Misunderstanding.objects.visible_to(officer).filter(state__in=("proposed", "rising")).count()


def plot(lines: Sequence[Line], now: datetime | None = None, hours: int = HOURS) -> Plot | None:
    """The few most held of those alive; None when there is nothing to draw."""
    at = now or clock.now()
    alive = [one for one in lines if one.row.state in ALIVE and one.row.count][:PLOTTED]
    if not alive:
        return None
    rows = {one.row.pk: _smooth(misunderstood.series(one.row.hours, at, hours + 2)) for one in alive}
    top = max(0.1, *(share for shares in rows.values() for _, share in shares))
    top = min(1.0, (int(top * 10) + 1) / 10)
    begin = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    scale = Scale(begin, hours, top)
    curves = [_curve(one, rows[one.row.pk], scale, place) for place, one in enumerate(alive)]
    marks = tuple(
        (_x(one.row.corrected_at, begin, hours), one.row.belief.rpartition("/")[2] or one.row.ref)
        for one in alive
        if one.row.corrected_at and one.row.corrected_at >= begin
    )
    steps = max(1, round(top * 10))
    every = 1 if steps <= 4 else 2
    grid = tuple((_y(step / 10, top), f"{step * 10} %") for step in range(0, steps + 1, every))
    ticks = tuple(
        (_x(begin + timedelta(hours=hour), begin, hours), f"{begin + timedelta(hours=hour):%H}:00")
        for hour in range(0, hours, max(1, hours // 4))
    )
    words = "Share of questions by hour. " + " ".join(
        f"{one.row.title}: {one.share} percent, {one.trend.word}." for one in alive
    )
    return Plot(_apart(curves), marks, grid, ticks, words)


def _smooth(rows: Sequence[tuple[datetime, int, int]]) -> list[tuple[datetime, float]]:
    """Over three hours, so that a quiet hour is no spike."""
    found = []
    for place in range(2, len(rows)):
        part = rows[place - 2 : place + 1]
        found.append((rows[place][0], misunderstood.share(part)))
    return found


def _curve(one: Line, rows: Sequence[tuple[datetime, float]], scale: Scale, place: int) -> Curve:
    points = [(_x(at, scale.begin, scale.hours), _y(share, scale.top)) for at, share in rows]
    x, y = points[-1]
    name = one.row.belief.rpartition("/")[2]
    words = f"{name} {one.row.title}".strip()
    short = words if len(words) <= 26 else f"{words[:25].rstrip()}…"
    return Curve(
        one.row,
        " ".join(f"{px:.1f},{py:.1f}" for px, py in points),
        round(x, 1),
        round(y, 1),
        round(y, 1),
        short,
        place + 1,
        DASHES[place % len(DASHES)],
    )


def _apart(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """Labels never stand on one another."""
    placed: list[Curve] = []
    room: float = BOTTOM
    # from the bottom up, so that the last of them is not pushed out of the picture
    for curve in sorted(curves, key=lambda one: -one.y):
        label = min(curve.y + 4, room)
        room = label - LABEL
        placed.append(replace(curve, label_y=round(label, 1)))
    return tuple(reversed(placed))


def _x(at: datetime, begin: datetime, hours: int) -> float:
    part = (at - begin).total_seconds() / 3600 / max(1, hours - 1)
    return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, part)), 1)


def _y(share: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(1.0, share / top), 1)
