"""What a rule finds in a text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Severity = Literal["blocks", "reason", "note"]
SEVERITIES: tuple[Severity, ...] = ("blocks", "reason", "note")
FIELDS = ("title", "summary", "body")


@dataclass(frozen=True, slots=True)
class Finding:
    """Words in a text that do not fit the agreed terms, why not, by what source, and how to mend it.

    `start` and `end` count characters in the field of that language. `blocks` holds the text back until it is
    mended; `reason` until it is mended or somebody gives a reason; `note` is shown. A finding about a whole
    language (what could not be checked in it) has no field and no words.
    """

    rule: str
    lang: str
    field: str
    start: int
    end: int
    words: str
    severity: Severity
    why: str
    mend: str
    source: str

    @property
    def key(self) -> str:
        """The same as long as the rule, the language, the field, the words and what they clash with are; a
        reason is kept under it. Places stay out, so that a word added before does not void a reason."""
        parts = (self.rule, self.lang, self.field, self.words, self.why)
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """A plain value for pages, the command line, and to be kept with a round."""
        return asdict(self) | {"key": self.key}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """A finding that was kept; what else stands beside it is left out."""
        return cls(**{each.name: value[each.name] for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check saw: a place in one language, with words of its own where the rule's are too general."""

    lang: str
    field: str
    start: int
    end: int
    words: str
    why: str = ""
    mend: str = ""
    severity: Severity | None = None
