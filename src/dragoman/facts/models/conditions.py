"""Versions of a sheet's decision table, and the yeses to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base import clock
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.facts import states
from dragoman.facts.models.facts import Sheet
from dragoman.facts.values import TableDraft
from dragoman.lib.canonical import digest
from dragoman.lib.eligibility import plain
from dragoman.lib.graph import Graph
from dragoman.staff.models import Officer


@keep_history(exclude=("table",))
class Conditions(Stateful, Model):
    """One version of a sheet's decision table; its row never changes but for its state.

    `leans_on`: number -> digest of each fact it cites, as the fact stood when it was written. `digest` covers
    table, risk and those digests: it is what people approve.
    """

    GRAPH: ClassVar[Graph] = states.TABLE

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="tables")
    version = models.PositiveIntegerField(default=1)
    table = models.JSONField(default=dict)
    risk = models.CharField(max_length=20)
    leans_on = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    author = models.CharField(max_length=150)
    why = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_why = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager[Conditions]] = models.Manager()

    class Meta:
        ordering = ("sheet", "-version")
        constraints = (
            models.UniqueConstraint(fields=["sheet", "version"], name="conditions_version_once"),
            models.UniqueConstraint(
                fields=["sheet"], condition=Q(state="current"), name="conditions_one_current"
            ),
            models.UniqueConstraint(
                fields=["sheet"], condition=Q(state="review"), name="conditions_one_in_review"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sheet.slug} table version {self.version}"

    @property
    def target(self) -> str:
        """As the audit names it."""
        return f"conditions:{self.sheet.slug}/{self.version}"

    def draft(self) -> TableDraft:
        return TableDraft(plain.from_plain(self.table), self.risk)

    def content_digest(self) -> str:
        """SHA-256 over what it says and what it leans on."""
        return digest([self.table, self.risk, self.leans_on])


class ConditionsYes(models.Model):
    """One officer's yes to exactly this digest."""

    conditions = models.ForeignKey(Conditions, on_delete=models.PROTECT, related_name="yeses")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    objects: ClassVar[models.Manager[ConditionsYes]] = models.Manager()

    class Meta:
        ordering = ("at",)
        constraints = (models.UniqueConstraint(fields=["conditions", "officer"], name="conditions_yes_once"),)

    def __str__(self) -> str:
        return f"{self.officer} to {self.digest[:8]}"
