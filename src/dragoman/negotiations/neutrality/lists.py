"""Lists of parties in a text (“Northland and Eastmark”), and the phrases of the sheet that they stand in.

The words that join a list are fixed here and are no matter of rule files: the proof of a version must come
out alike on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dragoman.negotiations.neutrality.mentions import Mention
from dragoman.negotiations.neutrality.patterns import NO_LETTER_AFTER, NO_LETTER_BEFORE, base, parted
from dragoman.negotiations.neutrality.terms import TermSheet

# The longest that a phrase of a sheet may be before or after its list.
REACH = 120

JOINERS: dict[str, tuple[str, ...]] = {
    "ar": ("و", "وبين", "ومن", "وعن", "وفي", "ول"),
    "be": ("і", "ды", "і з", "і паміж", "і ад", "з"),
    "de": ("und", "und der", "und dem", "und von", "sowie", "und zwischen"),
    "en": ("and", "and of", "and by", "and the", "and with", "as well as"),
    "es": ("y", "e", "y de", "y por", "y entre", "así como"),
    "fr": ("et", "et de", "et par", "et entre", "ainsi que"),
    "it": ("e", "ed", "e di", "e da", "e tra"),
    "pl": ("i", "oraz", "i z", "a"),
    "pt": ("e", "e de", "e por", "e entre"),
    "ru": ("и", "и с", "и между", "и от", "а также"),
    "tr": ("ve", "ile"),
    "uk": ("і", "й", "та", "і з", "та з", "і між", "та між"),
    "zh": ("和", "与", "與", "同", "及", "以及"),
}
_COMMA = "[,،、，;；]"
_STROKE = "[-‐‑–—/]"
_SLANT = "[*_]{0,3}"  # Markdown's signs for slanted and bold stay where they stand


@dataclass(frozen=True, slots=True)
class PartyList:
    """Parties named one after another, joined by nothing but “and”, a comma or a stroke."""

    field: str
    mentions: tuple[Mention, ...]

    @property
    def start(self) -> int:
        return self.mentions[0].start

    @property
    def end(self) -> int:
        return self.mentions[-1].end

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(mention.party for mention in self.mentions)

    @property
    def form(self) -> str:
        """The form that all names have in common ("short", "gen"); empty when there is none."""
        common = frozenset.intersection(*(mention.keys for mention in self.mentions))
        return min(common, default="")


def known(lang: str) -> bool:
    """Whether it is known what joins a list in this language; without it, only commas and strokes do."""
    return base(lang) in JOINERS


def party_lists(found: Sequence[Mention], lang: str, field: str, text: str) -> Iterator[PartyList]:
    """Every list of two or more different parties in a field; `found` are its mentions in order."""
    run: list[Mention] = []
    for mention in found:
        joined = run and _joins(text[run[-1].end : mention.start], lang)
        if not joined or mention.party in {other.party for other in run}:
            if len(run) > 1:
                yield PartyList(field, tuple(run))
            run = []
        run.append(mention)
    if len(run) > 1:
        yield PartyList(field, tuple(run))


def phrase_of(sheet: TermSheet, lang: str, text: str, found: PartyList) -> int | None:
    """The number of the sheet's phrase that the list stands in, counted from 0; None when it is in none."""
    before = text[max(0, found.start - REACH) : found.start]
    after = text[found.end : found.end + REACH]
    for number, (head, tail) in enumerate(_phrases(sheet.phrases.get(lang, ()), lang)):
        if head.search(before) and tail.match(after):
            return number
    return None


def _joins(between: str, lang: str) -> bool:
    return len(between) <= 40 and bool(_joiner(lang).fullmatch(between))


@lru_cache(maxsize=64)
def _joiner(lang: str) -> re.Pattern[str]:
    words = "|".join(map(_literal, sorted(JOINERS.get(base(lang), ()), key=len, reverse=True)))
    if not words:
        return re.compile(rf"{_SLANT}(?:\s*{_COMMA}\s*|\s?{_STROKE}\s?){_SLANT}")
    # where words are parted a joiner stands free before; after it the Arabic one is written on
    space = r"\s+" if parted(lang) else r"\s*"
    after = r"\s*" if base(lang) == "ar" or not parted(lang) else r"\s+"
    return re.compile(
        rf"{_SLANT}(?:\s*{_COMMA}\s*|\s?{_STROKE}\s?|(?:\s*{_COMMA}\s*|{space})(?:{words}){after}){_SLANT}",
        re.IGNORECASE,
    )


@lru_cache(maxsize=64)
def _phrases(phrases: tuple[str, ...], lang: str) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(_phrase(phrase, lang) for phrase in phrases)


def _phrase(phrase: str, lang: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    head, _, tail = phrase.partition("{parties}")
    space, edge, end = (r"\s+", NO_LETTER_BEFORE, NO_LETTER_AFTER) if parted(lang) else (r"\s*", "", "")
    # the Arabic letters that are written on (and, for, by) may stand before the phrase or before its list
    if base(lang) == "ar":
        edge, joint = rf"{NO_LETTER_BEFORE}[وف]?[بل]?", r"\s+[وفبلكس]?"
    else:
        joint = space
    before = rf"{edge}{_literal(head)}{joint}{_SLANT}\Z" if head.strip() else ""
    after = rf"{_SLANT}{space}{_literal(tail)}{end}" if tail.strip() else ""
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)


def _literal(words: str) -> str:
    return r"\s+".join(re.escape(word) for word in words.split())
