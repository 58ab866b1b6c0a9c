"""TTL-1: one side's people with their titles, the other's without."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.mentions import Mention
from dragoman.negotiations.neutrality.patterns import find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule

_CLOSE = re.compile(r"(?:[’']s?)?\s?")  # “Northland’s President”, “诺斯兰大使”
_PAUSE = re.compile("[,;:،؛，；：—–]")


def titles(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Titles of the sheet, titles of office and forms of address, each counted for every party."""
    yield from _uneven(reading, _of_sheet(reading), "a title of the term sheet")
    for name, called in (("titles", "a title of office"), ("courtesy", "a form of address")):
        yield from _uneven(reading, _beside(reading, rule.listed(reading.lang, name)), called)


def _uneven(reading: Reading, found: dict[str, Hit], called: str) -> Iterator[Hit]:
    named = {mention.party for mention in reading.mentions} | set(found)
    without = [party for party in reading.order if party in named and party not in found]
    if found and without:
        party, hit = next(iter(found.items()))
        others = ", ".join(map(reading.name, without))
        yield Hit(
            hit.lang, hit.field, hit.start, hit.end, hit.words,
            why=f"“{hit.words}” ({called}) stands with {reading.name(party)}; {others} has none.",
            mend="Give the people of every party their agreed titles, or those of none.",
        )  # fmt: skip


def _of_sheet(reading: Reading) -> dict[str, Hit]:
    found: dict[str, Hit] = {}
    for title in reading.sheet.titles:
        for field, text in reading.fields:
            for match in find(title.names.get(reading.lang, ()), reading.lang, text):
                found.setdefault(title.party, Hit(reading.lang, field, match.start, match.end, match.words))
    return found


def _beside(reading: Reading, words: tuple[str, ...]) -> dict[str, Hit]:
    """Each title goes to a party that is named in the same sentence."""
    found: dict[str, Hit] = {}
    for sentence in reading.sentences:
        named = reading.within(sentence)
        if named:
            for match in find(words, reading.lang, sentence.text):
                at = sentence.start + match.start
                hit = Hit(reading.lang, sentence.field, at, at + len(match.words), match.words)
                found.setdefault(_whose(reading, named, hit).party, hit)
    return found


def _whose(reading: Reading, named: tuple[Mention, ...], title: Hit) -> Mention:
    """“Minister Vale of Northland”: the next party, unless the one before stands close or in one clause."""
    at = bisect_right(named, title.start, key=lambda mention: mention.start)
    if at in (0, len(named)):
        return named[min(at, len(named) - 1)]
    before, after = named[at - 1], named[at]
    text = reading.text(title.field)
    back, on = text[before.end : title.start], text[title.end : after.start]
    close = _CLOSE.fullmatch(back) or (_PAUSE.search(on) and not _PAUSE.search(back))
    return before if close else after
