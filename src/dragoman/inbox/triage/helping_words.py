"""What the words alone say of a call for help, in the languages of `data/help_words.json`.

The lists were written for this project: phrases that call, stems of what happens to people, phrases
that suppose ("what if I lose ...") and phrases that thank. They work with no model at all.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from . import parameters
from .normal import plain

WORDS_FILE = "help_words.json"
LIMIT = 4_000
STEM_LENGTHS = range(2, 15)
# Shorter ones in Latin letters mean other things in other languages.
TELLING = 5
# scripts that write no spaces, or glue much to a word: stems are looked for anywhere
GLUED = re.compile(
    r"[\u0590-\u074f\u0900-\u0dff\u0e00-\u0eff\u1200-\u139f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SIGNALS = ("🆘", "🚨")


@dataclass(frozen=True, slots=True)
class WordSigns:
    """How many different phrases and stems of each list the text has."""

    calls: int
    distress: int
    hypothetical: int
    relief: int
    writer: bool = False

    @property
    def points(self) -> float:
        """One number that grows with every sign of distress, more so where the writer or their kin are in it,
        and falls with supposing and thanking."""
        near = 0.7 if self.writer and self.distress else 0.0
        against = 2.0 * min(self.hypothetical, 1) + 1.5 * min(self.relief, 1)
        return 1.6 * min(self.calls, 3) + 1.0 * min(self.distress, 4) + near - against

    @property
    def score(self) -> float:
        """The points as 0 to 1: one call, or two stems, is a half."""
        return 1 / (1 + math.exp(-1.5 * (self.points - 1.6)))


def unmarked(text: str) -> str:
    """Latin and Greek letters without their marks, as phones write: `pașaport` as `pasaport`. Other
    scripts as they are (there a mark is a letter)."""
    if text.isascii():
        return text
    out: list[str] = []
    for char in text:
        if char < "\u0400" or "\u1e00" <= char <= "\u1fff":
            out.append("".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c)))
        else:
            out.append(char)
    return "".join(out).replace("ı", "i").replace("ł", "l").replace("đ", "d").replace("ø", "o")


class WordLists:
    """The lists, indexed so that a text costs a look-up for each of its words and not for each of
    theirs."""

    def __init__(self) -> None:
        held, self.digest = parameters.table(WORDS_FILE)
        lists = held["lists"]
        self._writer = frozenset(unmarked(word) for word in held["writer"])
        self._writer_glued = tuple(sorted(word for word in self._writer if GLUED.search(word)))
        self._calls = _phrases(lists, "calls")
        self._hypothetical = _phrases(lists, "hypothetical")
        self._relief = _phrases(lists, "relief")
        stems = {unmarked(stem) for kinds in lists.values() for stem in kinds["distress"]}
        self._glued = tuple(sorted(stem for stem in stems if GLUED.search(stem)))
        self._stems = frozenset(stem for stem in stems if not GLUED.search(stem))

    def signs(self, text: str) -> WordSigns:
        """What stands in `text`; invisible marks, capitals and Latin accents do not matter."""
        seen = unmarked(" ".join(plain(text[:LIMIT]).casefold().replace("’", "'").split()))
        glued = bool(GLUED.search(seen))
        words = WORD.findall(seen)
        stems = {stem for stem in map(self._stem, words) if stem}
        distress = len(stems) + (sum(stem in seen for stem in self._glued) if glued else 0)
        signals = sum(sign in text for sign in SIGNALS)
        padded = f" {seen} "
        return WordSigns(
            calls=_count(self._calls, padded) + signals,
            distress=distress,
            hypothetical=_count(self._hypothetical, padded),
            relief=_count(self._relief, padded),
            writer=self._speaks_of_self(words, seen if glued else "", stems),
        )

    def _speaks_of_self(self, words: list[str], glued: str, stems: set[str]) -> bool:
        """The writer or their kin, beside a stem long enough to be of one language: `dog` is death in one and
        a dog in another."""
        if glued and any(word in glued for word in self._writer_glued):
            return True
        return any(len(stem) >= TELLING for stem in stems) and not self._writer.isdisjoint(words)

    def _stem(self, word: str) -> str:
        for length in STEM_LENGTHS:
            if length > len(word):
                return ""
            if word[:length] in self._stems and (length > 4 or len(word) - length <= 3):
                return word[:length]
        return ""


def _phrases(lists: dict[str, dict[str, list[str]]], kind: str) -> tuple[str, ...]:
    return tuple(
        sorted({_edged(unmarked(phrase.casefold())) for kinds in lists.values() for phrase in kinds[kind]})
    )


def _edged(phrase: str) -> str:
    """A phrase begins where a word begins, in scripts that have words."""
    return phrase if GLUED.search(phrase) else f" {phrase}"


def _count(phrases: Iterable[str], text: str) -> int:
    return sum(phrase in text for phrase in phrases)
