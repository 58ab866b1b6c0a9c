"""An answer: what the ministry says to a question, in every language it has, from facts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.inbox import states_answers as states
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer

RISKS = ("ordinary", "sensitive", "high")


class AnswerQuerySet(models.QuerySet["Answer"]):
    def visible_to(self, officer: Officer) -> AnswerQuerySet:
        """Those of the officer's missions, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))


@keep_history()
class Answer(Model):
    """One answer. Its `ref` is its name everywhere, for ever; what it says stands in its versions.

    `state` is that of its newest version and `standing` the number of the approved one (0: none), kept here
    so that lists need no join. `ends_on` is the last day on which every fact it cites still holds.
    """

    ref = models.CharField(max_length=20, unique=True)  # "A-7f3kx"
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    sheet = models.CharField(max_length=80)
    risk = models.CharField(max_length=20, choices=[(risk, risk) for risk in RISKS], default="ordinary")
    source_language = models.CharField(max_length=35, default="en")
    title = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, default="draft")
    newest = models.PositiveIntegerField(default=1)
    standing = models.PositiveIntegerField(default=0)
    ends_on = models.DateField(null=True, blank=True)
    changed = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["mission", "-changed", "-id"], name="answer_by_mission"),
            models.Index(fields=["sheet", "id"], name="answer_standing", condition=Q(standing__gt=0)),
        )

    def __str__(self) -> str:
        return self.title or self.ref

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"answer:{self.ref}"


@keep_history()
class AnswerVersion(Stateful, Model):
    """One wording of an answer in all its languages."""

    GRAPH = states.VERSION

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64, blank=True)
    rules_version = models.CharField(max_length=64, blank=True)
    # Of a changed answer: language -> what has changed. Of a tombstone: language -> why it was withdrawn.
    note = models.JSONField(default=dict, blank=True)
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    # The question it was drafted for, by its ref; it stays when the question goes.
    question = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    page_at = models.DateTimeField(null=True, blank=True)
    last_trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[AnswerVersion]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["answer", "number"], name="answer_number_once"),
            models.UniqueConstraint(
                fields=["answer"], condition=Q(state__in=states.OPEN), name="answer_one_open"
            ),
        )
        indexes = (
            models.Index(
                fields=["approved_at"],
                name="answer_to_publish",
                condition=Q(page_at__isnull=True, approved_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.answer.ref} version {self.number}"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"answer:{self.answer.ref}:{self.number}"


class AnswerText(Model):
    """A version in one language: the question as the public reads it, and what is answered, with [F1] where
    a fact is cited. `edit` counts the edits, so that two writers see each other."""

    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="texts")
    lang = models.CharField(max_length=35)
    question = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    edit = models.PositiveIntegerField(default=1)
    edited_by = models.CharField(max_length=150, blank=True)

    objects: ClassVar[models.Manager[AnswerText]] = models.Manager()

    class Meta:
        ordering = ("lang",)
        constraints = (models.UniqueConstraint(fields=["version", "lang"], name="answer_text_once"),)

    def __str__(self) -> str:
        return f"{self.version} {self.lang}"


class AnswerWording(Model):
    """Another way in which people ask it. Part of what is approved, for an exact copy of it may be answered
    automatically. `digest` is that of `triage.normal`."""

    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="wordings")
    lang = models.CharField(max_length=35)
    text = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)

    objects: ClassVar[models.Manager[AnswerWording]] = models.Manager()

    class Meta:
        ordering = ("lang", "id")
        constraints = (
            models.UniqueConstraint(fields=["version", "lang", "digest"], name="answer_wording_once"),
        )
        indexes = (models.Index(fields=["digest"], name="answer_wording_digest"),)

    def __str__(self) -> str:
        return self.text


class AnswerCitation(Model):
    """This version leans on exactly this version of a fact."""

    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="citations")
    fact = models.ForeignKey("facts.Fact", on_delete=models.PROTECT, related_name="+")
    cite = models.CharField(max_length=120)  # "visa-free/F1"

    objects: ClassVar[models.Manager[AnswerCitation]] = models.Manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["version", "cite"], name="answer_citation_once"),)
        indexes = (models.Index(fields=["cite"], name="answer_citation_cite"),)

    def __str__(self) -> str:
        return self.cite


@keep_history()
class AnswerApproval(Model):
    """One officer's yes to the digest of the exact texts. Any edit voids it."""

    version = models.ForeignKey(AnswerVersion, on_delete=models.PROTECT, related_name="approvals")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    roles = models.JSONField(default=list)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[AnswerApproval]] = models.Manager()

    class Meta:
        ordering = ("at",)
        constraints = (
            models.UniqueConstraint(
                fields=["version", "officer"],
                condition=Q(voided_at__isnull=True),
                name="answer_one_approval",
            ),
        )

    def __str__(self) -> str:
        return f"{self.officer} {self.digest[:8]}"


@keep_history()
class AnswerClearance(Model):
    """A recorded reason for which a finding was let stand. `key` holds only while the words stay."""

    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="clearances")
    key = models.CharField(max_length=64)
    rule = models.CharField(max_length=20)
    reason = models.TextField()
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[AnswerClearance]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["version", "key"], name="answer_clearance_once"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.key[:8]}"
