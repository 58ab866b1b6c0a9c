"""What is needed to write every public file again, and the numbered events of the live stream."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from dragoman.base.models import Model
from dragoman.public import values, values_talks


class Language(Model):
    """A language that something was published in; in the order in which they came."""

    code = models.CharField(max_length=35, unique=True)

    objects: ClassVar[models.Manager[Language]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.code


class Story(Model):
    """One statement through all its revisions. `place` counts a month's stories from 0; it never changes."""

    ref = models.CharField(max_length=80, unique=True)
    slug = models.CharField(max_length=200, unique=True)
    month = models.CharField(max_length=7)
    place = models.PositiveIntegerField()
    released = models.DateTimeField()
    said_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects: ClassVar[models.Manager[Story]] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("month", "place"), name="public_story_place")
        ]

    def __str__(self) -> str:
        return self.ref


class EditionRow(Model):
    """One revision, whole. `elsewhere` is the list of its copies on other networks."""

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="editions")
    rev = models.PositiveIntegerField()
    payload = models.JSONField()
    elsewhere = models.JSONField(default=list)

    objects: ClassVar[models.Manager[EditionRow]] = models.Manager()

    class Meta:
        db_table = "public_edition"
        ordering = ("rev",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("story", "rev"), name="public_edition_rev")]

    def __str__(self) -> str:
        return f"{self.payload.get('ref')}-{self.rev}"

    @property
    def value(self) -> values.Edition:
        return values.edition(self.payload)


class Withdrawal(Model):
    """That a statement was withdrawn: its tombstone."""

    story = models.OneToOneField(Story, on_delete=models.PROTECT, related_name="withdrawal")
    payload = models.JSONField()

    objects: ClassVar[models.Manager[Withdrawal]] = models.Manager()

    def __str__(self) -> str:
        return str(self.payload.get("ref"))

    @property
    def value(self) -> values.Tombstone:
        return values.tombstone(self.payload)


class Page(Model):
    """One story in one language as lists show it: always the newest revision that has this language."""

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="pages")
    lang = models.CharField(max_length=35)
    slug = models.CharField(max_length=200)
    month = models.CharField(max_length=7)
    place = models.PositiveIntegerField()
    rev = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    zone = models.CharField(max_length=60)
    title = models.TextField()
    summary = models.TextField(blank=True)
    words = models.TextField(blank=True)
    released = models.DateTimeField()
    changed = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Page]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("story", "lang"), name="public_page_lang")]
        indexes: ClassVar = [
            models.Index(fields=("lang", "-released"), name="public_page_released"),
            models.Index(fields=("lang", "-changed"), name="public_page_changed"),
            models.Index(fields=("lang", "month", "place"), name="public_page_month"),
        ]

    def __str__(self) -> str:
        return f"/{self.lang}/statements/{self.slug}/"


class Shelf(Model):
    """How many statements of one cut of a month are there in a language: lists of lists are made from it."""

    lang = models.CharField(max_length=35)
    month = models.CharField(max_length=7)
    part = models.PositiveIntegerField()
    count = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[Shelf]] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("lang", "month", "part"), name="public_shelf_once")
        ]

    def __str__(self) -> str:
        return f"{self.lang} {self.month} {self.part}"


class Sheet(Model):
    """A fact sheet as it was last published."""

    slug = models.CharField(max_length=200, unique=True)
    payload = models.JSONField()

    objects: ClassVar[models.Manager[Sheet]] = models.Manager()

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug

    @property
    def value(self) -> values.SheetPage:
        return values.sheet_page(self.payload)


class Register(Model):
    """One version of the register of official accounts, as it was published."""

    number = models.PositiveIntegerField(unique=True)
    payload = models.JSONField()

    objects: ClassVar[models.Manager[Register]] = models.Manager()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"register {self.number}"

    @property
    def value(self) -> values.Register:
        return values.register(self.payload)


