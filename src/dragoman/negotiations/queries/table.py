"""What a spokesperson sees. Everything is of the own party, or is open to all parties at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dragoman.base import clock
from dragoman.lib.problems import NotFound
from dragoman.negotiations.models import Answer, Ask, Objection, Party, Receipt, Round, Spokesperson
from dragoman.negotiations.queries import answered, bodies
from dragoman.negotiations.queries.named import is_named
from dragoman.negotiations.rules import roundfile, timing
from dragoman.negotiations.rules.body import parse as parse_body


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
    found = Round.objects.filter(process__parties=spokesperson.party_id, opened_at__isnull=False)
    return found.select_related("process", "previous").order_by("-number")


def round_shown(spokesperson: Spokesperson, number: int) -> RoundShown:
    """One of them. Raises NotFound for a draft, another process's, or none."""
    about = _one(spokesperson, number)
    party = Party.objects.get(pk=spokesperson.party_id)
    own = is_named(spokesperson)
    mine = answered.standing(about).filter(party=party).first() if own else None
    over, revealed = answered.is_over(about), answered.is_revealed(about)
    signs = party.name in answered.asked(about) and not party.observer
    return RoundShown(
        round=about,
        texts=texts_shown(about),
        mine=mine,
        my_objection=about.objections.filter(party=party).first() if own else None,
        revealed=revealed,
        answers=answers_shown(about) if revealed else (),
        may_answer=signs and about.kind != "notice" and about.state in ("open", "agreed") and not over,
        may_withdraw=mine is not None
        and mine.kind == "consent"
        and about.state in ("open", "agreed", "armed")
        and not (about.state == "armed" and about.moment is not None and about.moment <= clock.now()),
        may_object=signs
        and about.kind == "notice"
        and about.state == "open"
        and not over
        and not about.objections.filter(party=party).exists(),
    )


def round_file(spokesperson: Spokesperson, number: int) -> bytes:
    """What the party downloads for work on its own machine (negotiations/rules/roundfile.py)."""
    about = _one(spokesperson, number)
    before = about.previous or _in_force_before(about)
    previous = {text.lang: bodies.bytes_of(about.kind, text) for text in before.texts.all()} if before else {}
    return roundfile.dump(
        roundfile.RoundFile(
            body=parse_body(about.body.encode()),
            texts={text.lang: bodies.bytes_of(about.kind, text) for text in about.texts.all()},
            keyring=about.keyring,
            previous=previous,
            closes_at=timing.stamp(about.closes_at) if about.closes_at else "",
            titles=_titles(about, spokesperson.lang),
        )
    )


def receipts(spokesperson: Spokesperson) -> QuerySet[Receipt]:
    """The party's receipts, newest first; none for a person whom no keyring names: they tell what the party
    answered."""
    found = Receipt.objects.filter(party=spokesperson.party_id).select_related("round", "spokesperson")
    return found if is_named(spokesperson) else found.filter(spokesperson=spokesperson, round__isnull=True)


def asks(spokesperson: Spokesperson) -> QuerySet[Ask]:
    """The corrections that the party asked for."""
    return Ask.objects.filter(party=spokesperson.party_id)


def texts_shown(about: Round) -> tuple[TextShown, ...]:
    """Every language, in the order of the talks, beside the text before it."""
    before = about.previous or _in_force_before(about)
    old = {text.lang: text for text in before.texts.all()} if before else {}
    order = {lang: number for number, lang in enumerate(about.process.languages)}
    texts = sorted(about.texts.all(), key=lambda text: (order.get(text.lang, len(order)), text.lang))
    return tuple(
        TextShown(
            lang=text.lang,
            title=text.title,
            summary=text.summary,
            body=text.body,
            sha256=text.sha256,
            size=text.size,
            old_title=old[text.lang].title if text.lang in old else "",
            old_summary=old[text.lang].summary if text.lang in old else "",
            old_body=old[text.lang].body if text.lang in old else "",
        )
        for text in texts
    )


def answers_shown(about: Round) -> tuple[AnswerShown, ...]:
    """Everyone's answers. The caller has asked whether they are revealed."""
    return tuple(
        AnswerShown(
            party=answer.party,
            kind=answer.kind,
            words=answer.words,
            counter=answer.counter,
            at=answer.at,
            assurance=answer.key.kind if answer.key else "",
        )
        for answer in answered.standing(about)
    )


def _one(spokesperson: Spokesperson, number: int) -> Round:
    found = rounds(spokesperson).filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no round {number} at this table.")
    return found


def _in_force_before(about: Round) -> Round | None:
    """What this one replaces: a new protocol the one in force, a correction what is released."""
    rounds_before = Round.objects.filter(process=about.process, state="released", number__lt=about.number)
    if about.kind == "protocol":
        return rounds_before.filter(kind="protocol").order_by("-number").first()
    if about.kind == "joint" and about.rev > 1:
        return rounds_before.filter(kind="joint", statement=about.statement).order_by("-rev").first()
    return None


def _titles(about: Round, lang: str) -> dict[str, str]:
    source = about.process.source_language
    return {
        party.name: str(party.titles.get(lang) or party.titles.get(source) or party.name)
        for party in about.process.parties.all()
    }
