"""Taking deliveries up, many at once: of any number that ask, one gets each, and holds it under a lease."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import Func

from dragoman.base import clock
from dragoman.base.jobs import later
from dragoman.channels import living, pacing, queries, registry, rules, states
from dragoman.channels.connector import PREPARE, Kind
from dragoman.channels.models import Attempt, Channel, Delivery
from dragoman.lib.steps import step

URGENT = 10
# What of a delivery is fixed once it is planned, and long; the texts at the end are not looked at here.
UNCHANGING = ("rendition", "post")
NOT_NEEDED = ("remote", "why", "shown", "remote_id", "remote_url", "channel__health_says")
BEHIND_THE_URGENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that holds its delivery until the lease runs out."""

    delivery: Delivery
    token: str
    attempt: Attempt
    at: datetime


def claim(
    rows: QuerySet[Delivery], *, start: bool = False, known: Mapping[int, Delivery] | None = None
) -> list[Claim]:
    """Take up those of `rows` that may go out now, in one transaction. The rest wait, each with its reason.

    With `start` the text is out on our own ground as of now. What another worker has this moment is left to
    it, and what is to be taken down is left alone. `known` are rows read before: what never changes of a
    delivery is not read again.
    """
    step("channels.before-claim")
    # Within a transaction of the caller's it is part of that one: all or nothing, and two round trips less.
    with transaction.atomic(savepoint=False):
        now = clock.now()
        locked = rows.filter(state__in=states.WAITING, takedown__isnull=True).select_related("channel")
        if known:
            locked = locked.defer(*UNCHANGING, *NOT_NEEDED)
        # A release waits for a row that is just being prepared: skipped, it would never be started at all.
        found = list(locked.select_for_update(of=("self",), skip_locked=not start).order_by("pk"))
        for row in found if known else ():
            _recall(row, known or {})
        if start:
            _start([row for row in found if row.started is None], now)
        due = [row for row in found if row.started is not None and row.next_at and row.next_at <= now]
        going = _in_their_turn([row for row in due if not _held_back(row, now)], now)
        claims = _take(going)
        taken = {each.delivery.pk for each in claims}
        _keep_started([row for row in found if start and row.pk not in taken])
        return claims


def _recall(row: Delivery, known: Mapping[int, Delivery]) -> None:
    """Fill in from a row read before; what was not read before is read when it is looked at."""
    if row.pk in known:
        row.__dict__.update({name: getattr(known[row.pk], name) for name in UNCHANGING})


def _start(rows: Sequence[Delivery], now: datetime) -> None:
    for row in rows:
        row.started, row.next_at = now, max(row.due, now)


def _keep_started(rows: Sequence[Delivery]) -> None:
    """Those that do not go this moment have their job, or something else that wakes them."""
    for row in rows:
        changed = Delivery.objects.filter(pk=row.pk, started__isnull=True).update(
            started=row.started, next_at=F("next_at") if row.next_at is None else row.next_at
        )
        if changed and row.next_at is not None and row.next_at > clock.now():
            later("channels.deliver", at=row.next_at, priority=_priority(row), delivery_id=row.pk)


def _priority(row: Delivery) -> int:
    return URGENT if row.urgent else 0


def _held_back(row: Delivery, now: datetime) -> bool:
    """Is something in its way that is not another delivery? Says so in the row."""
    channel = row.channel
    if not channel.on:
        return True
    if rules.expired(row.last_useful, now):
        later("channels.expire", delivery_id=row.pk)
        return True
    if channel.circuit_since is not None:
        _wait(row, None, f"The account is in trouble, so it was not tried: {channel.circuit_why}")
        return True
    if channel.not_before is not None and channel.not_before > now:
        _wait(row, channel.not_before, channel.not_before_why)
        return True
    if _needs_long_preparing(row, now):
        _wait(row, now + rules.LEASE, "Its film is being handed to the network; it goes out right after.")
        Delivery.objects.filter(pk=row.pk).update(arm_at=now)
        later("channels.prepare", priority=URGENT, delivery_id=row.pk)
        return True
    return False


