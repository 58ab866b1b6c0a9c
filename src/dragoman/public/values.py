"""What the apps above hand over to be shown: frozen plain values, complete in themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where the record holds a revision. `proof_path` begins with a slash."""

    index: int
    size: int
    leaf_json: str
    leaf_hash: str
    proof_path: str
    witnesses_signed: int = 0
    witnesses_needed: int = 0


@dataclass(frozen=True, slots=True)
class EditionText:
    """One language; `body` is Markdown of the safe subset, `sha256` that of the sealed bytes."""

    lang: str
    title: str
    summary: str
    body: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CitedFact:
    """A fact as it stood when it was cited."""

    sheet: str
    number: str
    version: int
    texts: Mapping[str, str]
    basis: Mapping[str, str]
    source_url: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class EditionMedia:
    """A picture; its bytes lie at /record/media/<sha256>."""

    sha256: str
    media_type: str
    width: int
    height: int
    alt: Mapping[str, str]
    credit: str = ""
    decorative: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One revision of a statement, sealed and ready to be shown."""

    ref: str
    rev: int
    slug: str
    kind: str
    released: datetime
    zone: str
    mission: str
    source_language: str
    texts: tuple[EditionText, ...]
    record: RecordRef
    facts: tuple[CitedFact, ...] = ()
    media: tuple[EditionMedia, ...] = ()
    sheet: str = ""  # where a bare [F1] is looked up
    correction: Mapping[str, str] | None = None
    previous_rev: int | None = None
    crisis: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A copy on another network."""

    label: str
    url: str
    state: str
    offset_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SheetFact:
    """One fact of a public sheet, with its versions before."""

    number: str
    version: int
    texts: Mapping[str, str]
    basis: Mapping[str, str]
    sources: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    earlier: tuple[CitedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A fact sheet as the public reads it."""

    slug: str
    mission: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str] = field(default_factory=dict)
    source_language: str = "en"
    zone: str = "UTC"
    updated: datetime | None = None
    demonstration: bool = False
    facts: tuple[SheetFact, ...] = ()
