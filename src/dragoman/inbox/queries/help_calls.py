"""Calls for help: the consular queue, and what every desk page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from dragoman.base import clock
from dragoman.inbox.models import HelpCall
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Membership, Officer
from dragoman.staff.rules import prefixes

PAGE = 100
SHOWN = ("open", "mine", "done", "not_help")


@dataclass(frozen=True)
class Line:
    """One call on the list."""

    call: HelpCall
    waited: timedelta
    late: bool


@dataclass(frozen=True)
class Queue:
    """One page of the queue, and how many there are of each sort."""

    lines: tuple[Line, ...]
    counts: dict[str, int]
    more: bool


@dataclass(frozen=True)
class Alarm:
    """What the banner says: how many are open, how many nobody has, the oldest of those."""

    open: int
    untaken: int
    late: int
    first: HelpCall | None
    waited: timedelta


def queue(officer: Officer, *, show: str = "open", before: int = 0) -> Queue:
    """What is open by its due time, those that nobody took first; what is closed, newest first."""
    visible = HelpCall.objects.visible_to(officer)
    rows = visible.select_related("message__channel", "owner", "mission")
    if show in ("done", "not_help"):
        rows = rows.filter(state=show).order_by("-pk")
        if before:
            rows = rows.filter(pk__lt=before)
    else:
        # "waiting" stands behind "taken" in the alphabet: what nobody has comes first
        rows = rows.open().order_by("-state", "due_at", "pk")
        if show == "mine":
            rows = rows.filter(owner=officer)
    found = list(rows[: PAGE + 1])
    now = clock.now()
    return Queue(tuple(line(row, now) for row in found[:PAGE]), _counts(officer), len(found) > PAGE)


def line(call: HelpCall, now: datetime) -> Line:
    """With how long it has waited, until it was taken or now."""
    until = call.taken_at or call.done_at or now
    return Line(
        call, max(until - call.raised_at, timedelta()), call.state == "waiting" and call.due_at <= now
    )


def as_line(call: HelpCall) -> Line:
    """As it stands now."""
    return line(call, clock.now())


def call_of(officer: Officer, pk: int) -> HelpCall:
    """By its number; NotFound when there is none that this officer may see."""
    rows = HelpCall.objects.visible_to(officer).select_related("message__channel", "owner", "mission")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no call for help by this number that you may see.")
    return found


def alarm(officer: Officer) -> Alarm:
    """Two queries, over the open ones alone."""
    now = clock.now()
    rows = HelpCall.objects.visible_to(officer).open()
    waiting = Q(state="waiting")
    seen = rows.aggregate(
        open=Count("pk"),
        untaken=Count("pk", filter=waiting),
        late=Count("pk", filter=waiting & Q(due_at__lte=now)),
        oldest=Min("raised_at", filter=waiting),
    )
    first = (
        rows.filter(waiting).select_related("message").order_by("raised_at", "pk").first()
        if seen["untaken"]
        else None
    )
    waited = now - seen["oldest"] if seen["oldest"] else timedelta()
    return Alarm(seen["open"], seen["untaken"], seen["late"], first, waited)


def waiting_count(officer: Officer) -> int:
    """For the menu: calls for help that are open."""
    return HelpCall.objects.visible_to(officer).open().count()


def helpers(call: HelpCall) -> Sequence[Officer]:
    """To whom it can be handed over."""
    members = Membership.objects.filter(
        role__in=("author", "approver", "releaser"), mission__path__in=prefixes(call.mission.path)
    )
    return list(Officer.objects.filter(is_active=True, pk__in=members.values("officer")).order_by("username"))


def _counts(officer: Officer) -> dict[str, int]:
    rows = HelpCall.objects.visible_to(officer)
    states = dict(rows.values_list("state").annotate(many=Count("pk")))
    return {
        "open": states.get("waiting", 0) + states.get("taken", 0),
        "mine": rows.open().filter(owner=officer).count(),
        "done": states.get("done", 0),
        "not_help": states.get("not_help", 0),
    }
