"""What the public plane is handed of talks: the page, the lines, the protocol."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import Max

from dragoman.negotiations.models import Line, Process, Protocol, Round
from dragoman.negotiations.queries import agreed, answered, ledger
from dragoman.negotiations.rules import lines, timing
from dragoman.public.values import ConsentShown, EditionText, RecordRef
from dragoman.public.values_talks import TalksEntry, TalksPage, TalksParty
from dragoman.record import queries as record


def line_ref(process: Process) -> str:
    """The record's id of the agreed lines of these talks."""
    return f"{process.ref}-line"


def ledger_ref(process: Process) -> str:
    """The record's id of their evenness ledgers."""
    return f"{process.ref}-ledger"


def talks_page(process: Process) -> TalksPage:
    """The process as everyone gets it: what is in force, and nothing of what is on the table."""
    protocol = agreed.in_force(process)
    rules = agreed.rules_of(process)
    return TalksPage(
        ref=process.ref,
        titles=process.titles,
        summaries=process.summaries,
        languages=tuple(process.languages),
        zone=process.zone,
        mission=process.mission.name,
        parties=_parties(process),
        state=process.state,
        protocol=protocol.number,
        keyring=process.keyring,
        keyring_index=process.keyring_index or 0,
        documents=protocol.documents,
        record=record_ref(process.ref, protocol.number),
        publishable={
            lang: tuple(by_language[lang] for by_language in rules.publishable.values())
            for lang in process.languages
        },
        pulse_minutes=min(rules.pulse.every_minutes, rules.pulse.silence_minutes) if rules.pulse else 0,
        last_confirmed=process.last_confirmed,
    )


def line_entry(line: Line) -> TalksEntry:
    """A sealed line as one numbered entry."""
    process = line.process
    return TalksEntry(
        process=process.ref,
        what="pulse" if line.kind == "pulse" else "fallback" if line.kind == "fallback" else "notice",
        ref=line_ref(process),
        rev=line.number,
        at=line.due,
        zone=process.zone,
        texts=tuple(
            _text(lang, line.texts[lang], lines.sealed(line.texts[lang])) for lang in process.languages
        ),
        record=record_ref(line_ref(process), line.number),
    )


def protocol_entry(protocol: Protocol, about: Round) -> TalksEntry:
    """A protocol in force as one numbered entry, with who signed it."""
    process = protocol.process
    return TalksEntry(
        process=process.ref,
        what="protocol",
        ref=process.ref,
        rev=protocol.number,
        at=about.released_at or about.agreed_at or about.state_at,
        zone=process.zone,
        texts=tuple(
            _text(lang, protocol.documents[lang], protocol.documents[lang].encode())
            for lang in process.languages
        ),
        record=record_ref(process.ref, protocol.number),
        consents=consents_of(about),
    )


def consents_of(about: Round) -> tuple[ConsentShown, ...]:
    """Who signed, and with what kind of key."""
    return tuple(
        ConsentShown(answer.party.name, answer.key.kind if answer.key else "", _label(answer.line))
        for answer in answered.standing(about)
        if answer.kind == "consent"
    )


def record_ref(ref: str, rev: int) -> RecordRef:
    """Where the record holds it."""
    sealed = record.sealed(ref, rev)
    return RecordRef(
        index=sealed.index,
        size=sealed.size,
        leaf_json=sealed.leaf.decode(),
        leaf_hash=sealed.leaf_hash,
        proof_path=sealed.proof_path,
        witnesses_signed=sealed.witnesses_signed,
        witnesses_needed=sealed.witnesses_needed,
    )


def pulse_is_due(process: Process, now: datetime) -> bool:
    """By the rule in force; never while talks rest, nor while a party holds it back where it may."""
    if process.state != "open":
        return False
    rules = agreed.rules_of(process)
    pulse = rules.pulse
    if pulse is None or process.lines.filter(state__in=("due", "sealed")).exists():
        return False
    parties = process.parties.exclude(state="left")
    if pulse.rule == "unless-objected" and parties.filter(holds_pulse_at__isnull=False).exists():
        return False
    last_pulse = process.lines.filter(kind="pulse").aggregate(at=Max("due"))["at"]
    said = process.lines.aggregate(at=Max("due"))["at"]
    released = process.rounds.aggregate(at=Max("released_at"))["at"]
    last = max((moment for moment in (said, released) if moment), default=None)
    return timing.pulse_due(rules, last or agreed.in_force(process).in_force_at, now, last_pulse)


def _parties(process: Process) -> tuple[TalksParty, ...]:
    """In the order of naming of the next text, observers last."""
    order = agreed.terms_of(process).order_for(ledger.order_number(process, ""), process.source_language)
    place = {name: number for number, name in enumerate(order)}
    rows = process.parties.exclude(state__in=("invited", "left"))
    named = sorted(rows, key=lambda row: (row.observer, place.get(row.name, len(place)), row.position))
    return tuple(TalksParty(row.name, row.titles, row.observer) for row in named)


def _text(lang: str, words: str, data: bytes) -> EditionText:
    return EditionText(lang, "", "", words, hashlib.sha256(data).hexdigest())


def _label(line: str) -> str:
    """The key's name in its signature line."""
    parts = line.split()
    return parts[1] if len(parts) > 2 else ""
