"""The lines that were agreed in advance, each time they are said; and what parties ask to have put right."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.negotiations import states
from dragoman.negotiations.models.party import Party, Spokesperson
from dragoman.negotiations.models.process import Process
from dragoman.negotiations.models.round import Round


class Line(Stateful, Model):
    """One saying of a line that was agreed in advance: pulse, fallback, or a notice that nobody objected to.

    Numbered within its process in the order of the record; `keyring_index` is the keyring that was in force.
    """

    GRAPH = states.LINE
    KINDS = (("pulse", "pulse line"), ("fallback", "fallback line"), ("notice", "notice"))

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=KINDS)
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    texts = models.JSONField(default=dict)
    due = models.DateTimeField()
    at = models.DateTimeField(null=True, blank=True)
    keyring_index = models.PositiveBigIntegerField(null=True, blank=True)
    entry_index = models.PositiveBigIntegerField(null=True, blank=True)
    last_trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Line]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["process", "number"], name="line_number_once"),)

    def __str__(self) -> str:
        return f"{self.kind} line {self.number} of {self.process.ref}"


@keep_history()
class Ask(Stateful, Model):
    """A correction that a party asks for. The ledger holds how many were asked and granted, never words."""

    GRAPH = states.ASK

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="asks")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="asks")
    spokesperson = models.ForeignKey(
        Spokesperson, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    statement = models.CharField(max_length=64)
    rev = models.PositiveIntegerField(default=1)
    words = models.TextField()
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    why = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Ask]] = models.Manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.party} asks about {self.statement}"
