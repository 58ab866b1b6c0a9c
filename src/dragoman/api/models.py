"""What the API keeps for itself: answers to requests that may be repeated, and counts of requests."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class StoredAnswer(models.Model):
    """The answer to a POST that named an Idempotency-Key; without a status it is still being worked on."""

    token = models.ForeignKey("staff.Token", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    begun = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=300, blank=True)
    body = models.BinaryField(default=b"")

    objects: ClassVar[models.Manager[StoredAnswer]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="answer_once"),)

    def __str__(self) -> str:
        return f"{self.key} {self.status or 'in flight'}"


class Window(models.Model):
    """How many requests a token made in one minute."""

    token = models.ForeignKey("staff.Token", on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[Window]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "minute"], name="window_once"),)

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} {self.count}"
