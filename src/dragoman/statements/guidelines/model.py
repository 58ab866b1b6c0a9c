"""The plain values that rules work on: the draft and its parts, the rule, the finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Severity = Literal["blocks", "reason", "warns"]
SEVERITIES: tuple[Severity, ...] = ("blocks", "reason", "warns")

Action = Literal["edit", "submit", "approve", "release", "withdraw"]
ACTIONS: tuple[Action, ...] = ("edit", "submit", "approve", "release", "withdraw")

FIELDS = ("title", "summary", "body")


@dataclass(frozen=True, slots=True)
class DraftText:
    """One language of the draft; the body is Markdown with fact citations such as `[F1]`."""

    lang: str
    title: str = ""
    summary: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class FactView:
    """The version of a fact that the draft cites (not necessarily the newest)."""

    cite: str
    version: int = 1
    texts: Mapping[str, str] = field(default_factory=dict)
    superseded: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    newest_version: int | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture with its alternative text per language."""

    name: str
    alt: Mapping[str, str] = field(default_factory=dict)
    decorative: bool = False


@dataclass(frozen=True, slots=True)
class PartView:
    """One post of a rendition, counted as its channel counts; a limit of None means none."""

    count: int
    limit: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class RenditionView:
    """What one channel will show in one language: its label (`@mfa.example`), kind and parts."""

    channel: str
    kind: str
    lang: str
    parts: tuple[PartView, ...] = ()


@dataclass(frozen=True, slots=True)
class ElectionWindow:
    """A time in which only some kinds of statement may go out; no missions named means all missions."""

    name: str
    opens: datetime
    closes: datetime
    allowed_kinds: tuple[str, ...] = ()
    missions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """One officer's yes to one digest, with the roles they hold at the statement's mission."""

    officer: str
    role: str
    digest: str
    given: datetime | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything the rules may look at, as it stands at `now`. Built by `statements`, or by an example."""

    ref: str = ""
    kind: str = "announcement"
    risk: str = "ordinary"
    lane: str = "ordinary"
    mission: str = ""
    source_language: str = "en"
    required_languages: tuple[str, ...] = ()
    languages: tuple[DraftText, ...] = ()
    facts: tuple[FactView, ...] = ()
    pictures: tuple[PictureView, ...] = ()
    renditions: tuple[RenditionView, ...] = ()
    release_at: datetime | None = None
    embargo_until: datetime | None = None
    election_windows: tuple[ElectionWindow, ...] = ()
    listed_domains: tuple[str, ...] = ()
    listed_contacts: tuple[str, ...] = ()
    action: Action = "edit"
    reason: str = ""
    author: str = ""
    digest: str = ""
    approvals: tuple[ApprovalView, ...] = ()
    now: datetime | None = None

    def text(self, lang: str) -> DraftText | None:
        return next((text for text in self.languages if text.lang == lang), None)

    @property
    def moment(self) -> datetime | None:
        """When it would go out, as far as is known."""
        return self.release_at or self.now


@dataclass(frozen=True, slots=True)
class Example:
    """A draft in a rule's own file that must pass, or must fail and name `words`."""

    shows: str
    fails: bool
    draft: Draft
    words: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One house rule as its file tells it; `check` names the function that looks for it."""

    id: str
    title: str
    severity: Severity
    check: str
    text: str
    why: str
    source: str
    mend: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in force; `version` is the SHA-256 of their files, kept with every statement."""

    version: str
    rules: tuple[Rule, ...]

    def __getitem__(self, rule_id: str) -> Rule:
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check saw; the engine makes the finding of it. Empty words fall back to those of the rule.

    `start` and `end` count code points in the whole field. `beside` holds words elsewhere (the other
    language, the fact) that the hit rests on: when they change, a recorded reason no longer fits.
    """

    words: str
    lang: str = ""
    field: str = ""
    paragraph: int | None = None
    start: int | None = None
    end: int | None = None
    why: str = ""
    mend: str = ""
    suggestion: str = ""
    source: str = ""
    severity: Severity | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: which words, where, why, by what source, how to mend it.

    `field` is title, summary, body, picture, channel, facts or statement. `paragraph` counts the blocks of
    the body from 1. `start` and `end` count code points in the whole field. `suggestion`, when there is one,
    may take the place of `words` as it stands. `key` stays the same until the rule, the place or the words
    change: a recorded reason is matched by it.
    """

    rule: str
    severity: Severity
    title: str
    lang: str
    field: str
    paragraph: int | None
    start: int | None
    end: int | None
    words: str
    why: str
    source: str
    mend: str
    suggestion: str
    key: str

    def as_json(self) -> dict[str, Any]:
        """A plain value for the API, the page and the record of a clearance."""
        names = (
            "rule", "severity", "title", "lang", "field", "paragraph", "start", "end",
            "words", "why", "source", "mend", "suggestion", "key",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
