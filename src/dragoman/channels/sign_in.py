"""Keeping a channel signed in: renewed ahead of its end, by one worker at a time, with the database let go.

Stands below the actions, which call it before they speak to a network. `ensure_fresh` before a verb,
`renew_now` when the network says that the sign-in has run out.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import oauth, queries, rules
from dragoman.channels.connector import Account, Connector
from dragoman.channels.models import Channel, Standing
from dragoman.channels.rules import Outcome
from dragoman.channels.speak import Spoken, speak
from dragoman.lib.http import Door
from dragoman.lib.problems import Problem
from dragoman.lib.steps import step

# One renewal may take so long, and is held a little longer; who comes meanwhile waits for it.
RENEWAL_LIMIT = timedelta(seconds=45)
RENEWAL_LEASE = timedelta(seconds=75)
WAIT = timedelta(seconds=50)
LOOK_AGAIN = 0.1
STILL_GOOD = timedelta(seconds=30)


def ensure_fresh(*, by: Actor, channel: Channel) -> Channel:
    """The channel with a sign-in that will outlast a verb, renewed first if its time has come.

    Never raises for a renewal that fails: the verb is asked all the same, and the network says what is so.
    Never within a transaction but a test's. A kind without OAuth is given back as it is, unasked.
    """
    if not _signs_in(channel):
        return channel
    found = Standing.objects.filter(channel=channel).first()
    if found is None or not _is_due(found, clock.now()):
        return channel
    _renew_once(by, channel, said_no=False)
    return Channel.objects.select_related("mission").get(pk=channel.pk)


def renew_now(*, by: Actor, channel: Channel) -> bool:
    """The network no longer takes the sign-in that `channel` was read with: renew it. True when there is a
    newer one now, whoever got it.

    False: it could not be renewed; the standing says why, and who must act. The channel must be read again
    afterwards. Two that call at once make one call to the network; the second waits for the first.
    """
    return _signs_in(channel) and _renew_once(by, channel, said_no=True)


def _renew_once(by: Actor, channel: Channel, *, said_no: bool) -> bool:
    """`said_no`: the network refused the old one; otherwise its time has come, and it may still be good."""
    patience = time.monotonic() + WAIT.total_seconds()
    while True:
        if _newer(channel):
            return True
        if _must_wait(channel):
            return False
        token = _claim(channel)
        if token is not None:
            break
        if connection.in_atomic_block or time.monotonic() > patience:
            return False
        time.sleep(LOOK_AGAIN)
    try:
        # Another may have finished between our look and our claim.
        return _newer(channel) or _renew(by, channel.pk, said_no)
    finally:
        Standing.objects.filter(channel_id=channel.pk, claim=token).update(claim="", claimed_until=None)


def kept(channel: Channel) -> Mapping[str, Any]:
    """The sign-in of a row, opened."""
    return queries.vault().open(channel.session)


def keep(channel: Channel, session: Mapping[str, Any], now: datetime, *, first: bool = False) -> None:
    """Seal a sign-in into a row and tell the clock when to renew it. In the caller's transaction. `first`: a
    person has just made it, so that nothing is known of an end but what it says itself."""
    declared = queries.kind_of(channel).oauth
    until = oauth.moment(session, "access_until")
    lasts = oauth.lasts_until(declared, session) if declared else None
    renews = declared is not None and declared.renews
    Channel.objects.filter(pk=channel.pk).update(
        session=queries.vault().seal(session), **({"signed_in_until": lasts} if lasts or first else {})
    )
    fresh = {
        "access_until": until,
        "lasts_until": lasts,
        "renew_at": oauth.renew_at(session) if renews else until,
        "renewed_at": now,
        "tries": 0,
        "why": "",
        "person": False,
    }
    Standing.objects.update_or_create(channel=channel, defaults=fresh)


def forget(channel: Channel) -> None:
    """The sign-in is no longer of use: credentials were changed. In the caller's transaction."""
    Standing.objects.filter(channel=channel).update(
        access_until=None, lasts_until=None, renew_at=None, tries=0, why="", person=False
    )


def _is_due(standing: Standing, now: datetime) -> bool:
    """Has its time come, or has it run out with nobody having noticed?"""
    if standing.renew_at is not None:
        return standing.renew_at <= now
    run_out = standing.access_until is not None and standing.access_until <= now + STILL_GOOD
    return run_out and not standing.person


def _must_wait(channel: Channel) -> bool:
    """A person must act first, or the network did not answer a moment ago: it is not asked once more."""
    failed = Q(person=True) | Q(tries__gt=0, renew_at__gt=clock.now())
    return Standing.objects.filter(failed, channel_id=channel.pk).exists()


def _signs_in(channel: Channel) -> bool:
    try:
        return queries.kind_of(channel).oauth is not None
    except Problem:
        return False


