"""What the host sees. Who has answered, never what, before all have answered or time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dragoman.negotiations.models import Party, Process, Round
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.queries.table import AnswerShown, TextShown
from dragoman.staff.models import Officer


@dataclass(frozen=True)
class Standing:
    """A party beside a round: has it answered; what, once that may be seen (else empty)."""

    party: Party
    answered_at: datetime | None
    answer: AnswerShown | None
    objected: bool


@dataclass(frozen=True)
class RoundDesk:
    """A round as the host sees it. `findings` are of the neutrality rules, `troubles` of the canonical text."""

    round: Round
    texts: tuple[TextShown, ...]
    standings: tuple[Standing, ...]
    revealed: bool
    findings: tuple[Finding, ...]
    troubles: tuple[str, ...]
    missing_languages: tuple[str, ...]
    needed: str  # who must consent, in words


def processes(officer: Officer) -> QuerySet[Process]:
    """Those of the officer's missions."""
    raise NotImplementedError


def process(officer: Officer, ref: str) -> Process:
    """One of them. Raises NotFound."""
    raise NotImplementedError


def round_desk(officer: Officer, ref: str, number: int) -> RoundDesk:
    """One round of it. Raises NotFound."""
    raise NotImplementedError