def _needs_long_preparing(row: Delivery, now: datetime) -> bool:
    """A film is handed over in a step of its own: that takes longer than a lease."""
    films = bool(row.post.get("videos")) and queries.able(row.channel, PREPARE)
    return films and not pacing.lasts(row.prepared is not None, row.prepared_until, now)


def _wait(row: Delivery, until: datetime | None, why: str) -> None:
    """It stays in its state, with the reason; `until` None: something else wakes it."""
    row.next_at = until or row.next_at
    Delivery.objects.filter(pk=row.pk).update(why=why, next_at=row.next_at, started=row.started)
    if until is not None:
        later("channels.deliver", at=until, priority=_priority(row), delivery_id=row.pk)


# --- several on one account ---


def _in_their_turn(rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those whose turn it is on their account: the urgent first, and no more than its pace allows."""
    by_channel: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel_id].append(row)
    # Only where deliveries queue up at all: at a pace, or after a rest that the network asked for.
    calm = [
        channel_id
        for channel_id, group in by_channel.items()
        if not all(row.urgent for row in group) and _queues(group[0].channel)
    ]
    urgent = _urgent_elsewhere(calm, {row.pk for row in rows}, now)
    going: list[Delivery] = []
    for channel_id in sorted(by_channel):
        group = by_channel[channel_id]
        if channel_id in urgent:
            for row in [row for row in group if not row.urgent]:
                _wait(row, now + BEHIND_THE_URGENT, "An urgent statement goes first on this account.")
            group = [row for row in group if row.urgent]
        going += _at_their_pace(group, now)
    return going


def _urgent_elsewhere(channels: Sequence[int], mine: set[int], now: datetime) -> set[int]:
    """Accounts on which an urgent delivery of another statement is due this moment."""
    if not channels:
        return set()
    others = Delivery.objects.due(now).filter(
        channel__in=channels, urgent=True, state__in=states.WAITING, last_useful__gt=now
    )
    return set(
        others.exclude(pk__in=mine).exclude(takedown__isnull=False).values_list("channel_id", flat=True)
    )


def _at_their_pace(group: Sequence[Delivery], now: datetime) -> list[Delivery]:
    kind = _kind(group[0].channel) if group else None
    pace = kind.pace if kind else None
    spoken: list[tuple[datetime, int]] = []
    if pace is not None:
        # one worker at a time counts what the account has said
        Channel.objects.select_for_update(no_key=True).get(pk=group[0].channel_id)
        spoken = _said_lately(group[0].channel_id, now - timedelta(seconds=pace.seconds))
    wishes = [pacing.Wish(row.pk, len(row.rendition["parts"]), row.urgent, row.due) for row in group]
    granted, free_at = pacing.granted(wishes, pace=pace, spoken=spoken, now=now)
    by_pk = {row.pk: row for row in group}
    for pk in by_pk.keys() - set(granted):
        _wait(by_pk[pk], free_at, "It waits its turn: the network takes no more from this account at once.")
    return [by_pk[pk] for pk in granted]


def _said_lately(channel_id: int, since: datetime) -> list[tuple[datetime, int]]:
    parts = Func(F("delivery__rendition__parts"), function="jsonb_array_length", output_field=IntegerField())
    rows = Attempt.objects.filter(delivery__channel_id=channel_id, verb="send", started__gt=since)
    return list(rows.exclude(outcome="skipped").annotate(posts=parts).values_list("started", "posts"))


def _queues(channel: Channel) -> bool:
    kind = _kind(channel)
    return channel.not_before is not None or (kind is not None and kind.pace is not None)


def _kind(channel: Channel) -> Kind | None:
    return registry.kind(channel.kind) if channel.kind in registry.KINDS else None


# --- the lease ---


def _take(rows: Sequence[Delivery]) -> list[Claim]:
    if not rows:
        return []
    token, now = uuid.uuid4().hex, clock.now()
    attempts = Delivery.objects.take(rows, token=token, lease=now + rules.LEASE, worker=living.my_name())
    return [Claim(row, token, attempt, now) for row, attempt in zip(rows, attempts, strict=True)]
