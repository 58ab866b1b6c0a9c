"""A question: messages that ask the same thing. Notes on it, and what officers decided, which teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.inbox import states
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, officer: Officer) -> QuestionQuerySet:
        """Those of the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))


class Question(Stateful, Model):
    """Messages that ask the same thing, in whatever language. Counts are kept beside it, so that the board
    needs one index and no join; `version` counts changes, so that two officers see each other."""

    GRAPH = states.QUESTION

    ref = models.CharField(max_length=20, unique=True)  # "Q-7f3k"
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    # In an officer's words; until then the words of one asker stand for it.
    title = models.CharField(max_length=300, blank=True)
    example = models.CharField(max_length=500, blank=True)
    example_lang = models.CharField(max_length=35, default="und")
    sheet = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=list, blank=True)  # cites touched: ["visa-free/F2"]
    version = models.PositiveIntegerField(default=1)

    size = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=dict, blank=True)  # {"en": 12, "de": 3}
    countries = models.JSONField(default=dict, blank=True)  # {"PL": 7}; shown only from five on
    hours = models.JSONField(default=dict, blank=True)  # {"2026-11-22T09": 4}: the last 48 hours
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)

    # The best approved answer for the group (its ref) and the calibrated confidence.
    match = models.CharField(max_length=20, blank=True)
    confidence = models.FloatField(default=0.0)
    # The answer that was given to it.
    answer = models.CharField(max_length=20, blank=True)
    centroid = models.BinaryField(default=b"")
    weight = models.FloatField(default=0.0)
    centroid_model = models.CharField(max_length=80, blank=True)

    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "-size", "id")
        indexes = (
            models.Index(
                fields=["mission", "due_at", "id"],
                name="question_open_due",
                condition=Q(state__in=("open", "drafting")),
            ),
            models.Index(fields=["state", "-size", "id"], name="question_by_size"),
            models.Index(fields=["state", "-last_at", "id"], name="question_by_last"),
        )

    def __str__(self) -> str:
        return self.title or self.example or self.ref


@keep_history()
class Note(Model):
    """An officer's words to colleagues, beside a question or a message. Never sent."""

    question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.CASCADE, related_name="notes"
    )
    message = models.ForeignKey(
        "inbox.Message", null=True, blank=True, on_delete=models.CASCADE, related_name="notes"
    )
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()

    objects: ClassVar[models.Manager[Note]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"note {self.pk}"


class Decision(Model):
    """What an officer said about a machine's judgement: the only thing that teaches.

    `what` is merge, split, match, kind, language, help, belief. `features` are what the model saw then.
    """

    what = models.CharField(max_length=12)
    message = models.ForeignKey(
        "inbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    question = models.ForeignKey(Question, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    said = models.CharField(max_length=120)  # what the machine had said
    decided = models.CharField(max_length=120)  # what the officer decided
    right = models.BooleanField()
    features = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=80, blank=True)
    by = models.CharField(max_length=150)

    objects: ClassVar[models.Manager[Decision]] = models.Manager()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["what", "id"], name="decision_what"),)

    def __str__(self) -> str:
        return f"{self.what}: {self.decided}"
