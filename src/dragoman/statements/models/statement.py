"""Statement, its revisions and their texts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.staff.models import Mission, Officer
from dragoman.statements import rules, states


class StatementQuerySet(models.QuerySet["Statement"]):
    """Reads of statements."""

    def visible_to(self, officer: Officer) -> StatementQuerySet:
        """Those of the missions that the officer belongs to, and below."""
        return self.filter(mission__in=Mission.objects.visible_to(officer))


@keep_history()
class Statement(Model):
    """What the ministry says, once, in one or more languages. Its `ref` is its name everywhere, for ever."""

    ref = models.CharField(max_length=20, unique=True)
    slug = models.CharField(max_length=120, unique=True)
    mission = models.ForeignKey("staff.Mission", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in (*rules.KINDS, rules.JOINT)])
    risk = models.CharField(max_length=20, choices=[(risk, risk) for risk in rules.RISKS], default="ordinary")
    lane = models.CharField(max_length=20, choices=[(lane, lane) for lane in rules.LANES], default="ordinary")
    source_language = models.CharField(max_length=35)
    # How the newest revision stands, kept beside it so that lists need one index and no join.
    state = models.CharField(max_length=20, default="draft")
    newest = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=rules.TITLE_LIMIT, blank=True)
    changed = models.DateTimeField()

    objects: ClassVar[models.Manager[Statement]] = models.Manager.from_queryset(StatementQuerySet)()

    class Meta:
        indexes = (
            models.Index(fields=["-changed", "-id"], name="statement_newest"),
            models.Index(fields=["mission", "-changed", "-id"], name="statement_by_mission"),
            models.Index(fields=["state", "-changed", "-id"], name="statement_by_state"),
        )

    def __str__(self) -> str:
        return self.title or self.ref


@keep_history()
class Revision(Stateful, Model):
    """One wording of a statement in all its languages."""

    GRAPH = states.REVISION

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64, blank=True)
    rules_version = models.CharField(max_length=64, blank=True)
    sheet = models.CharField(max_length=80, blank=True)  # where a bare [F1] is looked up
    note = models.JSONField(default=dict, blank=True)  # of a correction: language -> what was wrong
    embargo_until = models.DateTimeField(null=True, blank=True)
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    channels = models.ManyToManyField("channels.Channel", related_name="+", blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Revision]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["statement", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["statement"],
                condition=models.Q(state__in=states.OPEN),
                name="one_open_revision",
            ),
        )

    def __str__(self) -> str:
        return f"{self.statement.ref} revision {self.number}"

    @property
    def is_correction(self) -> bool:
        return self.number > 1

    @property
    def is_joint(self) -> bool:
        """Whether parties signed its words."""
        return self.statement.kind == rules.JOINT


class Text(Model):
    """A revision in one language. `version` counts the edits, so that two editors see each other."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="texts")
    lang = models.CharField(max_length=35)
    title = models.CharField(max_length=rules.TITLE_LIMIT, blank=True)
    summary = models.TextField(blank=True)
    body = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    edited_by = models.CharField(max_length=150, blank=True)

    objects: ClassVar[models.Manager[Text]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["revision", "lang"], name="text_language_once"),)
        ordering = ("lang",)

    def __str__(self) -> str:
        return f"{self.revision} {self.lang}"


class Citation(models.Model):
    """This revision leans on exactly this version of a fact."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="citations")
    fact = models.ForeignKey("facts.Fact", on_delete=models.PROTECT, related_name="+")
    cite = models.CharField(max_length=120)  # "visa-free/F1"
    inline = models.BooleanField(default=True)  # written in a text, not only named beside it

    objects: ClassVar[models.Manager[Citation]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["revision", "cite"], name="citation_once"),)
        ordering = ("id",)

    def __str__(self) -> str:
        return self.cite
