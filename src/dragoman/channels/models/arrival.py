"""What networks bring: texts from outside and receipts, as they came."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from dragoman.base.models import Model
from dragoman.channels.models.channel import Channel


class Arrival(Model):
    """One text or receipt from a network, by the network's own id, so that a repeat is harmless.

    `sealed` holds what came: people write to a ministry about themselves, and no backup should show it.
    """

    KINDS = (("text", "text"), ("receipt", "receipt"))
    WAYS = (("hook", "the network called"), ("fetch", "the desk fetched"))

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="arrivals")
    kind = models.CharField(max_length=10, choices=KINDS)
    outside_id = models.CharField(max_length=500)
    at = models.DateTimeField()
    way = models.CharField(max_length=10, choices=WAYS)
    sealed = models.TextField()
    taken_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Arrival]] = models.Manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "kind", "outside_id"], name="arrival_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="arrival_waiting", condition=models.Q(taken_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outside_id} on {self.channel}"


class HookCall(Model):
    """A call of a network that was taken, remembered so that its replay is ignored."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    call_id = models.CharField(max_length=200)
    at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[HookCall]] = models.Manager()

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


class Listening(Model):
    """Whether the desk fetches what people answer on a channel, how far it has read, when it looks next."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="listening")
    on = models.BooleanField(default=False)
    cursor = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    read_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    why = models.TextField(blank=True)

    objects = ListeningQuerySet.as_manager()

    def __str__(self) -> str:
        return f"listening on {self.channel}"
