"""Sheets, versions of facts, proposals."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.facts import rules, states
from dragoman.facts.values import FactDraft, SheetDraft
from dragoman.lib.canonical import digest
from dragoman.lib.graph import Graph
from dragoman.staff.models import Membership, Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class SheetQuerySet(models.QuerySet["Sheet"]):
    def visible_to(self, officer: Officer) -> SheetQuerySet:
        """Sheets of the officer's missions, of those below them and of those above them."""
        if not officer.is_active:
            return self.none()
        here = ExpressionWrapper(OuterRef("mission__path"), output_field=models.CharField())
        held = Membership.objects.filter(officer=officer).annotate(here=here)
        return self.filter(
            Exists(
                held.filter(Q(here__startswith=F("mission__path")) | Q(mission__path__startswith=F("here")))
            )
        )


@keep_history()
class Sheet(Model):
    """A set of numbered facts. Its dates are days in its zone; `demonstration` marks what is not in force."""

    slug = models.SlugField(unique=True)
    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="+")
    source_language = models.CharField(max_length=12)
    titles = models.JSONField(default=dict)
    summaries = models.JSONField(default=dict, blank=True)
    zone = models.CharField(max_length=60, default="UTC")
    demonstration = models.BooleanField(default=False)

    objects = SheetQuerySet.as_manager()

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """In the source language."""
        return str(self.titles.get(self.source_language, self.slug))

    def head(self) -> SheetDraft:
        """The sheet without its facts, as a plain value."""
        return SheetDraft(
            slug=self.slug,
            source_language=self.source_language,
            titles=self.titles,
            summaries=self.summaries,
            zone=self.zone,
            demonstration=self.demonstration,
        )

    def head_digest(self) -> str:
        return digest(
            [self.slug, self.source_language, self.titles, self.summaries, self.zone, self.demonstration]
        )


class Content(models.Model):
    """What a version of a fact, or a proposal, says."""

    number = models.CharField(max_length=5)
    texts = models.JSONField(default=dict)
    basis = models.JSONField(default=dict)
    sources = models.JSONField(default=list, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    def draft_for(self, sheet_owner: str) -> FactDraft:
        """As a plain value, in a sheet owned by that mission."""
        return FactDraft(
            number=self.number,
            texts=self.texts,
            basis=self.basis,
            sources=tuple(self.sources),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            owner="" if self.mission.slug == sheet_owner else self.mission.slug,
        )

    def set_draft(self, draft: FactDraft, mission: Mission) -> None:
        """Take over what the draft says. The caller saves."""
        self.number = draft.number
        self.texts, self.basis = dict(draft.texts), dict(draft.basis)
        self.sources = list(draft.sources)
        self.valid_from, self.valid_to = draft.valid_from, draft.valid_to
        self.mission = mission

    def content_digest(self) -> str:
        """SHA-256 over everything it says: for the audit, and to notice that two people edit at once."""
        days = [day.isoformat() if day else "" for day in (self.valid_from, self.valid_to)]
        return digest([self.number, self.texts, self.basis, self.sources, *days, self.mission.slug])


class FactQuerySet(models.QuerySet["Fact"]):
    def current(self) -> FactQuerySet:
        return self.filter(state="current")

    def visible_to(self, officer: Officer) -> FactQuerySet:
        return self.filter(sheet__in=Sheet.objects.all().visible_to(officer))


@keep_history()
class Fact(Content, Stateful, Model):
    """One version of a fact. Once `cited_at` is set the row never changes but for its state."""

    GRAPH: ClassVar[Graph] = states.FACT

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="facts")
    position = models.PositiveSmallIntegerField(editable=False)
    version = models.PositiveIntegerField(default=1)
    cited_at = models.DateTimeField(null=True, blank=True)
    author = models.CharField(max_length=150)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ("sheet", "position", "-version")
        constraints = (
            models.UniqueConstraint(fields=["sheet", "number", "version"], name="fact_version_once"),
            models.UniqueConstraint(
                fields=["sheet", "number"], condition=Q(state="current"), name="fact_one_current"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="fact_days_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.position = rules.position(self.number)
        super().save(*args, **kwargs)

    @property
    def label(self) -> str:
        """As statements cite it: visa-free/F1."""
        return f"{self.sheet.slug}/{self.number}"

    @property
    def target(self) -> str:
        """As the audit names it."""
        return f"fact:{self.label}/{self.version}"

    @property
    def source_url(self) -> str:
        """The first source, or nothing."""
        return str(self.sources[0]) if self.sources else ""

    @property
    def text(self) -> str:
        """In the sheet's source language."""
        return self.text_in(self.sheet.source_language)

    def text_in(self, lang: str) -> str:
        """In this language, else in the source language."""
        return str(self.texts.get(lang) or self.texts.get(self.sheet.source_language, ""))

    def basis_in(self, lang: str) -> str:
        """The legal basis in this language, else in the source language."""
        return str(self.basis.get(lang) or self.basis.get(self.sheet.source_language, ""))

    def draft(self) -> FactDraft:
        return self.draft_for(self.sheet.mission.slug)

    def in_force(self, day: date) -> bool:
        """Does the fact hold on this day (of the sheet's zone)? Both its own days are included."""
        return rules.in_force(self.valid_from, self.valid_to, day)


@keep_history()
class Proposal(Content, Stateful, Model):
    """A change to a fact (or a new fact) that waits for the owner mission. Kept after it is decided."""

    GRAPH: ClassVar[Graph] = states.PROPOSAL

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="proposals")
    base = models.ForeignKey(Fact, null=True, blank=True, on_delete=models.PROTECT, related_name="proposals")
    proposed_by = models.CharField(max_length=150)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_why = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager[Proposal]] = models.Manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"proposal {self.pk} for {self.sheet.slug}/{self.number}"

    @property
    def target(self) -> str:
        return f"proposal:{self.pk}"
