"""Facts as plain frozen values: what a file, a form or another app hands over. No rows, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dragoman.lib.eligibility.values import Table

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FactDraft:
    """What one fact says. `basis`: legal basis by language. `owner`: a mission's slug, "" as the sheet."""

    number: str
    texts: Mapping[str, str]
    basis: Mapping[str, str]
    sources: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class BeliefDraft:
    """A wrong belief that goes round: M1, the facts it clashes with, the belief as people put it and the
    sentence that puts it right, both by language. `source`: where it was seen, an address or words."""

    code: str
    title: str
    facts: tuple[str, ...]
    statements: Mapping[str, str]
    corrections: Mapping[str, str]
    source: str = ""
    state: str = "proposed"


@dataclass(frozen=True, slots=True)
class KnownBelief:
    """A wrong belief as other apps read it. `revised`: facts it leans on that have changed since a person
    last looked at it: its correction may say the old thing."""

    id: int
    sheet: str
    source_language: str
    code: str
    title: str
    facts: tuple[str, ...]
    statements: Mapping[str, str]
    corrections: Mapping[str, str]
    source: str
    author: str
    state: str
    since: datetime
    revised: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As others name it: visa-free/M1."""
        return f"{self.sheet}/{self.code}"

    def statement_in(self, lang: str) -> str:
        """The belief in this language, else in the sheet's source language."""
        return self.statements.get(lang) or self.statements.get(self.source_language, "")

    def correction_in(self, lang: str) -> str:
        """The correct sentence in this language, else in the sheet's source language."""
        return self.corrections.get(lang) or self.corrections.get(self.source_language, "")


@dataclass(frozen=True, slots=True)
class TableDraft:
    """A sheet's decision table, and the risk by which it is reviewed."""

    table: Table
    risk: str = "ordinary"


@dataclass(frozen=True, slots=True)
class SheetDraft:
    """What a fact sheet says. Dates of its facts are days in `zone`."""

    slug: str
    source_language: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    demonstration: bool = False
    facts: tuple[FactDraft, ...] = ()
    beliefs: tuple[BeliefDraft, ...] = ()
    conditions: TableDraft | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a draft: where (a path into it), what, and how to mend it."""

    path: Path
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would do to one fact: add, revise (a new version), amend (in place), same or keep.

    `fields` names what differs. "keep" is a fact of the sheet that the file does not mention: it stays.
    """

    number: str
    deed: str
    fields: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. `digest` binds the plan to the file and to the rows it was made against."""

    draft: SheetDraft
    new_sheet: bool
    sheet_fields: tuple[str, ...]
    changes: tuple[Change, ...]
    digest: str
    beliefs: tuple[Change, ...] = ()
    new_table: bool = False

    def numbers(self, deed: str) -> tuple[str, ...]:
        """The numbers of the facts to which this would be done."""
        return tuple(change.number for change in self.changes if change.deed == deed)

    @property
    def nothing_changes(self) -> bool:
        changes = (*self.changes, *self.beliefs)
        head = self.new_sheet or self.new_table or bool(self.sheet_fields)
        return not head and not any(change.fields for change in changes)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, as numbers of facts."""

    sheet: str
    new_sheet: bool
    added: tuple[str, ...]
    revised: tuple[str, ...]
    amended: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    beliefs: tuple[str, ...] = ()
    new_table: bool = False


@dataclass(frozen=True, slots=True)
class FactPage:
    """One version of a fact with all that a public page or its JSON shows."""

    number: str
    version: int
    current: bool
    texts: Mapping[str, str]
    basis: Mapping[str, str]
    sources: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    owner: str
    owner_name: str
    since: datetime
    superseded_at: datetime | None


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A sheet with all that a public page or its JSON shows; `history` holds the superseded versions."""

    slug: str
    source_language: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str]
    zone: str
    demonstration: bool
    mission: str
    mission_name: str
    updated: datetime
    facts: tuple[FactPage, ...]
    history: tuple[FactPage, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The source language first, then the others by code."""
        rest = sorted({lang for fact in self.facts for lang in fact.texts} | set(self.titles))
        return (self.source_language, *(lang for lang in rest if lang != self.source_language))
