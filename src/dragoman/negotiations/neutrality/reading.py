"""One reading of one language of a text, shared by all checks: fields, sentences, and who is named where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dragoman.negotiations.neutrality.finding import FIELDS
from dragoman.negotiations.neutrality.lists import PartyList, party_lists
from dragoman.negotiations.neutrality.mentions import Mention, mentions, place_names
from dragoman.negotiations.neutrality.patterns import Match, Spans
from dragoman.negotiations.neutrality.terms import TermSheet

Texts = Mapping[str, tuple[str, str, str]]

# A full stop ends a sentence before white space only, so that 14.30 and example.org stay whole; that of a.m.
# ends none. A run of stops is looked at once, from its first.
_END = re.compile(r"(?:(?<![ap]\.m)(?<![.!?؟…])[.!?؟…]++[»”\"’)\]]*+(?=\s)|[。！？]++|\n++)")
_WORD = re.compile(r"\w+")
_UNPARTED = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands in its field."""

    field: str
    start: int
    end: int
    text: str

    @property
    def length(self) -> int:
        """Its words; in Chinese its signs."""
        return len(_WORD.findall(self.text)) if not _UNPARTED.search(self.text) else len(self.text)


class Reading:
    """One language of a text under one sheet; lives for one `check()`."""

    def __init__(
        self,
        texts: Texts,
        lang: str,
        sheet: TermSheet,
        release_number: int,
        *,
        withheld: Sequence[str] = (),
    ) -> None:
        self.texts = texts
        self.lang = lang
        self.sheet = sheet
        self.release_number = release_number
        self.withheld = tuple(withheld)
        self.fields: tuple[tuple[str, str], ...] = tuple(zip(FIELDS, texts[lang], strict=True))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence; title and summary are sentences too."""
        return tuple(sentence for field, text in self.fields for sentence in _sentences(field, text))

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Every naming of a party, in the order of reading."""
        return tuple(mention for field, text in self.fields for mention in self._named(field, text))

    @cached_property
    def lists(self) -> tuple[PartyList, ...]:
        """Every list of parties, in the order of reading."""
        return tuple(
            found
            for field, text in self.fields
            for found in party_lists(self.named_in(field), self.lang, field, text)
        )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The agreed order of naming for this release and language; empty where the sheet has no names."""
        if self.lang not in self.sheet.languages:
            return ()
        return self.sheet.order_for(self.release_number, self.lang)

    def named_in(self, field: str) -> tuple[Mention, ...]:
        """The parties named in one field."""
        return tuple(mention for mention in self.mentions if mention.field == field)

    def within(self, sentence: Sentence) -> tuple[Mention, ...]:
        """The parties named in the sentence."""
        return self._by_sentence.get((sentence.field, sentence.start), ())

    def in_a_name(self, field: str, start: int, end: int) -> bool:
        """Whether words lie within an agreed name of a party or place."""
        return self._names[field].hold(start, end)

    def text(self, field: str) -> str:
        """The words of one field."""
        return dict(self.fields)[field]

    def name(self, party: str) -> str:
        """The party's agreed name in this language."""
        return self.sheet.name(party, self.lang)

    @cached_property
    def _names(self) -> dict[str, Spans]:
        return {
            field: Spans(_spans(self.named_in(field), place_names(self.sheet, self.lang, text)))
            for field, text in self.fields
        }

    def _named(self, field: str, text: str) -> tuple[Mention, ...]:
        places = place_names(self.sheet, self.lang, text)
        return mentions(self.sheet, self.lang, field, text, places=places)

    @cached_property
    def _by_sentence(self) -> dict[tuple[str, int], tuple[Mention, ...]]:
        found: dict[tuple[str, int], list[Mention]] = {}
        at = 0
        for sentence in self.sentences:
            while at < len(self.mentions) and _belongs(self.mentions[at], sentence):
                found.setdefault((sentence.field, sentence.start), []).append(self.mentions[at])
                at += 1
        return {key: tuple(values) for key, values in found.items()}


def _spans(mentions: Iterable[Mention], places: Iterable[Match]) -> Iterator[tuple[int, int]]:
    yield from ((mention.start, mention.end) for mention in mentions)
    yield from ((place.start, place.end) for place in places)


def _belongs(mention: Mention, sentence: Sentence) -> bool:
    return mention.field == sentence.field and mention.start < sentence.end


def _sentences(field: str, text: str) -> list[Sentence]:
    found = []
    start = 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        words = text[start:end]
        inner = words.strip()
        if inner:
            at = start + len(words) - len(words.lstrip())
            found.append(Sentence(field, at, at + len(inner), inner))
        start = end
    return found
