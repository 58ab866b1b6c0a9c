"""Messages: a keyset page of them at any length of the list, one by its number, how far triage is behind."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.channels.queries import arrivals
from dragoman.inbox.models import Author, Decision, Message, Note, Reply, StatedCountry
from dragoman.inbox.models.message import MessageQuerySet
from dragoman.inbox.triage import personal
from dragoman.inbox.triage.values import PersonalData
from dragoman.lib.problems import Invalid, NotFound
from dragoman.staff.models import Mission, Officer

PAGE = 50
SHOWN = 280
NEIGHBOURS = 30
STATES = ("new", "open", "ready", "help", "answered", "closed")


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to."""

    state: str = ""
    kind: str = ""
    lang: str = ""
    country: str = ""
    channel: str = ""
    mission: str = ""
    personal: bool = False
    private: bool = False
    since: date | None = None
    until: date | None = None
    q: str = ""

    @property
    def any(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Line:
    """One message on a list: personal data covered, cut to a few lines."""

    message: Message
    text: str
    cut: bool
    covered: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """One keyset page. `after` is the cursor of the next, or ''."""

    lines: tuple[Line, ...]
    after: str
    first: bool


@dataclass(frozen=True)
class Backlog:
    """What waits to be taken in and to be read, and for how long the oldest has."""

    arrivals: int
    unread: int
    behind: timedelta

    @property
    def count(self) -> int:
        return self.arrivals + self.unread


@dataclass(frozen=True)
class Whole:
    """One message with all that stands around it."""

    message: Message
    text: str
    covered: tuple[PersonalData, ...]
    countries: tuple[StatedCountry, ...]
    around: tuple[Line, ...]
    notes: tuple[Note, ...]
    decisions: tuple[Decision, ...]
    replies: tuple[Reply, ...]
    has_author: bool
    edited_after_answer: bool


def page(officer: Officer, filters: Filters, *, after: str = "", limit: int = PAGE) -> Page:
    """Newest first. Each mission's newest are read along its own index, so that the cost does not grow with
    the number of messages; what is searched for by words is found in `search`."""
    here = missions_of(officer, filters)
    rows = narrowed(Message.objects.filter(mission=OuterRef("pk")), filters)
    if after:
        rows = later_than(rows, after)
    newest = rows.order_by("-at", "-pk").values("pk")[: limit + 1]
    lists = here.annotate(newest=ArraySubquery(newest)).order_by().values_list("newest", flat=True)
    ids = [pk for some in lists for pk in some]
    return paged(ids, after, limit)


def paged(ids: Sequence[int], after: str, limit: int) -> Page:
    """A page of the newest among these."""
    found = list(
        Message.objects.filter(pk__in=ids)
        .select_related("channel", "mission", "question")
        .order_by("-at", "-pk")[: limit + 1]
    )
    more = len(found) > limit
    found = found[:limit]
    return Page(tuple(line(row) for row in found), close(found[-1]) if more else "", not after)


def missions_of(officer: Officer, filters: Filters) -> Any:
    """The missions whose messages are looked through."""
    here = Mission.objects.visible_to(officer)
    return here.filter(slug=filters.mission) if filters.mission else here


def narrowed(rows: MessageQuerySet, filters: Filters) -> MessageQuerySet:
    """The filters but the words."""
    for name in ("state", "kind", "lang"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.channel:
        rows = rows.filter(channel__slug=filters.channel)
    if filters.country:
        rows = rows.filter(Exists(StatedCountry.objects.filter(message=OuterRef("pk"), code=filters.country)))
    if filters.personal:
        rows = rows.exclude(personal=[])
    if filters.private:
        rows = rows.filter(private=True)
    if filters.since:
        rows = rows.filter(at__gte=_midnight(filters.since))
    if filters.until:
        rows = rows.filter(at__lt=_midnight(filters.until + timedelta(days=1)))
    return rows


def line(message: Message) -> Line:
    """As it stands on a list."""
    found = _spans(message)
    covered = personal.mask(message.text, found)
    flat = " ".join(covered.split())
    kinds = tuple(dict.fromkeys(one.what for one in found))
    return Line(message, flat[:SHOWN], len(flat) > SHOWN, kinds)


def message_of(officer: Officer, pk: int) -> Message:
    """By its number; NotFound when there is none that this officer may see."""
    rows = Message.objects.visible_to(officer).select_related("mission", "channel", "question")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no message by this number that you may see.")
    return found


def whole(officer: Officer, message: Message) -> Whole:
    """What its page shows. Its writer stays sealed."""
    found = _spans(message)
    return Whole(
        message=message,
        text=message.text,
        covered=tuple(found),
        countries=tuple(message.countries.order_by("id")),
        around=_around(officer, message),
        notes=tuple(message.notes.select_related("officer")),
        decisions=tuple(Decision.objects.filter(message=message)),
        replies=tuple(message.replies.select_related("version__answer").order_by("id")),
        has_author=Author.objects.filter(message=message).exists(),
        edited_after_answer=bool(
            message.edited_at and message.answered_at and message.edited_at > message.answered_at
        ),
    )


def backlog() -> Backlog:
    """How far taking in and triage are behind."""
    now = clock.now()
    unread = Message.objects.to_triage()
    oldest = [
        at
        for at in (
            arrivals.oldest_waiting(),
            unread.order_by("id").values_list("created", flat=True).first(),
        )
        if at is not None
    ]
    behind = now - min(oldest) if oldest else timedelta()
    return Backlog(arrivals.waiting_count(), unread.count(), max(behind, timedelta()))


def channels_of(officer: Officer) -> list[Channel]:
    """On which somebody may have written to the officer's missions."""
    return list(Channel.objects.filter(mission__in=Mission.objects.visible_to(officer)).order_by("label"))


def close(row: Message) -> str:
    """The cursor behind this row."""
    return base64.urlsafe_b64encode(f"{row.at.isoformat()}|{row.pk}".encode()).decode().rstrip("=")


def later_than(rows: MessageQuerySet, after: str) -> MessageQuerySet:
    """Those behind the cursor. One comparison of rows, which an index answers."""
    at, pk = _open(after)
    return rows.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=pk)))


