"""What the apps above hand to the public plane, as plain frozen values. No rows, no Django."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EditionText:
    """One language of one revision. `body` is Markdown; `sha256` is that of the sealed bytes."""

    lang: str
    title: str
    summary: str
    body: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CitedFact:
    """A fact as it stood when it was cited. `texts` and `basis` by language."""

    sheet: str
    number: str
    version: int
    texts: Mapping[str, str]
    basis: Mapping[str, str] = field(default_factory=dict)
    source_url: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by the digest of its bytes; `alt` by language."""

    sha256: str
    media_type: str
    width: int
    height: int
    alt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Film:
    """A film by the digest of its bytes; `titles` by language, `captions` as the digest of their WebVTT."""

    sha256: str
    media_type: str
    size: int
    seconds: float = 0.0
    titles: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where a text stands in the public record. `proof_path` is a path of the public site."""

    index: int
    size: int
    leaf_json: str
    leaf_hash: str
    proof_path: str
    witnesses_signed: int = 0
    witnesses_needed: int = 0


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """That a party signed: its name in the keyring, and with what: "ed25519", "webauthn" or "ssh".

    `label` tells one key of the party from another, such as the key's name in the keyring.
    """

    party: str
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """That parties of talks signed this text: the process, who signed, and the keyring it was judged by (its
    text, and its entry in the record)."""

    process: str
    consents: tuple[ConsentShown, ...] = ()
    keyring: str = ""
    keyring_index: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One revision of a statement as the public gets it. `correction` says by language what was put right;
    `talks` is set on a joint text."""

    ref: str
    rev: int
    slug: str
    kind: str
    released: datetime
    zone: str
    mission: str
    texts: tuple[EditionText, ...]
    record: RecordRef
    facts: tuple[CitedFact, ...] = ()
    media: tuple[Picture, ...] = ()
    correction: Mapping[str, str] | None = None
    previous_rev: int | None = None
    films: tuple[Film, ...] = ()
    talks: Agreed | None = None

    def text(self, lang: str) -> EditionText | None:
        return next((text for text in self.texts if text.lang == lang), None)

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(text.lang for text in self.texts)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays of a withdrawn statement: when, why (by language), and its entry in the record."""

    ref: str
    rev: int
    at: datetime
    reasons: Mapping[str, str]
    record: RecordRef


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A copy on another network. `offset_ms` is counted from the release; `state` is the delivery's.

    `account` is the ref of the official account that it stands on; a copy that came after the account was
    compromised is marked. `lang` is the language of the copy: a page shows its own first.
    """

    label: str
    url: str
    state: str
    offset_ms: int | None = None
    account: str = ""
    at: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class SheetFact:
    """One fact of a sheet as it now stands; `until` is set on a version that is no longer in force."""

    number: str
    version: int
    texts: Mapping[str, str]
    basis: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    superseded: datetime | None = None


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A fact sheet as the public gets it; `facts` holds current versions first, then superseded ones.
    `checker`: its decision table and how the facts of that stand, as plain data for `public.checker`."""

    slug: str
    source_language: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str]
    mission: str
    zone: str
    changed: datetime
    facts: tuple[SheetFact, ...]
    checker: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """A version of the register of official accounts. `data` is the very text that was sealed, canonical
    JSON; pages show what stands in it and nothing else."""

    number: int
    at: datetime
    data: str
    record: RecordRef

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """The accounts as plain values."""
        found: list[dict[str, Any]] = json.loads(self.data)["accounts"]
        return found


@dataclass(frozen=True, slots=True)
class NoticeText:
    """One language of a notice; `body` is Markdown."""

    lang: str
    title: str
    summary: str
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice for everybody, on top of every page. A later `rev` of the same ref replaces it; with `lifted`
    it stands on top no longer."""

    ref: str
    rev: int
    at: datetime
    zone: str
    texts: tuple[NoticeText, ...]
    record: RecordRef
    lifted: bool = False

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(text.lang for text in self.texts)

    def text(self, lang: str) -> NoticeText:
        """In this language, else in English, else in the first."""
        by_lang = {text.lang: text for text in self.texts}
        return by_lang.get(lang) or by_lang.get("en") or self.texts[0]


