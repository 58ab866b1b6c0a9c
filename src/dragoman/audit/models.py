"""Events."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """One deed. Append-only."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=20)
    verb = models.CharField(max_length=100)
    target = models.CharField(max_length=200, db_index=True)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True)
    why = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    face = models.CharField(max_length=20, blank=True)

    objects: ClassVar[models.Manager[Event]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"
