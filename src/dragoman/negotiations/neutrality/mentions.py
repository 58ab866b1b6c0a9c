"""Where a text names a party or a place of the sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dragoman.negotiations.neutrality.patterns import Match, find
from dragoman.negotiations.neutrality.terms import TermSheet


@dataclass(frozen=True, slots=True)
class Mention:
    """A party named in a field. `keys` are the forms of the sheet that these words are ("short", "gen")."""

    party: str
    field: str
    start: int
    end: int
    words: str
    keys: frozenset[str]


def mentions(
    sheet: TermSheet, lang: str, field: str, text: str, *, places: Iterable[Match] = ()
) -> tuple[Mention, ...]:
    """Where a text names a party; of two that overlap, the longer. A name within the longer name of a place
    (`places`, see `place_names`) names the place."""
    found = [
        Mention(party, field, match.start, match.end, match.words, _keys(sheet, party, lang, match.words))
        for party, words in _names(sheet, lang)
        for match in find(words, lang, text)
    ]
    rivals: list[Mention | Match] = [*found, *places]
    rivals.sort(key=lambda one: (one.start, -one.end, isinstance(one, Match)))
    kept: list[Mention] = []
    end = 0
    for one in rivals:
        if one.start >= end:
            end = one.end
            if isinstance(one, Mention):
                kept.append(one)
    return tuple(kept)


def place_names(sheet: TermSheet, lang: str, text: str) -> tuple[Match, ...]:
    """Where a text has an agreed name of a place."""
    return tuple(find(_places(sheet, lang), lang, text))


def raised(words: str) -> str:
    """The words as they stand at the start of a sentence. What has no capital of one sign stays as it is."""
    first = words[:1].upper()
    return first + words[1:] if len(first) == 1 and first.lower() == words[:1] else words


def is_form(words: str, form: str) -> bool:
    """Whether the words are that very form, but for a capital at the start of a sentence."""
    return words in (form, raised(form))


def like(words: str, form: str, other: str) -> str:
    """`other` with a capital if `words` have one that `form` has not."""
    return raised(other) if words != form else other


@lru_cache(maxsize=256)
def _names(sheet: TermSheet, lang: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (party, (*entry[lang].forms.values(), *entry[lang].also))
        for party, entry in sheet.parties.items()
        if lang in entry
    )


@lru_cache(maxsize=256)
def _places(sheet: TermSheet, lang: str) -> tuple[str, ...]:
    return tuple(form for place in sheet.places for form in place.names.get(lang, {}).values())


@lru_cache(maxsize=4096)
def _keys(sheet: TermSheet, party: str, lang: str, words: str) -> frozenset[str]:
    forms = sheet.parties[party][lang].forms
    return frozenset(key for key, form in forms.items() if is_form(words, form))
