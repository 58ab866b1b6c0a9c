"""What networks bring: calls to our address for hooks, and answers that the desk fetches.

Everything is kept by the network's own id, sealed, and once; what becomes of it is the inbox's affair.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, registry, rules
from dragoman.channels.actions.common import ask, channel_target, may_administer
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import (
    FETCH,
    LOOK_BACK,
    VANISHED,
    WEBHOOK,
    Batch,
    Connector,
    Refused,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.channels.models import Channel, HookCall, Listening
from dragoman.channels.rules import Outcome
from dragoman.lib.http import Door
from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Unavailable

EVERY = timedelta(minutes=5)
# One job reads at most so much of one channel.
MOST_BATCHES = 20
LONGEST = timedelta(minutes=2)
# The first look for gaps comes a while after the first reading.
BACK_AFTER = timedelta(minutes=10)
REMEMBERED = timedelta(days=8)
# Calls that say when they were made are taken within this window (Standard Webhooks advises five minutes).
WINDOW = timedelta(minutes=5)
log = logging.getLogger(__name__)


class NotTheirs(NotAllowed):
    """A call whose signature is not that of the network it claims to come from."""

    status = 401
    code = "bad-signature"
    title = "The call is not the network's"


def take_call(*, by: Actor, slug: str, headers: Mapping[str, str], body: bytes) -> int:
    """A network calls. Gives how many new things it brought; 0 for a replay, which changes nothing.

    NotFound when no such channel hears calls; NotTheirs when the signature is wrong or the call too old.
    """
    channel = _hearing(slug)
    call = WebhookCall({name.lower(): value for name, value in headers.items()}, body)
    try:
        connector = _connector(channel)
        items = connector.read_webhook(call)
        signed_id = connector.call_id(call)
    except Refused as refused:
        raise _turned_away(channel, refused.why) from None
    except (TryLater, Unsure) as trouble:
        raise Unavailable(trouble.why) from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        # Signed by the network, yet not of a form that we know: ours to mend; it calls again meanwhile.
        log.exception("the connector %s could not read a call", channel.kind)
        raise Unavailable(f"The call could not be read ({type(error).__name__}).") from None
    if signed_id and _stale(call.headers):
        raise _turned_away(channel, "The call says that it was made at another time.")
    with transaction.atomic():
        made = HookCall.objects.all().remember(channel.pk, _call_id(signed_id, body), clock.now())
        new = keep_items(channel, items, "hook") if made else 0
        if new:
            audit.note(by=by, verb="channels.take_call", target=channel_target(channel), data={"new": new})
    return new


def answer_challenge(*, by: Actor, slug: str, query: Mapping[str, str]) -> str:
    """A network asks whether the address is ours. The connector knows what to say; NotTheirs if it is not
    asked as the network asks."""
    channel = _hearing(slug)
    try:
        answer = _connector(channel).challenge(query)
    except Refused as refused:
        raise _turned_away(channel, refused.why) from None
    # Some networks' question anybody may ask, at any rate: a line in the log and none in the audit.
    log.info("the channel %s answered whether its address is ours, to %s", channel.slug, by.audit_name)
    return answer


@transaction.atomic
def listen(*, by: Actor, channel: Channel, on: bool) -> Listening:
    """Fetch what people answer on a channel every few minutes, or no longer. What was read stays read."""
    may_administer(by, channel.mission)
    if on and not queries.able(channel, FETCH):
        raise Invalid("This kind of channel gives no way to read answers.", code="unable")
    row, _ = Listening.objects.get_or_create(channel=channel)
    row.on, row.tries, row.why, row.next_at = on, 0, "", clock.now() if on else None
    looks = on and any(queries.able(channel, ability) for ability in (LOOK_BACK, VANISHED))
    row.back_tries, row.back_why = 0, ""
    row.back_next = clock.now() + BACK_AFTER if looks else None
    row.save()
    audit.note(by=by, verb="channels.listen", target=channel_target(channel), data={"on": on})
    return row


def fetch_arrivals(*, by: Actor, channel_id: int) -> int:
    """Read what came in since the last time, if its time has come. Gives how many new things there were.

    As long as the network has more, it is asked again at once; a job that has read `MOST_BATCHES` leaves the
    rest to another, so that no channel keeps a worker from the others. The cursor moves on with the rows that
    it brought, so that nothing is passed over; a page that is read twice changes nothing.
    """
    new = 0
    began = clock.now()
    for _ in range(MOST_BATCHES):
        brought, more = _fetch_once(by, channel_id)
        new += brought
        if not more or clock.now() - began > LONGEST:
            break
    else:
        more = True
    if more:
        later("channels.fetch", channel_id=channel_id)
    return new


def _fetch_once(by: Actor, channel_id: int) -> tuple[int, bool]:
    """One batch: how much of it was new, and whether there is more at once."""
    due = Listening.objects.due(clock.now()).select_related("channel__mission")
    found = due.filter(channel_id=channel_id).first()
    # Whoever moves the time on first is the one who asks.
    if found is None or not _next(found, clock.now() + EVERY, was=found.next_at):
        return 0, False
    spoken = ask(found.channel, lambda connector: connector.fetch(found.cursor), changes=False)
    batch = spoken.value
    with transaction.atomic():
        if not isinstance(batch, Batch):
            _failed(found, spoken.outcome)
            if found.tries == 0:
                _noted(by, found.channel, 0, spoken.outcome.why)
            return 0, False
        new = keep_items(found.channel, [*batch.incoming, *batch.gone], "fetch")
        now = clock.now()
        # A network that says "more" and does not move on is asked at its usual time.
        more = batch.more and bool(batch.cursor) and batch.cursor != found.cursor
        Listening.objects.filter(pk=found.pk).update(
            cursor=batch.cursor or found.cursor, read_at=now, tries=0, why=""
        )
        if more:
            Listening.objects.filter(pk=found.pk, on=True).update(next_at=now)
        if new:
            _noted(by, found.channel, new, "")
    return new, more


def _noted(by: Actor, channel: Channel, new: int, says: str) -> None:
    data = {"new": new, "says": says}
    audit.note(by=by, verb="channels.fetch_arrivals", target=channel_target(channel), data=data)


@transaction.atomic
def sweep_arrivals(*, by: Actor) -> int:
    """Start the reading of every channel whose time has come, and the looking back; forget calls too old to
    be replayed."""
    now = clock.now()
    due = list(Listening.objects.due(now).values_list("channel_id", flat=True))
    for pk in due:
        later("channels.fetch", channel_id=pk)
    for pk in Listening.objects.to_look_back(now).values_list("channel_id", flat=True):
        later("channels.look_back", channel_id=pk)
    HookCall.objects.filter(at__lt=now - REMEMBERED).delete()
    return len(due)


def _hearing(slug: str) -> Channel:
    channel = Channel.objects.select_related("mission").filter(slug=slug).first()
    if channel is None or not channel.on or not queries.able(channel, WEBHOOK):
        raise NotFound("Nothing listens here.")
    return channel


def _connector(channel: Channel) -> Connector:
    return registry.connect(channel.kind, queries.account_of(channel), Door())


def _turned_away(channel: Channel, why: str) -> NotTheirs:
    # Anybody can send such a call at any rate, so it leaves a line in the log and none in the audit.
    log.warning("a call to the channel %s was turned away: %s", channel.slug, why)
    return NotTheirs(why or "The call is not the network's.")


def _stale(headers: Mapping[str, str]) -> bool:
    """Standard Webhooks: the header `webhook-timestamp`, in seconds, which is signed as the id is. Kinds
    without it keep their own window, if the network gives a time at all."""
    given = headers.get("webhook-timestamp", "")
    if not given:
        return False
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        return True
    return abs(clock.now() - datetime.fromtimestamp(int(given), UTC)) > WINDOW


def _call_id(signed_id: str, body: bytes) -> str:
    """The network's own id for the call, where it is signed with it; else the digest of what it said."""
    return f"id:{signed_id[:180]}" if signed_id else f"sha256:{hashlib.sha256(body).hexdigest()}"


def _next(row: Listening, at: datetime, *, was: datetime | None) -> bool:
    return bool(Listening.objects.filter(pk=row.pk, next_at=was).update(next_at=at))


def _failed(row: Listening, outcome: Outcome) -> None:
    tries = row.tries + 1
    again = max(clock.now() + EVERY, rules.next_try(outcome, tries, clock.now()))
    why = f"{outcome.why} {outcome.shown}".strip()
    Listening.objects.filter(pk=row.pk).update(tries=tries, why=why, next_at=again)