@dataclass(frozen=True, slots=True)
class AnswerText:
    """One language of an answer; `body` is Markdown, `sha256` that of the sealed bytes."""

    lang: str
    question: str
    body: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """One version of an answer to a question, as the page of its fact sheet shows it. A later `rev` of
    the same ref replaces it, and it stays readable beside the new one; `note` says by language what changed.
    With `withdrawn` there is no answer any more, and the note says why."""

    ref: str
    rev: int
    sheet: str
    source_language: str
    mission: str
    zone: str
    at: datetime
    texts: tuple[AnswerText, ...]
    record: RecordRef
    facts: tuple[CitedFact, ...] = ()
    note: Mapping[str, str] = field(default_factory=dict)
    withdrawn: bool = False

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(text.lang for text in self.texts)

    def text(self, lang: str) -> AnswerText | None:
        """In this language, else in the source language; None for one that is withdrawn."""
        by_lang = {text.lang: text for text in self.texts}
        for code in (lang, lang.partition("-")[0], self.source_language):
            if code in by_lang:
                return by_lang[code]
        return self.texts[0] if self.texts else None


def as_json(value: Any) -> dict[str, Any]:
    """A value as plain JSON; dates and moments in ISO 8601."""
    found = _plain(asdict(value))
    return found if isinstance(found, dict) else {}


def edition(data: Mapping[str, Any]) -> Edition:
    """The edition that `as_json` wrote."""
    return Edition(
        **{
            **data,
            "released": datetime.fromisoformat(data["released"]),
            "texts": tuple(EditionText(**text) for text in data["texts"]),
            "record": RecordRef(**data["record"]),
            "facts": tuple(CitedFact(**_dated(fact)) for fact in data["facts"]),
            "media": tuple(Picture(**picture) for picture in data["media"]),
            "films": tuple(Film(**film) for film in data.get("films", ())),
            "talks": agreed(data["talks"]) if data.get("talks") else None,
        }
    )


def agreed(data: Mapping[str, Any]) -> Agreed:
    """The agreement that `as_json` wrote."""
    return Agreed(**{**data, "consents": tuple(ConsentShown(**one) for one in data["consents"])})


def tombstone(data: Mapping[str, Any]) -> Tombstone:
    """The tombstone that `as_json` wrote."""
    at = datetime.fromisoformat(data["at"])
    return Tombstone(**{**data, "at": at, "record": RecordRef(**data["record"])})


def sheet_page(data: Mapping[str, Any]) -> SheetPage:
    """The sheet that `as_json` wrote."""
    facts = tuple(
        SheetFact(
            **{
                **_dated(fact),
                "sources": tuple(fact["sources"]),
                "superseded": datetime.fromisoformat(fact["superseded"]) if fact["superseded"] else None,
            }
        )
        for fact in data["facts"]
    )
    return SheetPage(**{**data, "changed": datetime.fromisoformat(data["changed"]), "facts": facts})


def register(data: Mapping[str, Any]) -> Register:
    """The register that `as_json` wrote."""
    at = datetime.fromisoformat(data["at"])
    return Register(**{**data, "at": at, "record": RecordRef(**data["record"])})


def notice(data: Mapping[str, Any]) -> Notice:
    """The notice that `as_json` wrote."""
    texts = tuple(NoticeText(**text) for text in data["texts"])
    at, record = datetime.fromisoformat(data["at"]), RecordRef(**data["record"])
    return Notice(**{**data, "at": at, "texts": texts, "record": record})


def answer(data: Mapping[str, Any]) -> PublicAnswer:
    """The answer that `as_json` wrote."""
    return PublicAnswer(
        **{
            **data,
            "at": datetime.fromisoformat(data["at"]),
            "texts": tuple(AnswerText(**text) for text in data["texts"]),
            "record": RecordRef(**data["record"]),
            "facts": tuple(CitedFact(**_dated(fact)) for fact in data["facts"]),
        }
    )


def _dated(data: Mapping[str, Any]) -> dict[str, Any]:
    days = {name: date.fromisoformat(data[name]) for name in ("valid_from", "valid_to") if data[name]}
    return {**data, **days}


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
