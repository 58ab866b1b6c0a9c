"""Recipients, mailings and copies: what a channel that sends to many holds."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.channels import states
from dragoman.channels.models.channel import Channel
from dragoman.channels.models.delivery import Delivery

if TYPE_CHECKING:
    from dragoman.staff.models import Officer

ALL_TOPICS = "all"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def visible_to(self, officer: Officer) -> RecipientQuerySet:
        """Those of the channels that the officer sees; their addresses are sealed all the same."""
        return self.filter(channel__in=Channel.objects.visible_to(officer))

    def wanting(self, lang: str, topics: list[str]) -> RecipientQuerySet:
        """Those confirmed who asked for this language, and for one of these topics or for all."""
        tongue = Q(lang=lang) | Q(lang="")
        theme = Q(topics__overlap=[ALL_TOPICS, *topics]) | Q(topics=[])
        return self.filter(tongue & theme, state="confirmed")


class Recipient(Stateful, Model):
    """One who receives copies on a channel. `sealed` is the address, unreadable without the vault's key and
    emptied the moment its owner leaves; `address_hash` finds it again without telling it.

    `basis` says by what right the address is here when its owner did not confirm it on our own page.
    """

    GRAPH = states.RECIPIENT

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="recipients")
    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sealed = models.TextField(blank=True)
    address_hash = models.CharField(max_length=64)
    lang = models.CharField(max_length=35, blank=True)
    topics = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    letter_at = models.DateTimeField(null=True, blank=True)
    letters = models.PositiveSmallIntegerField(default=0)
    soft_bounces = models.PositiveSmallIntegerField(default=0)

    state = models.CharField(max_length=20)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "address_hash"], name="recipient_once_a_channel"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "state", "lang"], name="recipient_counts"),
            models.Index(fields=["letter_at"], name="recipient_letter", condition=Q(letter_at__isnull=False)),
            models.Index(fields=["state_at"], name="recipient_purge", condition=~Q(state="confirmed")),
        ]

    def __str__(self) -> str:
        return f"recipient {self.ref}"

    @property
    def target(self) -> str:
        """Its name in the audit: never the address."""
        return f"recipient:{self.ref}"


class Mailing(Stateful, Model):
    """All copies of one delivery. `next_at` is when the clock looks at it again. When its copies have been
    cleared away, `tally` keeps how many came to what."""

    GRAPH = states.MAILING

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="mailing")
    total = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    tally = models.JSONField(default=dict, blank=True)
    why = models.TextField(blank=True)
    shown = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Mailing]] = models.Manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="mailing_clock", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"copies of {self.delivery}"


class CopyQuerySet(models.QuerySet["Copy"]):
    def due(self, now: datetime) -> CopyQuerySet:
        """Those to be sent now."""
        return self.filter(state="waiting", next_at__lte=now)


class Copy(Stateful):
    """One copy to one recipient; there may be a hundred thousand to a delivery, so the row is small.

    `claim` names the run that holds it. The row outlives its recipient, who is then no longer named.
    """

    GRAPH = states.COPY

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="copies", db_index=False)
    recipient = models.ForeignKey(
        Recipient, on_delete=models.SET_NULL, null=True, related_name="copies", db_index=True
    )
    claim = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=300, blank=True)
    remote_id = models.CharField(max_length=300, blank=True)

    state = models.CharField(max_length=10)

    objects = CopyQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["delivery", "recipient"], name="copy_once_a_recipient"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["delivery", "next_at", "id"], name="copy_waiting", condition=Q(state="waiting")
            ),
            models.Index(fields=["delivery", "next_at"], name="copy_leased", condition=Q(state="sending")),
            models.Index(fields=["delivery"], name="copy_unsure", condition=Q(state="unsure")),
        ]

    def __str__(self) -> str:
        return f"copy {self.pk} of delivery {self.delivery_id}"