def _newer(channel: Channel) -> bool:
    """Is the sign-in in the row another than the one the caller read? Sealed texts differ each time."""
    stored = Channel.objects.values_list("session", flat=True).get(pk=channel.pk)
    if stored == channel.session:
        return False
    access = queries.vault().open(stored).get("access")
    return bool(access) and access != kept(channel).get("access")


def _claim(channel: Channel) -> str | None:
    """Compare and swap: the lease of the renewal, or None while another holds it."""
    now, token = clock.now(), uuid.uuid4().hex
    Standing.objects.get_or_create(channel_id=channel.pk)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    taken = Standing.objects.filter(free, channel_id=channel.pk).update(
        claim=token, claimed_until=now + RENEWAL_LEASE
    )
    return token if taken else None


def _renew(by: Actor, pk: int, said_no: bool) -> bool:
    channel = Channel.objects.select_related("mission").get(pk=pk)
    try:
        account = queries.account_of(channel)
    except Problem as problem:
        nothing = Spoken(Outcome("refused", problem.detail, problem.mend), None, [], {})
        return _book(by, channel, {}, nothing, said_no)
    if not connection.in_atomic_block:
        connection.close()
    step("channels.before-renewal")
    spoken = speak(
        channel.kind,
        account,
        lambda connector: _fresh(connector, channel.kind, account),
        changes=False,
        allow_loopback=settings.DRAGOMAN.allow_loopback,
        limit=RENEWAL_LIMIT,
    )
    step("channels.renewed")
    return _book(by, channel, account.session, spoken, said_no)


async def _fresh(connector: Connector, kind: str, account: Account) -> Mapping[str, Any]:
    """The connector's own way first; else the usual grant. Empty: there is no way."""
    found = await connector.renew()
    if found is not None:
        return found
    declared = queries.kind_named(kind).oauth
    if declared is None or not declared.renews or not account.session.get("refresh"):
        return {}
    async with Door(allow_loopback=settings.DRAGOMAN.allow_loopback) as door:
        return await oauth.refresh(door, declared, account, now=clock.now())


def _book(by: Actor, channel: Channel, before: Mapping[str, Any], spoken: Spoken, said_no: bool) -> bool:
    """Keep what came, or say why nothing did. A fresh token is kept whoever holds the lease by now, unless
    the sign-in that it continues is no longer the one in the row."""
    now = clock.now()
    found: Mapping[str, Any] = spoken.value if isinstance(spoken.value, Mapping) else {}
    # What is not said of the new token is not known of it: the old one's end is not the new one's.
    ended = {"access_since": now.isoformat(), "access_until": None}
    with transaction.atomic():
        row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        stored = kept(row)
        if any(stored.get(name) != before.get(name) for name in ("access", "refresh")) and found:
            return bool(stored.get("access"))  # a person signed in meanwhile: theirs is the newer
        if spoken.outcome.what == "done" and found.get("access"):
            keep(row, rules.merged_session({**stored, **ended}, found), now)
            audit.note(by=by, verb="channels.renew_sign_in", target=f"channel:{row.slug}")
            if row.healthy is False:
                later("channels.check", channel_id=row.pk)
            return True
        if spoken.outcome.what != "done":
            _failed(by, row, spoken.outcome, now)
        elif said_no or not _still_good(row, now):
            why = "The sign-in has run out, and the network gives no way to renew it."
            _failed(by, row, Outcome("refused", why, oauth.AGAIN), now)
    return False


def _still_good(row: Channel, now: datetime) -> bool:
    """Nothing renews it, but it holds until its end: a person is asked for in time, and nothing stops."""
    until = Standing.objects.values_list("access_until", flat=True).get(channel=row)
    if until is None or until <= now + STILL_GOOD:
        return False
    Standing.objects.filter(channel=row).update(renew_at=until, tries=0, why="")
    Channel.objects.filter(pk=row.pk).update(signed_in_until=until)
    return True


def _failed(by: Actor, row: Channel, outcome: Outcome, now: datetime) -> None:
    standing = Standing.objects.get(channel=row)
    person = outcome.what == "refused"
    why = f"{outcome.why} {outcome.shown}".strip() or "The network gave no fresh sign-in."
    tries = standing.tries + 1
    # When a person must act, the clock does not ask again by itself.
    again = None if person else rules.next_try(outcome, tries, now)
    Standing.objects.filter(channel=row).update(tries=tries, why=why, person=person, renew_at=again)
    if person:
        Channel.objects.filter(pk=row.pk).update(healthy=False, health_says=why, checked_at=now)
    if person or tries == 1:
        data = {"says": why, "person": person, "tries": tries}
        audit.note(by=by, verb="channels.renew_sign_in", target=f"channel:{row.slug}", data=data)