class Notice(Model):
    """One revision of a notice. `standing` is true for the newest of a notice that is not lifted."""

    ref = models.CharField(max_length=80)
    rev = models.PositiveIntegerField()
    payload = models.JSONField()
    standing = models.BooleanField(default=True)

    objects: ClassVar[models.Manager[Notice]] = models.Manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("ref", "rev"), name="public_notice_rev")]

    def __str__(self) -> str:
        return f"{self.ref}-{self.rev}"

    @property
    def value(self) -> values.Notice:
        return values.notice(self.payload)


class Answer(Model):
    """One version of an answer to a question. The newest of a ref stands; the others stay readable."""

    ref = models.CharField(max_length=80)
    rev = models.PositiveIntegerField()
    sheet = models.CharField(max_length=200, db_index=True)
    payload = models.JSONField()

    objects: ClassVar[models.Manager[Answer]] = models.Manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("ref", "rev"), name="public_answer_rev")]

    def __str__(self) -> str:
        return f"{self.ref}-{self.rev}"

    @property
    def value(self) -> values.PublicAnswer:
        return values.answer(self.payload)


class Said(Model):
    """One thing by which a reader may find a text of ours: a sentence, a link, a picture; by digest only."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="said")
    rev = models.PositiveIntegerField()
    lang = models.CharField(max_length=35, blank=True)
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=24)

    objects: ClassVar[models.Manager[Said]] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("digest", "story", "rev", "lang"), name="public_said_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest}"


class Sketch(Model):
    """What a text (or, by `looks`, a picture) is recognised by when it comes back changed."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="sketches")
    rev = models.PositiveIntegerField()
    lang = models.CharField(max_length=35, blank=True)
    shingles = ArrayField(models.IntegerField(), default=list)
    looks = models.BigIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager[Sketch]] = models.Manager()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=("shingles",), name="public_sketch_shingles"),
            models.Index(fields=("story", "rev", "lang"), name="public_sketch_of"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id}-{self.rev} {self.lang}"


class Talks(Model):
    """A process of talks as it was last published."""

    ref = models.CharField(max_length=40, unique=True)
    payload = models.JSONField()

    objects: ClassVar[models.Manager[Talks]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.ref

    @property
    def value(self) -> values_talks.TalksPage:
        return values_talks.talks_page(self.payload)


class TalksEntry(Model):
    """One numbered entry of a process. Numbers run from 1 without a gap. The text of a joint one is that of
    its edition, and `payload` is empty; `alternats` are the parties' own versions of it."""

    talks = models.ForeignKey(Talks, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=10)
    ref = models.CharField(max_length=80)
    rev = models.PositiveIntegerField()
    at = models.DateTimeField()
    payload = models.JSONField(default=dict)
    alternats = models.JSONField(default=list)

    objects: ClassVar[models.Manager[TalksEntry]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("talks", "number"), name="public_talks_number"),
            models.UniqueConstraint(fields=("ref", "rev"), name="public_talks_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.talks.ref} {self.number}"

    @property
    def value(self) -> values_talks.TalksEntry:
        """What was published; of a joint text its edition says it."""
        return values_talks.talks_entry(self.payload)


class TalksLedger(Model):
    """One evenness ledger of a process, as it was published."""

    talks = models.ForeignKey(Talks, on_delete=models.PROTECT, related_name="ledgers")
    number = models.PositiveIntegerField()
    payload = models.JSONField()

    objects: ClassVar[models.Manager[TalksLedger]] = models.Manager()

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("talks", "number"), name="public_talks_ledger_once")
        ]

    def __str__(self) -> str:
        return f"ledger {self.number} of {self.talks.ref}"

    @property
    def value(self) -> values_talks.Ledger:
        return values_talks.ledger(self.payload)


class Pulse(Model):
    """One event of the live stream. Numbers run from 1 without a gap, in the order of commits. `talks` is the
    process that it belongs to, if any."""

    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=80)
    rev = models.PositiveIntegerField()
    at = models.DateTimeField()
    talks = models.CharField(max_length=40, blank=True, default="", db_default="")
    data: models.JSONField[Any, Any] = models.JSONField()

    objects: ClassVar[models.Manager[Pulse]] = models.Manager()

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("ref", "rev", "kind"), name="public_pulse_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=("talks", "number"), condition=~Q(talks=""), name="public_pulse_talks")
        ]

    def __str__(self) -> str:
        return str(self.number)
