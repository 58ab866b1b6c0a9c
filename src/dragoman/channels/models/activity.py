"""What other servers tell the ministry's own actors."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.channels import states
from dragoman.channels.models.channel import Channel


class ActivityQuerySet(models.QuerySet["Activity"]):
    def due(self, now: datetime) -> ActivityQuerySet:
        """Those that the clock must look at."""
        return self.filter(state="waiting", next_at__lte=now)


class Activity(Stateful, Model):
    """One activity from outside, proved and not yet acted on, or kept for a while so that a repeat is known.

    `outside_id` is the other server's own name for it, `who` a mark of its actor. `sealed` is what came,
    and is emptied as soon as it was acted on.
    """

    GRAPH = states.ACTIVITY

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="activities")
    outside_id = models.CharField(max_length=500)
    verb = models.CharField(max_length=40)
    who = models.CharField(max_length=64)
    sealed = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    why = models.CharField(max_length=300, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "activities"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "outside_id"], name="activity_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="activity_clock", condition=models.Q(state="waiting")),
            models.Index(fields=["channel", "who"], name="activity_who"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} to {self.channel}"

    @property
    def target(self) -> str:
        """Its name in the audit: never who it was."""
        return f"activity:{self.pk}"
