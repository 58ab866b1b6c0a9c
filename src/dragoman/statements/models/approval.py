"""Yeses, and reasons given for findings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.statements.models.statement import Revision


@keep_history()
class Approval(Model):
    """One officer's yes to the digest of the exact text of every rendition. Any edit voids it."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="approvals")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    roles = models.JSONField(default=list)  # held at the mission when it was given
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[Approval]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["revision", "officer"],
                condition=models.Q(voided_at__isnull=True),
                name="one_standing_approval",
            ),
        )
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.officer} {self.digest[:8]}"


@keep_history()
class Clearance(Model):
    """A recorded reason for which a finding was let stand. `key` holds only while the words stay."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="clearances")
    key = models.CharField(max_length=64)
    rule = models.CharField(max_length=20)
    reason = models.TextField()
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Clearance]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["revision", "key"], name="clearance_once"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.key[:8]}"
