"""A misunderstanding: a belief that many share and a fact contradicts. It holds claims, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.inbox import states
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class MisunderstandingQuerySet(models.QuerySet["Misunderstanding"]):
    def visible_to(self, officer: Officer) -> MisunderstandingQuerySet:
        """Those of the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))


@keep_history(exclude=("count", "asking", "languages", "countries", "hours", "first_at", "last_at"))
class Misunderstanding(Stateful, Model):
    """One wrong belief as it goes round. `belief` is the label of the known one in the fact sheet
    ("visa-free/M2"), empty while a machine's proposal waits for an officer."""

    GRAPH = states.MISUNDERSTANDING

    ref = models.CharField(max_length=20, unique=True)  # "M-7f3kx"
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    belief = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=300)
    claim = models.TextField(blank=True)
    claim_lang = models.CharField(max_length=35, default="en")
    facts = models.JSONField(default=list, blank=True)
    # The group of messages that a proposal was seen in.
    question = models.ForeignKey(
        "inbox.Question", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    count = models.PositiveIntegerField(default=0)  # who state it
    asking = models.PositiveIntegerField(default=0)  # who only ask whether it is so
    languages = models.JSONField(default=dict, blank=True)
    countries = models.JSONField(default=dict, blank=True)
    hours = models.JSONField(default=dict, blank=True)  # hour -> [messages with the belief, all questions]
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    plan = models.TextField(blank=True)
    plan_at = models.DateTimeField(null=True, blank=True)
    statement = models.CharField(max_length=20, blank=True)  # the correction's ref
    corrected_at = models.DateTimeField(null=True, blank=True)
    faded_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=300, blank=True)

    objects = MisunderstandingQuerySet.as_manager()

    class Meta:
        ordering = ("-count", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["mission", "belief"], condition=~Q(belief=""), name="misunderstanding_once"
            ),
        )

    def __str__(self) -> str:
        return self.title


class Held(models.Model):
    """One message that rests on a wrong belief: who said so (a model or an officer), and whether it believes
    it or only asks. The two are counted apart."""

    message = models.ForeignKey("inbox.Message", on_delete=models.CASCADE, related_name="held")
    misunderstanding = models.ForeignKey(Misunderstanding, on_delete=models.CASCADE, related_name="held")
    asks = models.BooleanField(default=False)
    score = models.FloatField(default=0.0)
    model = models.CharField(max_length=80, blank=True)
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[Held]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "misunderstanding"], name="held_once"),)
        indexes = (models.Index(fields=["misunderstanding", "-at"], name="held_newest"),)

    def __str__(self) -> str:
        return f"message {self.message_id} holds {self.misunderstanding_id}"
