"""Telling people an answer: one press, the replies it makes, and what an officer lets the clock send."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.inbox import states_answers as states
from dragoman.inbox.models.answer import Answer, AnswerVersion
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


@keep_history()
class AutoSend(Model):
    """An officer lets this answer go by itself to exact copies of its approved wordings, and to nothing else:
    so many a day at most, until a moment, and only until somebody stops it."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="auto_sends")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    daily_cap = models.PositiveIntegerField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    stopped_why = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[AutoSend]] = models.Manager()

    class Meta:
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(
                fields=["answer"], condition=Q(stopped_at__isnull=True), name="auto_send_one_on"
            ),
        )

    def __str__(self) -> str:
        return f"{self.answer.ref} by itself, {self.daily_cap} a day"


class SendQuerySet(models.QuerySet["Send"]):
    def visible_to(self, officer: Officer) -> SendQuerySet:
        """Those of answers of the officer's missions, and below."""
        return self.filter(version__answer__mission__in=Mission.objects.visible_to(officer))


@keep_history()
class Send(Stateful, Model):
    """One press: an approved version to many messages. Until `starts_at` it can be undone."""

    GRAPH = states.SEND

    version = models.ForeignKey(AnswerVersion, on_delete=models.PROTECT, related_name="sends")
    question = models.ForeignKey(
        "inbox.Question", null=True, blank=True, on_delete=models.SET_NULL, related_name="sends"
    )
    by = models.CharField(max_length=150)
    # None: the clock, under this standing leave.
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    auto = models.ForeignKey(AutoSend, null=True, blank=True, on_delete=models.PROTECT, related_name="sends")
    # The version that these people were told before.
    corrects = models.ForeignKey(
        AnswerVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The language for those in whose own there is no text; empty: they wait.
    fallback = models.CharField(max_length=35, blank=True)
    starts_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    stopped_why = models.CharField(max_length=300, blank=True)

    objects = SendQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["starts_at"], name="send_open", condition=Q(state__in=("waiting", "running"))
            ),
        )

    def __str__(self) -> str:
        return f"sending of {self.version}"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"send:{self.pk}"


class Reply(Stateful, Model):
    """One version to the writer of one message. The constraint keeps anybody from being told twice.

    `key` is the delivery's, made from version and message alone; `way` is how it goes.
    """

    GRAPH = states.REPLY
    WAYS = (
        ("network", "a reply on the network"),
        ("mail", "a letter"),
        ("form", "the receipt's page"),
        ("replay", "nothing leaves the desk"),
        ("hand", "a person"),
    )

    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="replies")
    version = models.ForeignKey(AnswerVersion, on_delete=models.PROTECT, related_name="replies")
    message = models.ForeignKey("inbox.Message", on_delete=models.CASCADE, related_name="replies")
    lang = models.CharField(max_length=35, blank=True)
    way = models.CharField(max_length=10, choices=WAYS)
    key = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Why not, as a code that pages count by, and in words with what to do instead.
    reason = models.CharField(max_length=20, blank=True)
    why = models.CharField(max_length=500, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Reply]] = models.Manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["version", "message"], condition=Q(state__in=states.TOLD), name="reply_told_once"
            ),
        )
        indexes = (
            models.Index(fields=["send", "state", "id"], name="reply_of_send"),
            models.Index(fields=["message"], name="reply_of_message"),
            models.Index(fields=["key"], name="reply_queued", condition=Q(state="queued")),
        )

    def __str__(self) -> str:
        return f"reply to message {self.message_id}"
