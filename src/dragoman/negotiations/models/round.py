"""A text put to the parties, and what each of them answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.negotiations import states
from dragoman.negotiations.models.party import Party, PartyKey, Spokesperson
from dragoman.negotiations.models.process import Process, Protocol

KINDS = (
    ("joint", "joint text: every word is consented"),
    ("notice", "publishable fact: goes out unless a party objects in time"),
    ("protocol", "protocol and keyring"),
)


@keep_history()
class Round(Stateful, Model):
    """One text in every language of the process, put to all parties at once. It never changes: any other
    word is another round, which names this one as `previous`.

    `body` is the very text that is signed (negotiations/rules/body.py), `digest` its SHA-256; both are made
    when the round opens. `statement` and `rev` are what it will be in the record, chosen when it opens.
    `parties_index` and `keyring` are those in force then; a consent is judged by them and no others.
    """

    GRAPH = states.ROUND

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=KINDS, default="joint")
    protocol = models.ForeignKey(
        Protocol, null=True, blank=True, on_delete=models.PROTECT, related_name="rounds"
    )
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers"
    )
    statement = models.CharField(max_length=64, blank=True)
    rev = models.PositiveIntegerField(default=1)
    not_before = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    moment = models.DateTimeField(null=True, blank=True)  # of the planned release
    released_at = models.DateTimeField(null=True, blank=True)
    parties_index = models.PositiveBigIntegerField(null=True, blank=True)
    keyring = models.TextField(blank=True)
    body = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)  # the signed note with every consent, once it is agreed
    facts = models.JSONField(default=list, blank=True)  # of a notice: [kind, values] each
    correction = models.JSONField(default=dict, blank=True)  # language -> what is put right
    reasons = models.JSONField(default=dict, blank=True)  # what neutrality found (queries/neutral.py)
    channels = models.ManyToManyField("channels.Channel", related_name="+", blank=True)
    entry_index = models.PositiveBigIntegerField(null=True, blank=True)
    last_trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Round]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["process", "number"], name="round_number_once"),)
        indexes = (
            models.Index(fields=["closes_at"], condition=Q(state="open"), name="round_waiting"),
            models.Index(fields=["moment"], condition=Q(state__in=("armed", "releasing")), name="round_due"),
        )

    def __str__(self) -> str:
        return f"round {self.number} of {self.process.ref}"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"round:{self.process.ref}/{self.number}"


class RoundText(Model):
    """One language of a round. `sha256` and `size` are of the canonical bytes, the ones that are sealed."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="texts")
    lang = models.CharField(max_length=35)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    body = models.TextField()
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[RoundText]] = models.Manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["round", "lang"], name="round_text_language_once"),)

    def __str__(self) -> str:
        return f"{self.round} {self.lang}"


@keep_history()
class Answer(Model):
    """A party's signed yes or its no to one round. A later one replaces it; a row is never rewritten but to
    say that it was taken back or replaced. Shown to others only when all have answered or time is over."""

    KINDS = (("consent", "consent"), ("decline", "decline"))

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="answers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="answers")
    spokesperson = models.ForeignKey(
        Spokesperson, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey(PartyKey, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=KINDS)
    line = models.TextField(blank=True)  # the signature line of a consent, or of a signed decline
    raw = models.JSONField(default=dict, blank=True)  # what the browser handed over, base64
    words = models.TextField(blank=True)
    counter = models.JSONField(default=dict, blank=True)  # language -> {title, summary, body} it would sign
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.TextField(blank=True)  # the signed order, where it came as one
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Answer]] = models.Manager()

    class Meta:
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["round", "party"],
                condition=Q(withdrawn_at__isnull=True, replaced_at__isnull=True),
                name="one_standing_answer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.party} to {self.round}"


@keep_history()
class Objection(Model):
    """A party's no to a notice within its window. It stays between the host and that party."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="objections")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="objections")
    spokesperson = models.ForeignKey(
        Spokesperson, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Objection]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["round", "party"], name="one_objection"),)

    def __str__(self) -> str:
        return f"objection of {self.party} to {self.round}"


class Receipt(Model):
    """What the host gives a party for each thing that it did: a text signed with the record's key."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="receipts")
    spokesperson = models.ForeignKey(
        Spokesperson, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    number = models.PositiveIntegerField()
    deed = models.CharField(max_length=40)
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts")
    note = models.TextField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Receipt]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["party", "number"], name="receipt_number_once"),)

    def __str__(self) -> str:
        return f"receipt {self.number} of {self.party}"