def _open(cursor: str) -> tuple[datetime, int]:
    moment, number = None, 0
    try:
        at, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        moment, number = datetime.fromisoformat(at), int(pk)
    except (ValueError, binascii.Error):
        pass
    if moment is None or moment.tzinfo is None or not 0 < number < 2**62:
        raise Invalid(
            "That page address is damaged.", mend="Start from the newest.", where=[{"field": "after"}]
        )
    return moment, number


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())


def _spans(message: Message) -> Sequence[PersonalData]:
    """What triage found; for one that it has not read yet, found now."""
    if message.triaged_at is None:
        return personal.personal_data(message.text)
    return [PersonalData(one["what"], one["start"], one["end"]) for one in message.personal]


def _around(officer: Officer, message: Message) -> tuple[Line, ...]:
    """The rest of its thread on the network, oldest first. Never what its writer said elsewhere."""
    if not message.channel_id or not (message.conversation or message.in_reply_to):
        return ()
    # What is not empty is said again, for the indexes are over that alone.
    thread = Q(in_reply_to=message.outside_id) & ~Q(in_reply_to="")
    if message.conversation:
        thread |= Q(conversation=message.conversation) & ~Q(conversation="")
    if message.in_reply_to:
        thread |= Q(outside_id=message.in_reply_to)
    rows = Message.objects.visible_to(officer).filter(thread, channel=message.channel_id)
    found = rows.exclude(pk=message.pk).select_related("channel", "mission", "question")
    return tuple(line(row) for row in found.order_by("at", "pk")[:NEIGHBOURS])
