"""Putting a statement out, and taking it back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.statements import states
from dragoman.statements.models.statement import Revision, Statement


@keep_history()
class Release(Stateful, Model):
    """The act of putting a revision out. Each phase has the time it was done, and is done once."""

    GRAPH = states.RELEASE

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="releases")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moment = models.DateTimeField()
    zone = models.CharField(max_length=60, default="UTC")
    digest = models.CharField(max_length=64)
    released = models.DateTimeField(null=True, blank=True)  # the time that the record states
    sealed_at = models.DateTimeField(null=True, blank=True)
    page_at = models.DateTimeField(null=True, blank=True)
    channels_at = models.DateTimeField(null=True, blank=True)
    entry_index = models.PositiveBigIntegerField(null=True, blank=True)
    last_trouble = models.TextField(blank=True)
    # the page's list of copies: open while a network has still to answer
    elsewhere_open = models.BooleanField(default=False)
    elsewhere_at = models.DateTimeField(null=True, blank=True)
    elsewhere_digest = models.CharField(max_length=64, blank=True)
    # its page still says that witnesses are awaited
    awaiting_witnesses = models.BooleanField(default=False)
    review_due = models.DateTimeField(null=True, blank=True)  # crisis lane
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=150, blank=True)
    review_note = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Release]] = models.Manager()

    class Meta:
        indexes = (
            models.Index(
                fields=["moment"],
                condition=models.Q(state__in=("planned", "running")),
                name="release_waiting",
            ),
            models.Index(
                fields=["id"], condition=models.Q(elsewhere_open=True), name="release_elsewhere_open"
            ),
            models.Index(fields=["id"], condition=models.Q(awaiting_witnesses=True), name="release_awaiting"),
            models.Index(fields=["-moment"], name="release_newest"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["revision"],
                condition=~models.Q(state="cancelled"),
                name="one_release_a_revision",
            ),
        )

    def __str__(self) -> str:
        return f"release of {self.revision}"


@keep_history()
class Withdrawal(Stateful, Model):
    """The tombstone of a statement: from here on its text is not shown; the record keeps that it was."""

    GRAPH = states.WITHDRAWAL

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="withdrawal")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    reasons = models.JSONField()  # language -> reason that the public reads
    at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True, blank=True)
    page_at = models.DateTimeField(null=True, blank=True)
    channels_at = models.DateTimeField(null=True, blank=True)
    last_trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Withdrawal]] = models.Manager()

    def __str__(self) -> str:
        return f"withdrawal of {self.statement.ref}"
