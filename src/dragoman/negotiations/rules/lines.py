"""The lines of a process as they are sealed (entries of kind `line`), and how a stranger recognises them.

A line is one text a language: `text/plain; charset=utf-8`, the words in NFC and one line feed. A notice holds one
line a fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dragoman.negotiations.rules.protocol import ProtocolRules

MEDIA_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Recognised:
    """What a sealed line is; `kinds` are the facts of a notice, `said` the moment that a pulse line names."""

    what: Literal["pulse", "fallback", "notice"]
    kinds: tuple[str, ...] = ()
    said: datetime | None = None


def time_words(moment: datetime, zone: str = "UTC") -> str:
    """A moment as every language of a line writes it: 2026-11-30 14:05 UTC+02:00."""
    raise NotImplementedError


def pulse_texts(rules: ProtocolRules, moment: datetime, zone: str = "UTC") -> dict[str, str]:
    """The pulse line of a moment, by language. Raises Invalid (`no-pulse`) when none was agreed."""
    raise NotImplementedError


def fallback_texts(rules: ProtocolRules) -> dict[str, str]:
    """The fallback line, by language."""
    raise NotImplementedError


def notice_texts(
    rules: ProtocolRules, facts: Sequence[tuple[str, Mapping[str, str | Mapping[str, str]]]]
) -> dict[str, str]:
    """A notice of some facts, by language: one line a fact. Raises Invalid (`not-publishable`, `fact-values`)."""
    raise NotImplementedError


def sealed(text: str) -> bytes:
    """The bytes of one language for the record."""
    raise NotImplementedError


def recognise(rules: ProtocolRules, texts: Mapping[str, bytes], released: datetime) -> Recognised:
    """What a sealed line is under the protocol in force. Raises Invalid (`not-agreed-line`) when its words are
    not the agreed ones in every language, (`line-time`) when it names a time that had not come."""
    raise NotImplementedError
