"""Taking deliveries up, many at once: of any number that ask, one gets each, and holds it under a lease."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import Func

from dragoman.base import clock
from dragoman.base.jobs import later
from dragoman.channels import living, pacing, queries, registry, rules, states
from dragoman.channels.connector import PREPARE, Kind
from dragoman.channels.models import Attempt, Channel, Delivery, Takedown
from dragoman.lib.steps import step

URGENT = 10
BEHIND_THE_URGENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that holds its delivery until the lease runs out."""

    delivery: Delivery
    token: str
    attempt: Attempt
    at: datetime


def claim(rows: QuerySet[Delivery]) -> list[Claim]:
    """Take up those of `rows` that may go out now, in one transaction. The rest wait, each with its reason.

    What another worker has this moment is left to it.
    """
    step("channels.before-claim")
    with transaction.atomic():
        now = clock.now()
        found = list(
            rows.filter(state__in=states.WAITING, started__isnull=False, next_at__lte=now)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("channel__mission")
            .order_by("pk")
        )
        going = _in_their_turn([row for row in _free(found) if not _held_back(row, now)], now)
        return _take(going, now)


def _free(rows: Sequence[Delivery]) -> list[Delivery]:
    """Those that nobody wants taken down."""
    unwanted = set(Takedown.objects.filter(delivery__in=rows).values_list("delivery_id", flat=True))
    return [row for row in rows if row.pk not in unwanted]


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
    changes = {"why": why, **({"next_at": until} if until else {})}
    Delivery.objects.filter(pk=row.pk).update(**changes)
    if until is not None:
        later("channels.deliver", at=until, priority=URGENT if row.urgent else 0, delivery_id=row.pk)


# --- several on one account ---


def _in_their_turn(rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those whose turn it is on their account: the urgent first, and no more than its pace allows."""
    by_channel: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel_id].append(row)
    calm = [channel for channel, group in by_channel.items() if not all(row.urgent for row in group)]
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


def _kind(channel: Channel) -> Kind | None:
    return registry.kind(channel.kind) if channel.kind in registry.KINDS else None


# --- the lease ---


def _take(rows: Sequence[Delivery], now: datetime) -> list[Claim]:
    if not rows:
        return []
    if not all(states.DELIVERY.admits(state, "sending") for state in states.WAITING):
        raise AssertionError("what waits may be sent")  # the graph is data; this use of it is not
    token = uuid.uuid4().hex
    lease = now + rules.LEASE
    Delivery.objects.filter(pk__in=[row.pk for row in rows], state__in=states.WAITING).update(
        state="sending", state_at=now, claim=token, next_at=lease, tries=F("tries") + 1, arm_at=None
    )
    attempts = _attempts(rows, now)
    claims = []
    for row, attempt in zip(rows, attempts, strict=True):
        row.state, row.state_at, row.claim, row.next_at, row.tries = (
            "sending",
            now,
            token,
            lease,
            row.tries + 1,
        )
        claims.append(Claim(row, token, attempt, now))
    return claims


def _attempts(rows: Iterable[Delivery], now: datetime) -> list[Attempt]:
    worker = living.my_name()
    return Attempt.objects.bulk_create(
        [Attempt(delivery=row, verb="send", started=now, worker=worker) for row in rows]
    )
