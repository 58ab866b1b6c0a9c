"""What the parties agreed beforehand, as the machine keeps it: the rules of a protocol (canonical JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FACTS = ("meeting", "place", "time", "level", "groups", "next", "outcome")
"""The closed list of publishable facts; a protocol allows some of them, each with one sentence a language."""


@dataclass(frozen=True)
class Pulse:
    """The line that says that talks go on although nothing else may be said. `texts` may hold {time}.

    It is due every `every_minutes`, or when nothing was published for `silence_minutes`; `rule`
    "unless-objected" lets any party hold it back.
    """

    texts: Mapping[str, str]
    every_minutes: int
    silence_minutes: int
    rule: Literal["always", "unless-objected"] = "always"


@dataclass(frozen=True)
class QuietHours:
    """Local hours ("22:00") in which nothing but what was agreed goes out. `to` before `frm` crosses midnight."""

    frm: str
    to: str
    zone: str


@dataclass(frozen=True)
class ProtocolRules:
    """See docs/consent.md for every member. `publishable` is kind -> language -> sentence with {placeholders}."""

    languages: tuple[str, ...]
    publishable: Mapping[str, Mapping[str, str]]
    fallback: Mapping[str, str]
    pulse: Pulse | None = None
    joint: bool = True
    objection_minutes: int = 60
    round_hours: int = 72
    quiet_hours: QuietHours | None = None
    confidentiality: Literal["chatham-house", "open"] = "chatham-house"
    silence: Literal["lapses", "fallback"] = "lapses"
    leaving: Literal["closes", "continues"] = "closes"

    def dump(self) -> bytes:
        """The canonical bytes that are consented and sealed as `zxx-x-rules`."""
        raise NotImplementedError

    def value(self) -> dict[str, Any]:
        """As a plain value for a row or a form."""
        raise NotImplementedError

    def placeholders(self, kind: str) -> tuple[str, ...]:
        """The values that a fact of this kind asks for."""
        raise NotImplementedError

    def render(self, kind: str, values: Mapping[str, str | Mapping[str, str]], lang: str) -> str:
        """The sentence of a fact in a language; a value may be one text or one a language. Raises Invalid
        (`not-publishable`, `fact-values`)."""
        raise NotImplementedError


def parse(value: Mapping[str, Any] | bytes) -> ProtocolRules:
    """Read rules. Raises Invalid (code `protocol-rules`) whose `where` lists every mistake."""
    raise NotImplementedError
