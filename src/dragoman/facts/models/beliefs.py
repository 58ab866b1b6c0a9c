"""Known wrong beliefs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.facts import beliefs, states
from dragoman.facts.models.facts import Sheet
from dragoman.facts.values import BeliefDraft
from dragoman.lib.canonical import digest
from dragoman.lib.graph import Graph


@keep_history()
class Belief(Stateful, Model):
    """A wrong belief that goes round about a sheet. `read_against`: digests of the facts it leans on as they
    stood when a person last looked, so that a correction that says the old thing is noticed."""

    GRAPH: ClassVar[Graph] = states.BELIEF

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="beliefs")
    code = models.CharField(max_length=5)
    position = models.PositiveSmallIntegerField(editable=False)
    title = models.CharField(max_length=200)
    facts = models.JSONField(default=list)
    statements = models.JSONField(default=dict)
    corrections = models.JSONField(default=dict)
    source = models.CharField(max_length=500, blank=True)
    read_against = models.JSONField(default=dict, blank=True)
    author = models.CharField(max_length=150)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_why = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager[Belief]] = models.Manager()

    class Meta:
        ordering = ("sheet", "position")
        constraints = (models.UniqueConstraint(fields=["sheet", "code"], name="belief_code_once"),)

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.position = beliefs.position(self.code)
        super().save(*args, **kwargs)

    @property
    def label(self) -> str:
        """As others name it: visa-free/M1."""
        return f"{self.sheet.slug}/{self.code}"

    @property
    def target(self) -> str:
        """As the audit names it."""
        return f"belief:{self.label}"

    def draft(self) -> BeliefDraft:
        return BeliefDraft(
            code=self.code,
            title=self.title,
            facts=tuple(self.facts),
            statements=self.statements,
            corrections=self.corrections,
            source=self.source,
            state=self.state,
        )

    def set_draft(self, draft: BeliefDraft) -> None:
        """Take over what the draft says, its state apart. The caller saves."""
        self.code, self.title, self.source = draft.code, draft.title, draft.source
        self.facts = list(draft.facts)
        self.statements, self.corrections = dict(draft.statements), dict(draft.corrections)

    def content_digest(self) -> str:
        """SHA-256 over everything it says, its state apart."""
        return digest(
            [self.code, self.title, self.facts, self.statements, self.corrections, self.source],
        )
