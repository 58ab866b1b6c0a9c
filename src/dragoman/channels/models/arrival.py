"""What networks bring: texts from outside and receipts, as they came."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models

from dragoman.base.models import Model
from dragoman.channels.models.channel import Channel


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def waiting(self) -> ArrivalQuerySet:
        """What the inbox has not taken over yet, as it came."""
        return self.filter(taken_at__isnull=True).order_by("id")

    def keep(self, channel: Channel, way: str, came: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
        """One statement for many: those that are new, each with `kind`, `outside_id`, `version`, `at`,
        `sealed` and `mark`. Gives the kinds of those that were kept.

        What was there before, what is known to be gone, what was erased for a person stays out, and what the
        ministry said itself, on this account or on another of the same network.
        """
        # In one order for all, so that two who bring the same things at once wait and never block each other.
        rows = sorted(came, key=lambda row: (row["at"], row["kind"], row["outside_id"], row["version"]))
        texts = sorted({row["outside_id"] for row in rows if row["kind"] == "text"})
        values: list[Any] = [now, now, channel.pk, way, json.dumps(rows), channel.pk]
        values += [channel.kind, texts, texts, channel.kind, texts]
        with connection.cursor() as cursor:
            cursor.execute(KEEP, values)
            return [kind for (kind,) in cursor.fetchall()]


# Our own posts are gathered once, by constant lists: asked row by row, the planner reads all deliveries.
KEEP = """
INSERT INTO channels_arrival (created, updated, channel_id, kind, outside_id, version, at, way, sealed)
SELECT %s, %s, %s, came.kind, came.outside_id, came.version, came.at, %s, came.sealed
FROM ROWS FROM (
    jsonb_to_recordset(%s::jsonb)
    AS (kind text, outside_id text, version text, at timestamptz, sealed text, mark text)
) WITH ORDINALITY AS came(kind, outside_id, version, at, sealed, mark, place)
WHERE NOT EXISTS (
    SELECT 1 FROM channels_arrival AS past
    WHERE past.channel_id = %s AND came.kind IN ('text', 'gone') AND (
        (past.kind = 'gone' AND past.outside_id = came.outside_id)
        OR (past.kind = 'erased' AND past.outside_id = came.mark)
    )
)
AND NOT (came.kind = 'text' AND came.outside_id = ANY (ARRAY(
    SELECT said.remote_id
    FROM channels_delivery AS said JOIN channels_channel AS ours ON ours.id = said.channel_id
    WHERE ours.kind = %s AND said.remote_id <> '' AND said.remote_id = ANY (%s)
    UNION ALL
    SELECT name
    FROM channels_delivery AS said JOIN channels_channel AS ours ON ours.id = said.channel_id
    CROSS JOIN unnest(%s::text[]) AS name
    WHERE ours.kind = %s AND (said.remote -> 'names') ?| %s::text[] AND (said.remote -> 'names') ? name
)))
ORDER BY came.place
ON CONFLICT DO NOTHING
RETURNING kind
"""


class Arrival(Model):
    """One text or receipt from a network, by the network's own id, so that a repeat is harmless.

    A text that was changed comes again as another `version`; `gone` says that it was taken back, `erased`
    that it was erased here and must not come again (its `outside_id` is a digest then). `sealed` holds what
    came: people write to a ministry about themselves, and no backup should show it. It is emptied when the
    inbox takes it over.
    """

    KINDS = (("text", "text"), ("gone", "taken back"), ("receipt", "receipt"), ("erased", "erased"))
    WAYS = (
        ("hook", "the network called"),
        ("fetch", "the desk fetched"),
        ("back", "found by looking back"),
        ("desk", "done on the desk"),
    )

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="arrivals")
    kind = models.CharField(max_length=10, choices=KINDS)
    outside_id = models.CharField(max_length=500)
    version = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    way = models.CharField(max_length=10, choices=WAYS)
    sealed = models.TextField(blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "kind", "outside_id", "version"], name="arrival_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="arrival_waiting", condition=models.Q(taken_at__isnull=True)),
            models.Index(fields=["channel", "-at"], name="arrival_lately", condition=models.Q(kind="text")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outside_id} on {self.channel}"


class HookCallQuerySet(models.QuerySet["HookCall"]):
    def remember(self, channel_id: int, call_id: str, now: datetime) -> bool:
        """Is this the first time that the call came? One statement, and a repeat changes nothing."""
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [now, now, channel_id, call_id, now])
            return bool(cursor.rowcount == 1)


REMEMBER = """
INSERT INTO channels_hookcall (created, updated, channel_id, call_id, at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


class HookCall(Model):
    """A call of a network that was taken, remembered so that its replay is ignored."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    call_id = models.CharField(max_length=200)
    at = models.DateTimeField(db_index=True)

    objects = HookCallQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "call_id"], name="hook_call_once")
        ]

    def __str__(self) -> str:
        return f"{self.call_id} to {self.channel}"


class ListeningQuerySet(models.QuerySet["Listening"]):
    def due(self, now: datetime) -> ListeningQuerySet:
        """Channels whose answers the clock must fetch."""
        return self.filter(on=True, channel__state="on", next_at__lte=now)

    def to_look_back(self, now: datetime) -> ListeningQuerySet:
        """Channels on which the clock must look for gaps."""
        return self.filter(on=True, channel__state="on", back_next__lte=now)


class Listening(Model):
    """Whether the desk fetches what people answer on a channel, how far it has read, when it looks next.

    The fields with `back` are of the slower pass that looks for gaps: when it is due and when it was last
    whole, where one stands that is under way (since when it reads, how far it is, what it has found). Of all
    it ever found, `refilled` counts the texts, `refilled_at` says when last, `refilled_last` how many then.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="listening")
    on = models.BooleanField(default=False)
    cursor = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    read_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    why = models.TextField(blank=True)

    back_next = models.DateTimeField(null=True, blank=True, db_index=True)
    back_at = models.DateTimeField(null=True, blank=True)
    back_since = models.DateTimeField(null=True, blank=True)
    back_cursor = models.TextField(blank=True)
    back_found = models.PositiveIntegerField(default=0)
    back_tries = models.PositiveIntegerField(default=0)
    back_why = models.TextField(blank=True)
    refilled = models.PositiveIntegerField(default=0)
    refilled_at = models.DateTimeField(null=True, blank=True)
    refilled_last = models.PositiveIntegerField(default=0)

    objects = ListeningQuerySet.as_manager()

    def __str__(self) -> str:
        return f"listening on {self.channel}"
