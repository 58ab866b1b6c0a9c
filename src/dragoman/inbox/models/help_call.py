"""A call for help: a message that left the questions' queue for the consular one."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


class HelpCallQuerySet(models.QuerySet["HelpCall"]):
    def visible_to(self, officer: Officer) -> HelpCallQuerySet:
        """Those of the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))

    def open(self) -> HelpCallQuerySet:
        """What nobody has brought to its end."""
        return self.filter(state__in=("waiting", "taken"))


@keep_history()
class HelpCall(Stateful, Model):
    """One call for help in the consular queue, with an owner, a due time and an escalation."""

    GRAPH = states.HELP_CALL

    message = models.OneToOneField("inbox.Message", on_delete=models.PROTECT, related_name="help_call")
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    raised_by = models.CharField(max_length=150)  # a model's id, or an officer
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)

    objects = HelpCallQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        indexes = (
            models.Index(
                fields=["due_at", "id"], name="help_open", condition=Q(state__in=("waiting", "taken"))
            ),
        )

    def __str__(self) -> str:
        return f"call for help {self.pk}"
