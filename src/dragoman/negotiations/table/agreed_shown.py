"""A protocol in words: who must consent, whose keys, the rules, the agreed names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import Party, Process, Protocol
from dragoman.negotiations.neutrality import terms as term_sheets
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import protocol as protocols
from dragoman.negotiations.rules import vkeys
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.protocol import ProtocolRules
from dragoman.negotiations.table import words_of, worth
from dragoman.public import words


@dataclass(frozen=True, slots=True)
class Said:
    """Words in one language."""

    lang: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: what it is about, what it says."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key of the keyring with whom it belongs to."""

    title: str
    owner: str
    label: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A publishable fact with its sentence in every language."""

    kind: str
    sentences: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A part of the term sheet: a list of entries, each in every language."""

    heading: str
    entries: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """All that a page shows of a protocol."""

    rule: str
    rule_key: str
    needed: int
    keys: tuple[KeyShown, ...]
    rules: tuple[Row, ...]
    publishable: tuple[Fact, ...]
    fallback: tuple[Said, ...]
    pulse: tuple[Said, ...]
    terms: tuple[Heading, ...]
    terms_json: str
    documents: tuple[Said, ...]


def of(protocol: Protocol, process: Process, lang: str, keyring: str = "") -> Agreed:
    """The protocol as a reader of this language sees it. What cannot be read is left out, never guessed."""
    held = _keyring(keyring or protocol.keyring)
    rules = _rules(protocol.rules)
    sheet = _terms(protocol.terms)
    order = [*process.languages]
    return Agreed(
        rule=held.needed_hint() if held else "",
        rule_key=_rule_key(held) if held else "",
        needed=held.needed() if held else 0,
        keys=tuple(_keys(held, process, lang)) if held else (),
        rules=tuple(_rows(rules, lang)) if rules else (),
        publishable=tuple(
            Fact(kind, _said(sentences, order)) for kind, sentences in rules.publishable.items()
        )
        if rules
        else (),
        fallback=_said(rules.fallback, order) if rules else (),
        pulse=_said(rules.pulse.texts, order) if rules and rules.pulse else (),
        terms=tuple(_headings(sheet, lang)) if sheet else (),
        terms_json=json.dumps(protocol.terms, ensure_ascii=False, indent=1) if protocol.terms else "",
        documents=_said(protocol.documents, order),
    )


def _keyring(text: str) -> Keyring | None:
    try:
        return keyrings.parse(text) if text else None
    except Problem:
        return None


def _rules(value: Mapping[str, Any]) -> ProtocolRules | None:
    try:
        return protocols.parse(value) if value else None
    except Problem:
        return None


def _terms(value: Mapping[str, Any]) -> TermSheet | None:
    try:
        return term_sheets.parse(json.dumps(value).encode()) if value else None
    except Problem:
        return None


def _rule_key(held: Keyring) -> str:
    """The rule in a sentence that every language has, where it is a plain one: all, any, or so many."""
    if len(held.groups) != 1 or held.quorum != held.groups[0].name:
        return ""
    if set(held.groups[0].members) != set(held.parties):
        return ""
    needed = held.needed()
    return "rule_all" if needed == len(held.parties) else "rule_any" if needed == 1 else "rule_some"


def _keys(held: Keyring, process: Process, lang: str) -> Iterator[KeyShown]:
    parties = {party.name: party for party in process.parties.prefetch_related("keys__spokesperson")}
    for one in held.keys:
        party = parties.get(one.party)
        owner = (
            next((key.spokesperson for key in party.keys.all() if key.vkey == one.vkey), None)
            if party
            else None
        )
        yield KeyShown(
            title=_title(party, one.party, lang),
            owner=owner.name if owner else "",
            label=worth.of(vkeys.kind_of(one.vkey), lang).label,
            vkey=one.vkey,
        )


def _title(party: Party | None, name: str, lang: str) -> str:
    titles = party.titles if party else {}
    return str(titles.get(lang) or next(iter(titles.values()), name))


def _rows(rules: ProtocolRules, lang: str) -> Iterator[Row]:
    def word(key: str, **parts: object) -> str:
        return words_of.say(lang, key, **parts)

    yield Row(word("rule_languages"), ", ".join(map(words.language_name, rules.languages)))
    yield Row(word("rule_joint"), word("rule_joint_yes" if rules.joint else "rule_joint_no"))
    yield Row(word("rule_round"), word("rule_hours", n=rules.round_hours))
    yield Row(word("rule_silence"), word(f"rule_silence_{rules.silence}"))
    yield Row(word("rule_objection"), word("rule_minutes", n=rules.objection_minutes))
    yield Row(word("rule_pulse"), _pulse(rules, lang))
    quiet = rules.quiet_hours
    hours = (
        word("rule_quiet_says", frm=quiet.frm, to=quiet.to, zone=quiet.zone) if quiet else word("rule_none")
    )
    yield Row(word("rule_quiet"), hours)
    chatham = rules.confidentiality == "chatham-house"
    yield Row(word("rule_confidential"), word("rule_chatham" if chatham else "rule_open"))
    yield Row(word("rule_leaving"), word(f"rule_leaving_{rules.leaving}"))


def _pulse(rules: ProtocolRules, lang: str) -> str:
    pulse = rules.pulse
    if pulse is None:
        return words_of.say(lang, "rule_none")
    says = words_of.say(lang, "rule_pulse_says", every=pulse.every_minutes, silence=pulse.silence_minutes)
    held = "rule_pulse_always" if pulse.rule == "always" else "rule_pulse_objected"
    return f"{says}; {words_of.say(lang, held)}"


def _said(texts: Mapping[str, str], order: list[str]) -> tuple[Said, ...]:
    """In the order of the talks' languages."""
    langs = [*(lang for lang in order if lang in texts), *(lang for lang in texts if lang not in order)]
    return tuple(Said(lang, str(texts[lang])) for lang in langs)


def _headings(sheet: TermSheet, lang: str) -> Iterator[Heading]:
    def word(key: str) -> str:
        return words_of.say(lang, key)

    names = tuple(
        tuple(Said(one, sheet.name(party, one)) for one in sheet.languages) for party in sheet.order
    )
    yield Heading(word("terms_parties"), names)
    places = tuple(
        tuple(Said(one, place.names[one].get("name", "")) for one in sheet.languages if one in place.names)
        for place in sheet.places
    )
    if places:
        yield Heading(word("terms_places"), places)
    titles = tuple(
        tuple(Said(one, title.names[one][0]) for one in sheet.languages if title.names.get(one))
        for title in sheet.titles
    )
    if titles:
        yield Heading(word("terms_titles"), titles)
    terms = tuple(
        tuple(
            Said(one, f"{', '.join(term.forms[one])} → {term.instead.get(one, '–')}")
            for one in sheet.languages
            if one in term.forms
        )
        for term in sheet.terms
    )
    if terms:
        yield Heading(word("terms_words"), terms)
