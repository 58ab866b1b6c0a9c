"""What the host sees. Who has answered, never what, before all have answered or time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dragoman.lib.problems import NotFound
from dragoman.negotiations.models import Party, Process, Round
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.queries import answered, neutral
from dragoman.negotiations.queries.table import AnswerShown, TextShown, answers_shown, texts_shown
from dragoman.negotiations.rules import keyring
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
    """A round as the host sees it. `findings` are of the neutrality rules, `troubles` of the canonical
    text."""

    round: Round
    texts: tuple[TextShown, ...]
    standings: tuple[Standing, ...]
    revealed: bool
    findings: tuple[Finding, ...]
    stood: tuple[neutral.Kept, ...]  # let stand for a reason when the round was put
    troubles: tuple[str, ...]
    missing_languages: tuple[str, ...]
    needed: str  # who must consent, in words


def processes(officer: Officer) -> QuerySet[Process]:
    """Those of the officer's missions."""
    return Process.objects.visible_to(officer).select_related("mission")


def process(officer: Officer, ref: str) -> Process:
    """One of them. Raises NotFound."""
    found = processes(officer).filter(ref=ref).first()
    if found is None:
        raise NotFound("There are no such talks.")
    return found


def round_desk(officer: Officer, ref: str, number: int) -> RoundDesk:
    """One round of it. Raises NotFound."""
    talks = process(officer, ref)
    about = talks.rounds.select_related("previous", "protocol").filter(number=number).first()
    if about is None:
        raise NotFound(f"There is no round {number} in these talks.")
    about.process = talks
    drafting = about.state == "drafting"
    return RoundDesk(
        round=about,
        texts=texts_shown(about),
        standings=standings(about),
        revealed=answered.is_revealed(about),
        findings=neutral.findings(about) if drafting else (),
        stood=tuple(one for one in neutral.kept(about) if one.reason),
        troubles=tuple(_said(one) for one in neutral.troubles(about)) if drafting else (),
        missing_languages=neutral.missing_languages(about) if drafting else (),
        needed=_needed(about),
    )


def standings(about: Round) -> tuple[Standing, ...]:
    """Each party that the round waits for: has it answered, and what once that may be seen."""
    revealed = answered.is_revealed(about)
    answers = {answer.party.pk: answer for answer in answers_shown(about)}
    objected = set(about.objections.values_list("party_id", flat=True))
    names = answered.asked(about)
    return tuple(
        Standing(
            party=party,
            answered_at=answers[party.pk].at if party.pk in answers else None,
            answer=answers.get(party.pk) if revealed else None,
            objected=party.pk in objected,
        )
        for party in about.process.parties.filter(name__in=names)
    )


def _needed(about: Round) -> str:
    if about.keyring and about.parties_index is None:
        return f"all of {', '.join(keyring.parse(about.keyring).parties)}"
    text = about.keyring or about.process.keyring
    return keyring.parse(text).needed_hint() if text else ""


def _said(one: neutral.TroubleIn) -> str:
    return f"{one.lang}, {one.trouble.field}: {one.trouble.what} {one.trouble.mend}"
