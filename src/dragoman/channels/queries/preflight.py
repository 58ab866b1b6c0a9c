"""What stands in the way of deliveries before their moment, since when, who must act, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q

from dragoman.base import clock
from dragoman.channels import registry, states
from dragoman.channels.connector import PREPARE
from dragoman.channels.models import Channel, Delivery, Standing
from dragoman.channels.queries.accounts import able
from dragoman.channels.queries.deliveries import deliveries_of
from dragoman.channels.queries.standing import headroom_of

SEEN_LATELY = timedelta(hours=25)
HOURS_AHEAD, CHECKED_WITHIN = timedelta(hours=48), timedelta(hours=1)
SOON, CHECKED_LATELY = timedelta(minutes=15), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing in the way. `stops`: as it is, the delivery will not go out at its moment. `role` and
    `mission` name who must act; both are empty when nobody needs to."""

    code: str
    what: str
    mend: str
    since: datetime | None = None
    role: str = ""
    mission: str = ""
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Ahead:
    """One delivery before its moment. `ready`: all that can be done ahead is done; `checked` is when its
    account was last asked whether it is well."""

    delivery_id: int
    channel: str
    label: str
    kind: str
    lang: str
    state: str
    due: datetime
    ready: bool
    prepared_until: datetime | None
    checked: datetime | None
    troubles: tuple[Trouble, ...]

    @property
    def stops(self) -> bool:
        """Will it fail to go out unless somebody acts?"""
        return any(trouble.stops for trouble in self.troubles)


def preflight(source: str, rev: int) -> list[Ahead]:
    """Every delivery of a revision that has yet to go out, or waits for a person, with what is in its way."""
    wanted = (*states.LIVE, "refused")
    rows = list(deliveries_of(source, rev).select_related("channel__mission").filter(state__in=wanted))
    standings = {
        each.channel_id: each
        for each in Standing.objects.filter(channel__in={row.channel_id for row in rows})
    }
    posts: Counter[int] = Counter()
    for row in rows:
        posts[row.channel_id] += len(row.rendition["parts"])
    return [_ahead(row, standings.get(row.channel_id), posts[row.channel_id]) for row in rows]


def _ahead(row: Delivery, standing: Standing | None, posts: int) -> Ahead:
    channel = row.channel
    prepares = able(channel, PREPARE)
    return Ahead(
        delivery_id=row.pk,
        channel=channel.slug,
        label=channel.label,
        kind=channel.kind,
        lang=row.lang,
        state=row.state,
        due=row.due,
        ready=not prepares or row.prepared is not None,
        prepared_until=row.prepared_until,
        checked=channel.checked_at,
        troubles=(*_of_the_delivery(row), *_of_the_account(channel, standing, row.due, posts)),
    )


def _of_the_delivery(row: Delivery) -> Iterator[Trouble]:
    mission = row.channel.mission.name
    if row.state == "refused" and not row.account_fault:
        mend = row.shown or "Mend what the network objects to, then send it again."
        yield Trouble("refused", row.why, mend, row.state_at, "releaser", mission)
    elif row.state == "unsure" and row.person:
        mend = row.shown or "Look for it on the network, and say what you found."
        yield Trouble("unsure", row.why, mend, row.state_at, "releaser", mission)
    elif row.state in states.WAITING and row.why and row.started is None:
        # it is tried again by itself, and once more at the moment
        mend = "It is tried again by itself. If it stays so, mend what the network says."
        yield Trouble("not-prepared", row.why, mend, row.state_at, "releaser", mission, stops=False)


def _of_the_account(
    channel: Channel, standing: Standing | None, due: datetime, posts: int
) -> Iterator[Trouble]:
    trouble = partial(Trouble, role="administrator", mission=channel.mission.name)
    if channel.kind not in registry.KINDS:
        yield trouble("no-connector", "Its connector is not installed.", "Install it again.")
    if not channel.on:
        yield trouble("off", "The channel is switched off.", "Switch it on.", channel.state_at)
    if channel.circuit_since is not None:
        mend = "Mend the account or sign it in again, then check it: what waits goes out by itself."
        yield trouble("circuit", channel.circuit_why, mend, channel.circuit_since)
    elif channel.healthy is False:
        mend = "Mend the account or sign it in again, then check it."
        yield trouble("unhealthy", channel.health_says, mend, channel.checked_at)
    yield from _of_the_sign_in(channel, standing, due)
    if channel.not_before is not None and channel.not_before > due:
        what = f"{channel.not_before_why} Nothing goes out on it before {_utc(channel.not_before)}."
        yield Trouble("rests", what, "Nothing need be done: it goes out then.")
    yield from _of_the_headroom(channel, standing, due, posts)
    if channel.checked_at is None or channel.checked_at < clock.now() - SEEN_LATELY:
        yield trouble("not-checked", "It was not checked lately.", "Check it now.", stops=False)


def _of_the_sign_in(channel: Channel, standing: Standing | None, due: datetime) -> Iterator[Trouble]:
    trouble = partial(Trouble, role="administrator", mission=channel.mission.name)
    until = channel.signed_in_until
    if standing is not None and standing.person:
        yield trouble("sign-in", standing.why, "Sign the channel in again.", standing.updated)
    elif not channel.session and channel.healthy is None and _signs_in(channel):
        what = "Nobody has signed the channel in yet."
        yield trouble("not-signed-in", what, "Connect it on its page.", channel.created)
    elif until is not None and until < due:
        what = f"Its sign-in ends on {_utc(until)}, before the moment."
        yield trouble("sign-in-ends", what, "Sign the channel in again before the moment.")


def _signs_in(channel: Channel) -> bool:
    return channel.kind in registry.KINDS and registry.kind(channel.kind).oauth is not None


def _of_the_headroom(
    channel: Channel, standing: Standing | None, due: datetime, posts: int
) -> Iterator[Trouble]:
    for room in headroom_of(standing) if standing is not None else ():
        full_by_then = room.resets is not None and room.resets <= due
        if not full_by_then and room.left < posts:
            what = f"The network leaves {room.left} of {room.limit} ({room.name}), and {posts} are wanted."
            mend = "Spare the account until then, or choose a moment after the limit is renewed."
            yield Trouble("no-headroom", what, mend, role="releaser", mission=channel.mission.name)


def _utc(at: datetime) -> str:
    return f"{at:%d %B %Y, %H:%M} UTC"


def to_check(now: datetime) -> list[int]:
    """Accounts that will be needed within two days and were not asked for an hour; in the last quarter of an
    hour before a moment, those that were not asked for ten minutes."""
    waiting = Delivery.objects.filter(state__in=states.WAITING, channel__state="on")
    found = waiting.filter(_unasked(now, HOURS_AHEAD, CHECKED_WITHIN) | _unasked(now, SOON, CHECKED_LATELY))
    return sorted(set(found.values_list("channel_id", flat=True)))


def _unasked(now: datetime, ahead: timedelta, within: timedelta) -> Q:
    asked = Q(channel__checked_at__isnull=True) | Q(channel__checked_at__lte=now - within)
    return Q(due__gt=now, due__lte=now + ahead) & asked
