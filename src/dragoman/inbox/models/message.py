"""A message, who wrote it (held apart), where its writer says to be from, and the vector of its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.inbox import states
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, officer: Officer) -> MessageQuerySet:
        """Those addressed to the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))

    def to_triage(self) -> MessageQuerySet:
        """What no model has read yet."""
        return self.filter(state="new")


class Message(Stateful, Model):
    """One incoming text, stored once by the network's own id. No name stands here: see `Author`.

    `text` is what was written, or empty once it was erased. Each judgement keeps the id of its model.
    """

    GRAPH = states.MESSAGE
    WAYS = (("network", "a network"), ("mail", "e-mail"), ("form", "the question form"), ("replay", "replay"))

    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    # None for the question form, which is our own ground.
    channel = models.ForeignKey(
        "channels.Channel", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    way = models.CharField(max_length=10, choices=WAYS, default="network")
    outside_id = models.CharField(max_length=500)
    url = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    private = models.BooleanField(default=False)
    in_reply_to = models.CharField(max_length=500, blank=True)
    conversation = models.CharField(max_length=500, blank=True)
    # What of ours it answers: a statement's, answer's or alert's ref.
    source = models.CharField(max_length=60, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    # When its text is deleted by the clock.
    keep_until = models.DateTimeField(null=True, blank=True)

    triaged_at = models.DateTimeField(null=True, blank=True)
    lang_hint = models.CharField(max_length=35, blank=True)
    lang = models.CharField(max_length=35, default="und")
    lang_confidence = models.FloatField(default=0.0)
    lang_model = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=12, default="other")
    kind_score = models.FloatField(default=0.0)
    kind_model = models.CharField(max_length=80, blank=True)
    help_score = models.FloatField(default=0.0)
    is_help = models.BooleanField(default=False)
    help_model = models.CharField(max_length=80, blank=True)
    # Spans of personal data: [{"what": "passport", "start": 3, "end": 12}]
    personal = models.JSONField(default=list, blank=True)
    hidden_why = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    near = models.BigIntegerField(default=0)
    # The approved answer that fits best (its ref), how likely it answers (calibrated), which model said so.
    match = models.CharField(max_length=20, blank=True)
    confidence = models.FloatField(default=0.0)
    match_model = models.CharField(max_length=80, blank=True)
    contradicts = models.FloatField(default=0.0)
    question = models.ForeignKey(
        "inbox.Question", null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["channel", "outside_id"], name="message_once", nulls_distinct=False
            ),
        )
        indexes = (
            models.Index(fields=["mission", "-at", "-id"], name="message_newest"),
            models.Index(fields=["question", "-at", "-id"], name="message_of_question"),
            models.Index(fields=["id"], name="message_to_triage", condition=Q(state="new")),
            models.Index(fields=["state", "-at", "-id"], name="message_by_state"),
            models.Index(
                fields=["keep_until"], name="message_to_forget", condition=Q(erased_at__isnull=True)
            ),
            models.Index(fields=["digest"], name="message_digest"),
        )

    def __str__(self) -> str:
        return f"message {self.pk}"


class Author(models.Model):
    """Who wrote one message: sealed, apart, one row a message, so that nothing joins a person's messages.

    `day_tag` is a keyed digest of the handle and the day: it counts distinct writers within a day, and
    cannot be followed into the next.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="author")
    sealed = models.TextField()
    day_tag = models.CharField(max_length=32, blank=True)

    objects: ClassVar[models.Manager[Author]] = models.Manager()

    def __str__(self) -> str:
        return f"author of message {self.message_id}"


class StatedCountry(models.Model):
    """A country that the writer states of themselves; `how` are the words that told."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="countries")
    code = models.CharField(max_length=2)
    kind = models.CharField(max_length=12)
    how = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=80, blank=True)

    objects: ClassVar[models.Manager[StatedCountry]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "code", "kind"], name="stated_country_once"),
        )
        indexes = (models.Index(fields=["code"], name="stated_country_code"),)

    def __str__(self) -> str:
        return f"{self.code} ({self.kind})"


class Vector(models.Model):
    """The vector of one distinct text by one model: float16 bytes, so that a copy is encoded once."""

    digest = models.CharField(max_length=64)
    model = models.CharField(max_length=80)
    data = models.BinaryField()

    objects: ClassVar[models.Manager[Vector]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["digest", "model"], name="vector_once"),)

    def __str__(self) -> str:
        return f"vector of {self.digest[:8]} by {self.model}"
