"""Deliveries, their attempts and their takedowns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform

from dragoman.base import clock
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.channels import states
from dragoman.channels.models.channel import Channel
from dragoman.lib.problems import Conflict
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


def clear_to_speak(now: datetime) -> Q:
    """The channel is on, its circuit closed, and the network has not asked us to wait."""
    waits = Q(channel__not_before__gt=now)
    return Q(channel__state="on", channel__circuit_since__isnull=True) & ~waits


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, officer: Officer) -> DeliveryQuerySet:
        """All on the channels of the officer's missions; on those above them what has begun to go out:
        until then its text is another mission's secret."""
        own = Q(channel__mission__in=Mission.objects.visible_to(officer))
        return self.filter(own | Q(channel__in=Channel.objects.visible_to(officer), started__isnull=False))

    def due(self, now: datetime) -> DeliveryQuerySet:
        """What the clock must look at: released, in a state that it moves on, and on a channel that is on.

        An attempt whose lease has run out is looked at whether the channel is on or off.
        """
        waiting = Q(state__in=states.WAITING, started__isnull=False) & clear_to_speak(now)
        return self.filter(waiting | Q(state__in=("sending", "unsure")), next_at__lte=now)

    def to_arm(self, now: datetime) -> DeliveryQuerySet:
        """What may be prepared ahead of its moment."""
        return self.filter(clear_to_speak(now), state__in=states.WAITING, arm_at__lte=now)

    def take(self, rows: Sequence[Delivery], *, token: str, lease: datetime, worker: str) -> list[Attempt]:
        """One statement for the whole of a moment: each of these rows is being sent from now on, and has the
        row of its attempt. `rows` must be locked and waiting. Returns the attempts, in their order."""
        if not all(states.DELIVERY.admits(state, "sending") for state in states.WAITING):
            raise AssertionError("the graph must let what waits be sent")
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [now, token, lease, now, [row.pk for row in rows], now, now, now, worker])
            made = {delivery: attempt for attempt, delivery in cursor.fetchall()}
        for row in rows:
            row.state, row.state_at, row.claim, row.next_at = "sending", now, token, lease
            row.tries, row.arm_at, row.started = row.tries + 1, None, row.started or now
        return [
            Attempt(pk=made[row.pk], delivery=row, verb="send", started=now, worker=worker) for row in rows
        ]

    def sent(self, came: Sequence[Mapping[str, Any]]) -> set[int]:
        """One statement for many: these are out, each with `id`, `sent_at`, `remote_id`, `remote_url` and
        `remote`. Returns the ids of those that could still become so."""
        may = [state for state in states.DELIVERY.states if states.DELIVERY.admits(state, "sent")]
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(SENT, [now, now, json.dumps(came), may])
            return {pk for (pk,) in cursor.fetchall()}

    def for_a_person(self) -> DeliveryQuerySet:
        """What waits for a person."""
        return self.filter(Q(state="refused") | Q(state="unsure", person=True))


TAKE = """
WITH taken AS (
    UPDATE channels_delivery
    SET state = 'sending', state_at = %s, claim = %s, next_at = %s, tries = tries + 1, arm_at = NULL,
        started = COALESCE(started, %s)
    WHERE id = ANY(%s) AND state IN ('queued', 'armed')
    RETURNING id
)
INSERT INTO channels_attempt (created, updated, delivery_id, verb, started, worker, outcome, why, calls)
SELECT %s, %s, id, 'send', %s, %s, '', '', '[]'::jsonb FROM taken
RETURNING id, delivery_id
"""


SENT = """
UPDATE channels_delivery AS row
SET updated = %s, state = 'sent', state_at = %s, next_at = NULL, claim = '', why = '', shown = '',
    person = FALSE, account_fault = FALSE, sent_at = came.sent_at, remote_id = came.remote_id,
    remote_url = came.remote_url, remote = came.remote
FROM jsonb_to_recordset(%s::jsonb) AS came(
    id bigint, sent_at timestamptz, remote_id text, remote_url text, remote jsonb
)
WHERE row.id = came.id AND row.state = ANY(%s)
RETURNING row.id
"""


