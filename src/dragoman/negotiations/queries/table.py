"""What a spokesperson sees. Everything is of the own party, or is open to all parties at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dragoman.negotiations.models import Answer, Ask, Objection, Party, Receipt, Round, Spokesperson


@dataclass(frozen=True)
class TextShown:
    """One language of a round beside the text of the round before it (empty strings when there was none)."""

    lang: str
    title: str
    summary: str
    body: str
    sha256: str
    size: int
    old_title: str
    old_summary: str
    old_body: str


@dataclass(frozen=True)
class AnswerShown:
    """What a party answered, once that may be seen. `counter` is language -> {title, summary, body}."""

    party: Party
    kind: str
    words: str
    counter: Mapping[str, Mapping[str, str]]
    at: datetime
    assurance: str  # kind of the key: ed25519, webauthn, ssh; empty for an unsigned decline


@dataclass(frozen=True)
class RoundShown:
    """A round as one party sees it."""

    round: Round
    texts: tuple[TextShown, ...]
    mine: Answer | None
    my_objection: Objection | None
    revealed: bool  # all have answered or time is over: `answers` holds everyone's
    answers: tuple[AnswerShown, ...]
    may_answer: bool
    may_withdraw: bool
    may_object: bool


def rounds(spokesperson: Spokesperson) -> QuerySet[Round]:
    """The rounds that were put to the party's talks, newest first. Never drafts or cancelled drafts."""
    raise NotImplementedError


def round_shown(spokesperson: Spokesperson, number: int) -> RoundShown:
    """One of them. Raises NotFound for a draft, another process's, or none."""
    raise NotImplementedError


def round_file(spokesperson: Spokesperson, number: int) -> bytes:
    """What the party downloads for work on its own machine (negotiations/rules/roundfile.py)."""
    raise NotImplementedError


def receipts(spokesperson: Spokesperson) -> QuerySet[Receipt]:
    """The party's receipts, newest first."""
    raise NotImplementedError


def asks(spokesperson: Spokesperson) -> QuerySet[Ask]:
    """The corrections that the party asked for."""
    raise NotImplementedError
