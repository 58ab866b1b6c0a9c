"""Reads that only the table's pages need. Each begins at the person who looks, so none can reach further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.lib.problems import NotFound, Problem
from dragoman.negotiations.models import (
    Answer,
    Party,
    PartyKey,
    Protocol,
    Receipt,
    Round,
    RoundText,
    Spokesperson,
)
from dragoman.negotiations.queries import agreed, answered, table
from dragoman.negotiations.queries.named import is_named


@dataclass(frozen=True)
class RoundLine:
    """A round in the list of a party: its names by language, and what the party itself answered."""

    round: Round
    titles: dict[str, str]
    mine: str


@dataclass(frozen=True)
class Standing:
    """Whether a party has answered, not what."""

    party: Party
    answered: bool


def party_named(process: str, party: str) -> Party | None:
    """A party by the two names that stand in its keys; None when there is none."""
    found = Party.objects.select_related("process").filter(process__ref=process, name=party)
    return found.exclude(state="left").first()


def round_lines(person: Spokesperson) -> list[RoundLine]:
    """The rounds that were put, newest first."""
    rounds = list(table.rounds(person).select_related("previous"))
    titles: dict[int, dict[str, str]] = {}
    for text in RoundText.objects.filter(round__in=rounds).values("round_id", "lang", "title"):
        if not text["lang"].startswith("zxx"):
            titles.setdefault(text["round_id"], {})[text["lang"]] = text["title"]
    answers = Answer.objects.filter(withdrawn_at__isnull=True, replaced_at__isnull=True, party=person.party)
    mine = dict(answers.filter(round__in=rounds).values_list("round_id", "kind")) if is_named(person) else {}
    return [RoundLine(one, titles.get(one.pk, {}), mine.get(one.pk, "")) for one in rounds]


def due(lines: Iterable[RoundLine], person: Spokesperson) -> list[RoundLine]:
    """Those that wait for this party's answer."""
    if person.party.observer:
        return []
    return [one for one in lines if one.round.state == "open" and one.round.kind != "notice" and not one.mine]


def standings(person: Spokesperson, about: Round) -> list[Standing]:
    """Every party that the round waits for, in the process's order, and whether it has answered."""
    have = set(answered.standing(about).values_list("party_id", flat=True))
    asked = answered.asked(about)
    parties = about.process.parties.filter(observer=False)
    return [Standing(party, party.pk in have) for party in parties if party.name in asked or party.pk in have]


def may_hold_pulse(person: Spokesperson) -> bool:
    """Whether the protocol in force lets a party hold the pulse line back."""
    try:
        pulse = agreed.rules_of(person.party.process).pulse
    except Problem:
        return False
    return pulse is not None and pulse.rule == "unless-objected"


def leaving(person: Spokesperson) -> str:
    """What the protocol says of the others when a party leaves: closes, continues, or founding."""
    try:
        return agreed.rules_of(person.party.process).leaving
    except Problem:
        return "founding"


def parties(person: Spokesperson) -> list[Party]:
    """Everyone at the table."""
    return list(person.party.process.parties.all())


def keys(person: Spokesperson) -> list[PartyKey]:
    """The party's keys, frozen ones too."""
    return list(person.party.keys.filter(removed_at__isnull=True).select_related("spokesperson"))


def protocol_in_force(person: Spokesperson) -> Protocol | None:
    """The protocol in force."""
    return person.party.process.protocols.filter(state="in_force").first()


def receipt(person: Spokesperson, number: int) -> Receipt:
    """One of the party's receipts. Raises NotFound."""
    found = table.receipts(person).filter(number=number).first()
    if found is None:
        raise NotFound("There is nothing at this address.")
    return found


def receipts_of(person: Spokesperson, about: Round) -> list[Receipt]:
    """The party's receipts for one round, newest first."""
    return list(table.receipts(person).filter(round=about))


def followers(about: Round) -> list[Round]:
    """The rounds that came after this one and were put."""
    return list(about.followers.exclude(state="drafting").exclude(opened_at__isnull=True))


def released(person: Spokesperson) -> list[Round]:
    """Joint texts that are out, the newest revision of each first."""
    rounds = table.rounds(person).filter(kind="joint", state="released").prefetch_related("texts")
    return list(rounds)
