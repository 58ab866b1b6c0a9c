"""What the apps above hand to the public plane about talks, as plain frozen values. No rows, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from dragoman.lib import canonical
from dragoman.public.values import ConsentShown, EditionText, RecordRef

What = Literal["joint", "notice", "pulse", "fallback", "protocol"]
LINES: tuple[What, ...] = ("notice", "pulse", "fallback", "protocol")
"""What is published by itself. A joint text is a statement and comes with `publish_edition`."""


@dataclass(frozen=True, slots=True)
class TalksParty:
    """One side of the talks by its name in the keyring; `titles` by language. An observer signs nothing."""

    name: str
    titles: Mapping[str, str]
    observer: bool = False


@dataclass(frozen=True, slots=True)
class TalksPage:
    """A process as the public gets it. A later one of the same ref replaces it.

    `parties` stand in the order of naming that is in force now. `state` is the process's ("open", "paused",
    "closed"). `protocol` is the number of the protocol in force, `documents` its text by language (Markdown),
    `publishable` what may be said, in words by language; `keyring` and `keyring_index` are the text and the
    entry of the keyring in force. `pulse_minutes`: a line is said at least so often (0: there is no such
    rule); `last_confirmed` is when anything was last confirmed, where that is later than the newest entry.
    """

    ref: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str]
    languages: tuple[str, ...]
    zone: str
    mission: str
    parties: tuple[TalksParty, ...]
    state: str
    protocol: int
    keyring: str
    keyring_index: int
    documents: Mapping[str, str]
    record: RecordRef
    publishable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pulse_minutes: int = 0
    last_confirmed: datetime | None = None

    def party(self, name: str) -> TalksParty | None:
        return next((one for one in self.parties if one.name == name), None)


@dataclass(frozen=True, slots=True)
class TalksEntry:
    """One thing said in talks that is no statement. The digests of `texts` are of their canonical bytes
    (`lib.markdown.canonical`), which are what the record holds as text/markdown. `texts` are in the languages
    of the process; `consents` says who signed, where anybody did."""

    process: str
    what: What
    ref: str
    rev: int
    at: datetime
    zone: str
    texts: tuple[EditionText, ...]
    record: RecordRef
    consents: tuple[ConsentShown, ...] = ()

    def text(self, lang: str) -> EditionText | None:
        return next((text for text in self.texts if text.lang == lang), None)

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(text.lang for text in self.texts)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One evenness ledger, `number` counting up within its process. `data` is the very text that was sealed:
    canonical JSON, as `negotiations.rules.ledger` makes it."""

    process: str
    number: int
    at: datetime
    data: str
    record: RecordRef

    @property
    def content(self) -> dict[str, Any]:
        """What it says, as plain values."""
        found = canonical.loads(self.data.encode())
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Alternat:
    """One party's version of a joint text in one language: generated, and not what was signed."""

    party: str
    lang: str
    title: str
    summary: str
    body: str


def talks_page(data: Mapping[str, Any]) -> TalksPage:
    """The process that `as_json` wrote."""
    confirmed = data["last_confirmed"]
    return TalksPage(
        **{
            **data,
            "languages": tuple(data["languages"]),
            "parties": tuple(TalksParty(**one) for one in data["parties"]),
            "record": RecordRef(**data["record"]),
            "publishable": {lang: tuple(lines) for lang, lines in data["publishable"].items()},
            "last_confirmed": datetime.fromisoformat(confirmed) if confirmed else None,
        }
    )


def talks_entry(data: Mapping[str, Any]) -> TalksEntry:
    """The entry that `as_json` wrote."""
    return TalksEntry(
        **{
            **data,
            "at": datetime.fromisoformat(data["at"]),
            "texts": tuple(EditionText(**text) for text in data["texts"]),
            "record": RecordRef(**data["record"]),
            "consents": tuple(ConsentShown(**one) for one in data["consents"]),
        }
    )


def ledger(data: Mapping[str, Any]) -> Ledger:
    """The ledger that `as_json` wrote."""
    at, record = datetime.fromisoformat(data["at"]), RecordRef(**data["record"])
    return Ledger(**{**data, "at": at, "record": record})