class Delivery(Stateful, Model):
    """One rendition to one channel. `key`, rendition and post are there before the first attempt and never
    change. `claim` names the attempt that holds it; `next_at` is when the clock looks at it again."""

    GRAPH = states.DELIVERY

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries")
    source = models.CharField(max_length=60, db_index=True)
    rev = models.PositiveIntegerField()
    lang = models.CharField(max_length=35)
    key = models.CharField(max_length=200, unique=True)
    rendition = models.JSONField()
    post = models.JSONField()
    urgent = models.BooleanField(default=False)

    due = models.DateTimeField()
    last_useful = models.DateTimeField()
    started = models.DateTimeField(null=True, blank=True)
    arm_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    claim = models.CharField(max_length=40, blank=True)
    tries = models.PositiveIntegerField(default=0)
    looks = models.PositiveIntegerField(default=0)
    prepared = models.JSONField(null=True, blank=True)
    prepared_until = models.DateTimeField(null=True, blank=True)

    person = models.BooleanField(default=False)
    # It was refused because of the account: once the account is well, it goes by itself.
    account_fault = models.BooleanField(default=False)
    why = models.TextField(blank=True)
    shown = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=500, blank=True)
    remote_url = models.CharField(max_length=1000, blank=True)
    remote = models.JSONField(default=dict)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-due", "-id")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["source", "rev"], name="delivery_source_rev"),
            models.Index(fields=["channel", "-due"], name="delivery_channel_due"),
            models.Index(fields=["next_at"], name="delivery_clock", condition=Q(state__in=states.LIVE)),
            models.Index(fields=["arm_at"], name="delivery_to_arm", condition=Q(state__in=states.WAITING)),
            # By what people answer: the network's id of the post, or of any part of a thread.
            models.Index(fields=["remote_id"], name="delivery_remote", condition=~Q(remote_id="")),
            GinIndex(KeyTransform("names", "remote"), name="delivery_names"),
        ]

    def __str__(self) -> str:
        return f"{self.source} rev. {self.rev} {self.lang} on {self.channel}"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"delivery:{self.pk}"

    @property
    def link(self) -> str:
        """Where people see it, when that is a page of the web."""
        return self.remote_url if self.remote_url.startswith(("https://", "http://")) else ""

    def held(self, claim: str) -> bool:
        """Is this attempt the one that holds it?"""
        return self.state == "sending" and self.claim == claim

    def guard_claim(self, claim: str) -> None:
        """Refuse the bookkeeping of an attempt that no longer holds the delivery."""
        if not self.held(claim):
            raise Conflict(f"It is {self.state}, and another has taken it up.", code="lost-claim")


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def end(self, came: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """One statement for many: what became of attempts, each with `id`, `outcome`, `why`, `calls`, `began`
        and `answered`."""
        with connection.cursor() as cursor:
            cursor.execute(END, [now, now, json.dumps(came)])


class Attempt(Model):
    """One verb asked of a network for one delivery. Written before the call, completed after it."""

    VERBS = (("prepare", "prepare"), ("send", "send"), ("find", "find"), ("withdraw", "withdraw"))

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    verb = models.CharField(max_length=10, choices=VERBS)
    worker = models.CharField(max_length=120, blank=True)
    started = models.DateTimeField()
    # When the first byte that could change something was written, and when the last answer was in.
    began = models.DateTimeField(null=True, blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    why = models.TextField(blank=True)
    calls = models.JSONField(default=list)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ("started", "id")

    def __str__(self) -> str:
        return f"{self.verb} {self.outcome or 'under way'}"


END = """
UPDATE channels_attempt AS row
SET updated = %s, ended = %s, outcome = came.outcome, why = came.why, calls = came.calls, began = came.began,
    answered = came.answered
FROM jsonb_to_recordset(%s::jsonb) AS came(
    id bigint, outcome text, why text, calls jsonb, began timestamptz, answered timestamptz
)
WHERE row.id = came.id
"""


class Takedown(Stateful, Model):
    """The wish that a delivery be taken down on its network, with whose wish it is and what became of it."""

    GRAPH = states.TAKEDOWN

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="takedown")
    asked_by = models.CharField(max_length=150)
    asked_why = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveIntegerField(default=0)
    why = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Takedown]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"takedown of {self.delivery}"
