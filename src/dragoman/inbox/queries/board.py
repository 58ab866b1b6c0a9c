"""The questions board: one page of questions, the figures in its head, keyset by the chosen order."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum

from dragoman.base import clock
from dragoman.inbox.models import HelpCall, Message, Question
from dragoman.lib.problems import Invalid
from dragoman.staff.models import Mission, Officer

PAGE = 50
SHOWN = ("open", "mine", "answered", "snoozed", "closed")
ORDERS = ("due", "size", "newest", "sure")
HOURS = 12
# Groups smaller than this are not shown by country: a place and a question may name a person.
FEWEST = 5


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to, and how it is ordered."""

    show: str = "open"
    lang: str = ""
    order: str = "due"
    q: str = ""
    mission: str = ""


@dataclass(frozen=True)
class Line:
    """One question on the board, with what is drawn of it."""

    question: Question
    points: str
    growth: int
    languages: int
    countries: int
    late: bool


@dataclass(frozen=True)
class Board:
    """One page of questions, and how many there are of each sort."""

    lines: tuple[Line, ...]
    after: str
    counts: dict[str, int]
    messages: int
    questions: int
    languages: tuple[str, ...]
    help_open: int
    help_first: HelpCall | None


@dataclass(frozen=True)
class Order:
    field: str
    down: bool


_ORDERS = {
    "due": Order("due_at", down=False),
    "size": Order("size", down=True),
    "newest": Order("last_at", down=True),
    "sure": Order("confidence", down=True),
}


def board(officer: Officer, filters: Filters, *, after: str = "") -> Board:
    """One page. The number of queries does not grow with the number of questions."""
    visible = Question.objects.visible_to(officer)
    if filters.mission:
        visible = visible.filter(mission__slug=filters.mission)
    found = _narrowed(visible, officer, filters)
    rows = _page(found, filters.order, after)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    calls = (
        HelpCall.objects.visible_to(officer).open().select_related("message", "owner").order_by("raised_at")
    )
    totals = visible.exclude(state="merged").aggregate(messages=Sum("size"))
    now = clock.now()
    return Board(
        lines=tuple(line(row, now) for row in rows),
        after=_close(rows[-1], filters.order) if more else "",
        counts=_counts(visible, officer),
        messages=totals["messages"] or 0,
        questions=visible.exclude(state="merged").count(),
        languages=_languages(visible),
        help_open=calls.count(),
        help_first=calls.first(),
    )


def line(question: Question, now: datetime) -> Line:
    """A question with its curve of the last twelve hours."""
    hourly = [
        int(question.hours.get(f"{now - timedelta(hours=back):%Y-%m-%dT%H}", 0))
        for back in range(HOURS - 1, -1, -1)
    ]
    open_still = question.state in ("open", "drafting")
    return Line(
        question=question,
        points=curve(hourly),
        growth=hourly[-1] if hourly[-1] else hourly[-2],
        languages=len([lang for lang in question.languages if lang != "und"]),
        countries=len(question.countries),
        late=open_still and question.due_at is not None and question.due_at <= now,
    )


def curve(values: Sequence[int], width: int = 72, height: int = 20) -> str:
    """The points of a small line: the sum so far, so that it never falls."""
    total, sums = 0, []
    for value in values:
        total += value
        sums.append(total)
    top = max(1, sums[-1] if sums else 1)
    step = (width - 4) / max(1, len(sums) - 1)
    return " ".join(
        f"{2 + step * place:.1f},{height - 2 - (height - 4) * part / top:.1f}"
        for place, part in enumerate(sums)
    )


def waiting_count(officer: Officer) -> int:
    """For the menu: questions that wait for an answer."""
    return Question.objects.visible_to(officer).filter(state__in=("open", "drafting"), waiting__gt=0).count()


def missions(officer: Officer) -> list[Mission]:
    """What the board can be narrowed to."""
    return list(Mission.objects.visible_to(officer))


def unsorted(officer: Officer) -> tuple[int, datetime | None]:
    """How many messages no model has read yet, and since when the oldest waits."""
    waiting = Message.objects.visible_to(officer).to_triage()
    oldest = waiting.order_by("id").values_list("created", flat=True).first()
    return waiting.count(), oldest


def _narrowed(visible: Any, officer: Officer, filters: Filters) -> Any:
    by_state = {
        "open": Q(state__in=("open", "drafting")),
        "mine": Q(state__in=("open", "drafting"), assignee=officer),
        "answered": Q(state="answered"),
        "snoozed": Q(state="snoozed"),
        "closed": Q(state="closed"),
    }
    found = visible.filter(by_state.get(filters.show, by_state["open"])).select_related("assignee", "mission")
    if filters.lang:
        found = found.filter(languages__has_key=filters.lang)
    if filters.q:
        words = filters.q
        found = found.filter(Q(title__icontains=words) | Q(example__icontains=words) | Q(ref__iexact=words))
    return found


def _page(found: Any, order: str, after: str) -> list[Question]:
    """Keyset: rows without a value in the ordered field come last, so that none is lost."""
    chosen = _ORDERS.get(order, _ORDERS["due"])
    name = chosen.field
    ordered = F(name).desc(nulls_last=True) if chosen.down else F(name).asc(nulls_last=True)
    if after:
        value, pk = _open(after)
        same = (
            Q(**{name: value}, pk__gt=pk) if value is not None else Q(**{f"{name}__isnull": True}, pk__gt=pk)
        )
        if value is None:
            found = found.filter(same)
        else:
            further = Q(**{f"{name}__{'lt' if chosen.down else 'gt'}": value})
            found = found.filter(further | same | Q(**{f"{name}__isnull": True}))
    return list(found.order_by(ordered, "pk")[: PAGE + 1])


def _counts(visible: Any, officer: Officer) -> dict[str, int]:
    live = Q(state__in=("open", "drafting"))
    rows = visible.values_list("state").annotate(many=Count("pk"))
    states = dict(rows)
    return {
        "open": states.get("open", 0) + states.get("drafting", 0),
        "mine": visible.filter(live, assignee=officer).count(),
        "answered": states.get("answered", 0),
        "snoozed": states.get("snoozed", 0),
        "closed": states.get("closed", 0),
    }


def _languages(visible: Any) -> tuple[str, ...]:
    """Of open questions, those most asked in first."""
    many: dict[str, int] = {}
    for languages in visible.filter(state__in=("open", "drafting")).values_list("languages", flat=True)[
        :2000
    ]:
        for lang, count in languages.items():
            many[lang] = many.get(lang, 0) + count
    return tuple(sorted(many, key=lambda lang: (-many[lang], lang)))


def _close(row: Question, order: str) -> str:
    value = getattr(row, _ORDERS.get(order, _ORDERS["due"]).field)
    shown = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([shown, row.pk]).encode()).decode().rstrip("=")


def _open(after: str) -> tuple[Any, int]:
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return value, int(pk)
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("That page address is damaged.", mend="Go back to the board.") from None
