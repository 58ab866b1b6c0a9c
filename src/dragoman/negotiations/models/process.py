"""A process of talks, and the protocol that its parties agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.negotiations import states
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class ProcessQuerySet(models.QuerySet["Process"]):
    def visible_to(self, officer: Officer) -> ProcessQuerySet:
        """Those of the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))


@keep_history()
class Process(Stateful, Model):
    """Talks between parties, hosted by a mission. Its `ref` is its name everywhere, for ever.

    `keyring_index` is the record's entry of the keyring in force and `protocol` the number of the protocol in
    force; both are empty while the parties have not agreed on any (state "founding").
    """

    GRAPH = states.PROCESS

    ref = models.SlugField(max_length=40, unique=True)
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    titles = models.JSONField(default=dict)  # language -> title
    summaries = models.JSONField(default=dict)
    languages = models.JSONField(default=list)  # in the order of the page; the first is the source
    zone = models.CharField(max_length=60, default="UTC")
    protocol = models.PositiveIntegerField(null=True, blank=True)
    keyring_index = models.PositiveBigIntegerField(null=True, blank=True)
    keyring = models.TextField(blank=True)  # the very text that the record holds
    last_confirmed = models.DateTimeField(null=True, blank=True)
    published = models.BooleanField(default=False)  # its public page is there
    page_due_at = models.DateTimeField(null=True, blank=True)  # its page shows less than is so, since when
    ledger_due_at = models.DateTimeField(null=True, blank=True)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return str(self.titles.get(self.source_language) or self.ref)

    @property
    def source_language(self) -> str:
        """The language that the host writes first."""
        return str(self.languages[0]) if self.languages else "en"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"process:{self.ref}"


@keep_history()
class Protocol(Stateful, Model):
    """One version of what the parties agree to before anything else: the document, the terms, the rules.

    `rules` is what the machine keeps (negotiations/rules/protocol.py reads it); `terms` the term sheet;
    `keyring` the text that goes into the record with it.
    """

    GRAPH = states.PROTOCOL

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="protocols")
    number = models.PositiveIntegerField()
    documents = models.JSONField(default=dict)  # language -> Markdown
    terms = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    keyring = models.TextField(blank=True)
    entry_index = models.PositiveBigIntegerField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)  # as an entry of the public page
    last_trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Protocol]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["process", "number"], name="protocol_number_once"),
            models.UniqueConstraint(
                fields=["process"],
                condition=models.Q(state__in=("draft", "put", "agreed")),
                name="one_new_protocol",
            ),
        )

    def __str__(self) -> str:
        return f"protocol {self.number} of {self.process.ref}"
