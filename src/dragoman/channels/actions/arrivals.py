"""What networks bring: calls to our address for hooks, and answers that the desk fetches.

Everything is kept by the network's own id, sealed, and once; what becomes of it is the inbox's affair.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, registry, rules
from dragoman.channels.actions.common import ask, channel_target, may_administer
from dragoman.channels.connector import (
    FETCH,
    WEBHOOK,
    Batch,
    Connector,
    Incoming,
    Receipt,
    Refused,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.channels.models import Arrival, Channel, HookCall, Listening
from dragoman.channels.rules import Outcome
from dragoman.lib.http import Door
from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Unavailable

EVERY = timedelta(minutes=5)
REMEMBERED = timedelta(days=8)
# Calls that say when they were made are taken within this window (Standard Webhooks advises five minutes).
WINDOW = timedelta(minutes=5)
Item = Incoming | Receipt
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
    names = {name.lower(): value for name, value in headers.items()}
    try:
        items = _connector(channel).read_webhook(WebhookCall(names, body))
    except Refused as refused:
        raise _turned_away(channel, refused.why) from None
    except (TryLater, Unsure) as trouble:
        raise Unavailable(trouble.why) from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        # Signed by the network, yet not of a form that we know: ours to mend; it calls again meanwhile.
        log.exception("the connector %s could not read a call", channel.kind)
        raise Unavailable(f"The call could not be read ({type(error).__name__}).") from None
    if _stale(names):
        raise _turned_away(channel, "The call says that it was made at another time.")
    with transaction.atomic():
        _, first = HookCall.objects.get_or_create(
            channel=channel, call_id=_call_id(names, body), defaults={"at": clock.now()}
        )
        new = _store(channel, items, "hook") if first else 0
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
    row.save()
    audit.note(by=by, verb="channels.listen", target=channel_target(channel), data={"on": on})
    return row


def fetch_arrivals(*, by: Actor, channel_id: int) -> int:
    """Read what came in since the last time, if its time has come. Gives how many new things there were.

    The cursor moves on with the rows it brought, so that nothing is passed over; a page that is read twice
    changes nothing.
    """
    row = Listening.objects.due(clock.now()).select_related("channel__mission").filter(channel_id=channel_id)
    found = row.first()
    # Whoever moves the time on first is the one who asks.
    if found is None or not _next(found, clock.now() + EVERY, was=found.next_at):
        return 0
    spoken = ask(found.channel, lambda connector: connector.fetch(found.cursor), changes=False)
    with transaction.atomic():
        if isinstance(spoken.value, Batch):
            new = _store(found.channel, spoken.value.incoming, "fetch")
            Listening.objects.filter(pk=found.pk).update(
                cursor=spoken.value.cursor or found.cursor, read_at=clock.now(), tries=0, why=""
            )
        else:
            new = 0
            _failed(found, spoken.outcome)
        if new or (found.tries == 0 and not isinstance(spoken.value, Batch)):
            data = {"new": new, "says": spoken.outcome.why}
            target = channel_target(found.channel)
            audit.note(by=by, verb="channels.fetch_arrivals", target=target, data=data)
    return new


@transaction.atomic
def sweep_arrivals(*, by: Actor) -> int:
    """Start the reading of every channel whose time has come; forget calls too old to be replayed."""
    now = clock.now()
    due = list(Listening.objects.due(now).values_list("channel_id", flat=True))
    for pk in due:
        later("channels.fetch", channel_id=pk)
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
    """Standard Webhooks: the signed header `webhook-timestamp`, in seconds. Kinds without it keep their own
    window, if the network gives a time at all."""
    given = headers.get("webhook-timestamp", "")
    if not given:
        return False
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        return True
    return abs(clock.now() - datetime.fromtimestamp(int(given), UTC)) > WINDOW


def _call_id(headers: Mapping[str, str], body: bytes) -> str:
    """The network's own id for the call, where it is signed with it; else the digest of what it said."""
    given = headers.get("webhook-id", "")
    return f"id:{given[:180]}" if given else f"sha256:{hashlib.sha256(body).hexdigest()}"


def _store(channel: Channel, items: Sequence[Item], way: str) -> int:
    """Only what is new; in the caller's transaction."""
    new = 0
    for item in items:
        kind, outside = _named(item)
        values = {name: value for name, value in asdict(item).items() if name != "at"}
        _, made = Arrival.objects.get_or_create(
            channel=channel,
            kind=kind,
            outside_id=outside,
            defaults={"at": item.at, "way": way, "sealed": queries.vault().seal(values)},
        )
        new += made
    return new


def _named(item: Item) -> tuple[str, str]:
    """An id of ours for what has none that fits: a long one becomes its digest."""
    if isinstance(item, Incoming):
        kind, name = "text", item.outside_id
    else:
        kind, name = "receipt", f"{item.remote_id} {item.outcome} {item.at.isoformat()}"
    if len(name) > 500:
        name = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    return kind, name


def _next(row: Listening, at: datetime, *, was: datetime | None) -> bool:
    return bool(Listening.objects.filter(pk=row.pk, next_at=was).update(next_at=at))


def _failed(row: Listening, outcome: Outcome) -> None:
    tries = row.tries + 1
    again = max(clock.now() + EVERY, rules.next_try(outcome, tries, clock.now()))
    why = f"{outcome.why} {outcome.shown}".strip()
    Listening.objects.filter(pk=row.pk).update(tries=tries, why=why, next_at=again)
