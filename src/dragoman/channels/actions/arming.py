"""Ahead of the moment: media handed over, containers made, sign-ins fresh, connections open."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import pacing, queries, rules, speak, states
from dragoman.channels.actions import circuits
from dragoman.channels.actions.claiming import URGENT
from dragoman.channels.actions.common import account_for, ask, begin_attempt, end_attempt, note, with_media
from dragoman.channels.connector import Account, Kind, Picture, Post, Prepared
from dragoman.channels.models import Channel, Delivery
from dragoman.channels.rules import Outcome
from dragoman.channels.speak import Spoken
from dragoman.lib.problems import Conflict, Problem

# A film takes as long as it takes; the clock looks again when this has run out.
FILM_LIMIT = timedelta(minutes=30)
FILM_LEASE = timedelta(minutes=32)


def prepare_delivery(*, by: Actor, delivery_id: int) -> str:
    """Do ahead of the moment all that can be done. Returns the state; trouble is noted and told, not fatal.

    Held by `arm_at`, which is pushed ahead first: of two at once one prepares, and a death in here is taken
    up by the sweep. Preparing shows nothing to anyone, so that doing it twice does no harm.
    """
    delivery = Delivery.objects.select_related("channel__mission").get(pk=delivery_id)
    films = bool(delivery.post.get("videos"))
    if not _may_prepare(delivery, films):
        return delivery.state
    now = clock.now()
    lease = FILM_LEASE if films else rules.LEASE
    mine = Delivery.objects.filter(pk=delivery.pk, arm_at=delivery.arm_at, state__in=states.WAITING)
    if not mine.update(arm_at=now + lease):
        return delivery.state
    try:
        post, missing = with_media(queries.kind_of(delivery.channel), queries.post_of(delivery))
    except Problem as problem:
        post, missing = queries.post_of(delivery), Outcome("refused", problem.detail, problem.mend)
    attempt = begin_attempt(delivery, "prepare", now)
    if missing is not None:
        spoken = Spoken(missing, None, [], {})
    else:
        limit = FILM_LIMIT if films else rules.VERB_LIMIT
        spoken = ask(delivery.channel, lambda one: one.prepare(post), changes=False, limit=limit)
    with transaction.atomic():
        end_attempt(attempt, spoken, clock.now())
        _keep(delivery, spoken)
        note(by, "prepare_delivery", delivery, outcome=spoken.outcome.what)
        circuits.hear(by=by, channel_id=delivery.channel_id, outcomes=[spoken.outcome])
    return delivery.state


def _may_prepare(delivery: Delivery, films: bool) -> bool:
    """Until its moment; a film also after it, for it is not handed over within an attempt."""
    waiting = delivery.state in states.WAITING and (delivery.started is None or films)
    channel = delivery.channel
    rests = channel.not_before is not None and channel.not_before > clock.now()
    # what waits for its account is taken up by the sweep once the account is clear
    return waiting and channel.on and channel.circuit_since is None and not rests


def _keep(delivery: Delivery, spoken: Spoken) -> None:
    """What was prepared, or why nothing was; and when to look again."""
    now = clock.now()
    value = spoken.value
    if isinstance(value, Prepared):
        again = pacing.arm_again(delivery.due, value.good_until, now)
        ready = {"prepared": dict(value.data), "prepared_until": value.good_until, "why": "", "shown": ""}
        with suppress(Conflict):  # it is under way already, or was taken back
            if delivery.state == "queued":
                delivery.move_to("armed", frm="queued", arm_at=again, **ready)
            else:
                Delivery.objects.filter(pk=delivery.pk, state="armed").update(arm_at=again, **ready)
    else:
        outcome = spoken.outcome
        again = pacing.arm_after_trouble(delivery.due, outcome.when, now)
        words = f"{outcome.why} {outcome.shown}".strip()
        Delivery.objects.filter(pk=delivery.pk, state__in=states.WAITING).update(why=words, arm_at=again)
    if again is not None:
        later("channels.prepare", at=again, delivery_id=delivery.pk)
    elif delivery.started is not None:
        _go_now(delivery, good=isinstance(value, Prepared))


def _go_now(delivery: Delivery, *, good: bool) -> None:
    """It was its film that it waited for."""
    at = clock.now() if good else clock.now() + pacing.ARM_PAUSE
    if Delivery.objects.filter(pk=delivery.pk, state__in=states.WAITING).update(next_at=at):
        later("channels.deliver", at=at, priority=URGENT if delivery.urgent else 0, delivery_id=delivery.pk)


def look_ahead(*, by: Actor) -> int:
    """Have every account checked that will be needed within two days and was not asked lately.

    So trouble is known hours ahead. Returns how many are checked.
    """
    wanted = queries.to_check(clock.now())
    for pk in wanted:
        later("channels.check", channel_id=pk)
    return len(wanted)


class Ready:
    """What was made ahead of one moment, and is thrown away after it: opened accounts and posts with their
    media. An account is used only as long as its row says the same."""

    def __init__(self) -> None:
        self.rows: dict[int, Delivery] = {}
        self._accounts: dict[int, tuple[object, Account]] = {}
        self._posts: dict[int, Post] = {}
        self._bytes: dict[str, Picture] = {}

    def account(self, channel: Channel) -> Account:
        """Raises Problem when the connector or the key file is missing."""
        now_is = (channel.kind, channel.slug, channel.settings, channel.sealed, channel.session)
        was, account = self._accounts.get(channel.pk, (None, None))
        if account is None or was != now_is:
            account = account_for(channel)
            self._accounts[channel.pk] = (now_is, account)
        return account

    def post(self, kind: Kind, row: Delivery) -> tuple[Post, Outcome | None]:
        """A post never changes once its delivery is planned."""
        if row.pk in self._posts:
            return self._posts[row.pk], None
        post, missing = with_media(kind, queries.post_of(row), self._bytes)
        if missing is None:
            self._posts[row.pk] = post
        return post, missing


def warm_up(source: str, rev: int) -> Ready:
    """Shortly before the moment: connectors loaded, secrets opened, media read, connections being opened.

    Returns at once, and never raises for an account in trouble. Asks no network anything.
    """
    ready = Ready()
    accounts = {}
    rows = Delivery.objects.filter(source=source, rev=rev, state__in=states.WAITING, channel__state="on")
    for row in rows.select_related("channel"):
        with suppress(Problem):
            ready.rows[row.pk] = row
            accounts[row.channel_id] = (row.channel.kind, ready.account(row.channel))
            ready.post(queries.kind_of(row.channel), row)
    if accounts:
        speak.warm(list(accounts.values()), allow_loopback=settings.DRAGOMAN.allow_loopback)
    return ready
