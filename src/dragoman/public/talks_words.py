"""Parties and their rule in the words of a page: by agreed names, in the order of naming that is in force."""

from __future__ import annotations

from collections.abc import Sequence

from babel.lists import format_list

from dragoman.public import talks, words
from dragoman.public.values import ConsentShown
from dragoman.public.values_talks import TalksPage


def names(page: TalksPage, parties: Sequence[str], lang: str) -> str:
    """Parties by their agreed names, in the given order: "Eastmark and Northland"."""
    found = [name(page, one, lang) for one in parties]
    return str(format_list(found, locale=words.locale(lang))) if found else ""


def name(page: TalksPage, party: str, lang: str) -> str:
    """The agreed name of one party; its name in the keyring where it has no other."""
    known = page.party(party)
    titles = known.titles if known else {}
    for code in (lang, lang.partition("-")[0], page.languages[0]):
        if titles.get(code):
            return titles[code]
    return party


def signed_by(page: TalksPage, consents: Sequence[ConsentShown], lang: str) -> str:
    """Who signed, in the order of naming."""
    return names(page, in_order(page, dict.fromkeys(one.party for one in consents)), lang)


def in_order(page: TalksPage, parties: Sequence[str] | dict[str, None]) -> list[str]:
    """Parties as the order of naming has them; those that it does not know come last."""
    order = {party.name: place for place, party in enumerate(page.parties)}
    return sorted(parties, key=lambda one: order.get(one, len(order)))


def rule_words(page: TalksPage, keyring: str, known: words.Words) -> str:
    """The rule of a keyring as part of a sentence; empty for a text without a rule."""
    rule = talks.rule_of(keyring)
    return _rule(page, rule, known) if rule else ""


def _rule(page: TalksPage, rule: talks.Rule | str, known: words.Words) -> str:
    if isinstance(rule, str):
        return name(page, rule, known.lang)
    if len(rule.members) == 1:
        return _rule(page, rule.members[0], known)
    parts = [
        f"({_rule(page, one, known)})" if isinstance(one, talks.Rule) else _rule(page, one, known)
        for one in rule.members
    ]
    if rule.needed in ("all", "any"):
        return known.say(f"talks_rule_{rule.needed}", names=", ".join(parts))
    return known.say("talks_rule_some", count=rule.needed, names=", ".join(parts))
